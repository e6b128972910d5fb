"""Rules about personal data: the law that permits it."""
