"""Cases: their state, accounts, evidence, letters, alarms and appeal window."""
