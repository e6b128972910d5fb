"""What a text looks like under its disguise: folding, look-alike letters, blocks of texts."""
