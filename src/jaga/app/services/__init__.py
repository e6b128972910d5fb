"""Services an installation brings along: PostgreSQL, a practice homeserver, and the process supervisor."""
