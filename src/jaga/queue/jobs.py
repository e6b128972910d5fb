"""Periodic task for the review queue: ends expired snoozes and skips, and applies changed routing rules."""

from jaga.policy.release import load_release
from jaga.queue.verbs.assignment import lift_expired_holds, route_by_this_release

_routed_by: set[str] = set()
"""Policy releases by which this process has routed all waiting cases. Finding the rest reads all of them, so once is
enough; later cases are routed by triage."""


def keep_queues() -> int:
    """End expired snoozes; after a new policy release, route waiting cases in portions.

    Returns how many cases changed.
    """
    done, current = lift_expired_holds(), load_release().hash
    if current not in _routed_by:
        routed = route_by_this_release()
        done += routed
        if not routed:
            _routed_by.add(current)
    return done
