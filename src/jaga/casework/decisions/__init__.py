"""Decisions: votes, what they amount to, the undo window, and what follows."""
