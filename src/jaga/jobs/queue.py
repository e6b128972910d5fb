"""The round that keeps the queues in order: holds that are over, skips that are over, and rules that have changed."""

from jaga.casework.queue.assignment import lift_what_is_over
from jaga.casework.queue.queue_rules import route_by_this_release
from jaga.policy import load_release

_routed_by: set[str] = set()
"""Releases by which this process has routed everything: looking for the rest reads all that waits, so once is enough.
Whatever comes later is routed by triage, by the release in force then."""


def keep_queues() -> int:
    """Put back what was set aside till now; after a new release route what waits, some hundred at a time."""
    done, current = lift_what_is_over(), load_release().hash
    if current not in _routed_by:
        routed = route_by_this_release()
        done += routed
        if not routed:
            _routed_by.add(current)
    return done
