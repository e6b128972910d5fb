"""Actions on platforms and what was observed there afterwards."""
