"""Jaga: from a report about an account to a decision, a verified closure, and proof."""

__version__ = "0.6.0"
