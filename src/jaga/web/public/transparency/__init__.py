"""Public figures, score cards and lists."""
