"""Actions: the effects that decisions want on a platform, their attempts, and verification."""
