"""Public and internal figures: closed periods, counted once and rounded."""
