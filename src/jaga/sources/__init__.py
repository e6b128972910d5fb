"""Monitoring of public content: turns platform feeds into observations."""
