"""Erasures and their keys."""
