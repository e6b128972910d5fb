"""Near-duplicate texts, and traces that accounts leave."""
