"""The ledger as pages show it."""
