"""What every package of casework builds on: ledger entries, deferred jobs, idempotent calls, validation of text."""
