"""Pages about privacy: retention and legal holds."""
