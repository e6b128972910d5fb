"""The installation, the ledger, and what other tables are made of."""
