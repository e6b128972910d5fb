"""Outgoing webhooks: news about reports for their senders' software."""
