"""The door for signed messages from platforms' own software. No session, no cookie, no secret."""
