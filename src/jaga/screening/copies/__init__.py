"""Texts that say nearly the same, and what accounts leave behind that may be met again."""
