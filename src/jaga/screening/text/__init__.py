"""Text folding: lookalike letters and blocks of texts."""
