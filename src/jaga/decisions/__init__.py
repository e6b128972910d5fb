"""Votes, the undo window, hearings, and what follows from a decision; also what makes one stop counting."""
