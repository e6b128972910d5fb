"""Incoming signed messages from platforms' software. No session, cookie or secret."""
