"""Every table, constraint and migration of ours, and `records.access`: the gates and read queries. No verbs here."""
