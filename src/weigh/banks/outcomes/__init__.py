"""A hundred states of the world in ten groups, for utilities."""
