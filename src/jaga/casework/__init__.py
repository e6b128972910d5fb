"""The verbs: each one function and one transaction that holds the change, its ledger entry and its promised job."""
