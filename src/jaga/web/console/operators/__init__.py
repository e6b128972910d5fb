"""Operators: the register, notices to their people, and the letters of the escalation."""
