"""Outgoing webhooks: news about a report, sent to its sender's software."""
