"""What an installation brings along: PostgreSQL, a practice homeserver, and the supervisor of its own processes."""
