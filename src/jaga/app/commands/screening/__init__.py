"""Commands about what machines look for in texts and pictures."""
