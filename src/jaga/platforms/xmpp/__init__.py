"""Shared by the XMPP adapters."""
