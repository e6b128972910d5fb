"""Runs what was promised: triage, actions, verification, the watch, the ledger's sequencer, the rescue of lost work."""
