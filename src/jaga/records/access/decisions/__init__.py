"""Decisions: votes, what follows from them, and the time in which they can be undone."""
