"""How many examples property tests try: a third of what they name, and more of them by `make test EXAMPLES=10`."""

import os

_TIMES = int(os.environ.get("EXAMPLES") or 1)
SAMPLED = _TIMES == 1
"""Whether tests that go through all of something try a part of it that meets each kind."""


def example_count(few: int) -> int:
    """How many are tried: a third of `few` but at least five, or `few` times what EXAMPLES says."""
    return few * _TIMES if _TIMES > 1 else max(5, few // 3)
