"""The practice installation: an invented world on a real chat server, and the story that walks the whole path in it."""
