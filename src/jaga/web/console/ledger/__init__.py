"""Ledger pages."""
