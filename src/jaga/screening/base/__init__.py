"""Shared by all stages: compiled kernels and their cache, bytes, row errors."""
