"""The case: its accounts, reports, evidence, letters and history, and who may see it."""
