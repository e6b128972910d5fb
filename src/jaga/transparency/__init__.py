"""Read-only figures, exports and checks, computed from records and never from pages."""
