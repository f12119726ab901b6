"""A toy extension of weigh."""
