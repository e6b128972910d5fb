"""Cases: their state, accounts, evidence and letters."""
