"""Cases: state, accounts, evidence and letters."""
