"""How a SHA-256 digest is written everywhere in Jaga: 64 hexadecimal digits in lower case."""

import re

SHA256 = re.compile(r"[0-9a-f]{64}")
SHA256_WHOLE = f"^{SHA256.pattern}$"
"""The same for PostgreSQL and JSON Schema, which look for a pattern anywhere in a text."""
