"""Consistency checks across the files of a policy release."""
