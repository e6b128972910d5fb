"""Operators: the register, notices to their contact persons, and escalation letters."""
