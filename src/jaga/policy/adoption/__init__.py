"""Which release is in force here, and what changes from one release to another."""
