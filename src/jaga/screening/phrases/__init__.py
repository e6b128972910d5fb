"""Phrases: when one occurs in a text, and fast search for many of them."""
