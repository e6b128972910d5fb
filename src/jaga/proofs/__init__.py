"""The ledger for people: publishing heads, time stamps, witnesses, sentences, verification."""
