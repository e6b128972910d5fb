"""Capture of a public page: its answer as an archive, and a rendering without a single picture."""
