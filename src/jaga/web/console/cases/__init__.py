"""The case page and the steps taken from it."""
