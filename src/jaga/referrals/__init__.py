"""Passing a case to those who can help, and their answers."""
