"""Watches and look-ups, as their pages show them."""
