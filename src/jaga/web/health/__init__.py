"""Health checks for monitoring."""
