"""Lifting restrictions whose time is over."""

import structlog

from jaga.casework.ends import end_restriction, over
from jaga.core.actors import SYSTEM

log = structlog.get_logger("jaga.ends")


def end_restrictions() -> int:
    """One round; returns how many restrictions came to their end."""
    ended = [decision for decision in over() if end_restriction(decision, actor=SYSTEM)]
    for decision in ended:
        log.info("restriction_over", decision=decision)
    return len(ended)
