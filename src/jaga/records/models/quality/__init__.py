"""How well people judge, and who looked at what."""
