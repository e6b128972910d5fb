"""`jaga practice fill`: many invented cases at once."""
