"""Operators of platforms: the register, notices to their people, and the escalation letters."""
