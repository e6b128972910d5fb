"""The case page, and what is done from it."""
