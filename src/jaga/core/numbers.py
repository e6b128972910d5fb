"""How large a number from outside can be."""

LARGEST_NUMBER = 2**63 - 1
"""The largest that a column holds (PostgreSQL's bigint). Queries by a larger one find nothing, without an error: Django
or PostgreSQL see to that, so only what is stored or documented is bounded.
"""
