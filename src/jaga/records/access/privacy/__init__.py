"""Privacy: what is kept, why, and until when."""
