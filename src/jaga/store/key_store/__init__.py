"""Key store."""
