"""Webhooks to the software of those who reported."""
