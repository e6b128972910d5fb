"""Signals of a case: triage, pictures, campaigns, ban evasion, trained models."""
