"""Rules of the policy: what several things in one text mean together."""
