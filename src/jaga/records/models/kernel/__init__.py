"""The installation, the ledger, and helpers for other tables."""
