"""The practice installation: an invented world on a real chat server, and a story that walks a report's whole path."""
