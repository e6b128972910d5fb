"""The gates and read queries: each object is fetched through one function that checks permission once."""
