"""Pages, consoles and API: parse, call one verb, render."""
