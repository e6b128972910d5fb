"""The practice world of an authority, and its story."""
