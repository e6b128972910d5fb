"""Taking back: votes that count no longer, decisions that wait, restrictions that rest on them."""
