"""Requests and orders of authorities, and what is disclosed to them."""
