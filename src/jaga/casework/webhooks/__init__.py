"""Outgoing webhooks: news about a report, sent to the software of whoever sent it."""
