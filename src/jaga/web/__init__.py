"""Web pages, consoles and the API: parse, call one action, render."""
