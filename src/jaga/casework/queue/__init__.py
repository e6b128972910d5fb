"""The review queue: routing, assignment, leases, drafts, search, and limits on exposure."""
