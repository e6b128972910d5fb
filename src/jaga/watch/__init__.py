"""Reading public content by a decision of two people, and what is kept of it."""
