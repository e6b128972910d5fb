"""Watches of public content, what they keep, and look-ups of accounts without a case."""
