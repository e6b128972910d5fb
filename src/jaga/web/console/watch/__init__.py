"""Pages of watches, and of look-ups of accounts without a case."""
