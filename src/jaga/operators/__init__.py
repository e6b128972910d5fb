"""Operators of platforms: the register, notices, answers, objections, escalation."""
