"""What the adapters for XMPP servers share."""
