"""Phrases: when one stands in a text, and the fast search for very many of them."""
