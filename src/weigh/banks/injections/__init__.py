"""Texts that tell a judge what to answer, and choices to put them into."""
