"""Requests and orders of authorities, and disclosures to them."""
