"""One script a system: method and baseline in one run, one row of results.json. See `reproductions.claims`."""
