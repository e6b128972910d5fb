"""Webhooks out: the software of whoever sent a report is told of news about it."""
