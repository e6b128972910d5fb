"""The key store: the keys of cases and reports, outside the database and its backups (ADR 0083)."""
