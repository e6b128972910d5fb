"""Models that learn from decisions."""
