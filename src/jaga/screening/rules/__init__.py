"""Policy rules: what several facts in one text mean together."""
