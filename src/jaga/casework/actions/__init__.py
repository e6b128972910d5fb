"""Actions: what decisions want on a platform, and what was seen there."""
