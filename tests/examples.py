"""How many examples property tests try: half of what they name each time, more of them by `make test EXAMPLES=10`."""

import os

_TIMES = int(os.environ.get("EXAMPLES") or 1)


def example_count(few: int) -> int:
    """How many are tried: half of `few` but at least five, or `few` times what EXAMPLES says."""
    return few * _TIMES if _TIMES > 1 else max(5, few // 2)
