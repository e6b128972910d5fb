"""The rounds that put accepted reports into their cases."""

from jaga.casework.reporting.filing import file_waiting
from jaga.core.terms import Lane

_AT_ONCE = 500
_ROUNDS = 20  # then the worker is asked whether it is to stop


def file_urgent() -> int:
    """What is urgent. A round of its own, so that it never waits for the end of a larger one."""
    return file_waiting(_AT_ONCE, lane=Lane.URGENT)


def file_others() -> int:
    """What is not urgent, lane by lane. It leaves what is urgent alone, which would wait here for some hundred others.
    """
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(_AT_ONCE, but=Lane.URGENT)
        filed += last
        if last < _AT_ONCE:
            break
    return filed
