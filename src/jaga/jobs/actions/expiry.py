"""Periodic task that lifts expired restrictions and lets unconfirmed preservations lapse."""

import structlog

from jaga.casework.actions.expiry import end_restriction, expire_restrictions
from jaga.casework.decisions import preservation
from jaga.core.actors import SYSTEM

log = structlog.get_logger("jaga.expiry")


def end_restrictions() -> int:
    """Run once; returns how many restrictions and preservations ended."""
    ended = [decision for decision in expire_restrictions() if end_restriction(decision, actor=SYSTEM)]
    for decision in ended:
        log.info("restriction_over", decision=decision)
    lapsed = [
        decision for decision in preservation.expire_preservations() if preservation.lapse(decision, actor=SYSTEM)
    ]
    for decision in lapsed:
        log.info("preservation_lapsed", decision=decision)
    return len(ended) + len(lapsed)
