"""How many examples property tests try: a sample each time, more of them by `make test EXAMPLES=10`."""

import os

_TIMES = int(os.environ.get("EXAMPLES") or 1)


def example_count(few: int) -> int:
    """As many as are tried: `few`, or `few` times what EXAMPLES says."""
    return few * _TIMES
