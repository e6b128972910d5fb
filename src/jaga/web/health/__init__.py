"""Is it working? Asked by machines."""
