"""Shared by the AT Protocol adapters: XRPC calls, account state, public records."""
