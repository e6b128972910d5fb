"""Models trained on decisions."""
