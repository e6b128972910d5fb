"""Commands about text and picture screening."""
