"""Looking again later: a closed account can come back, and a restriction can be lifted behind our back."""

import structlog

from jaga.casework.actions.verification import due_verifications, record_verification
from jaga.core.actors import SYSTEM
from jaga.core.terms import PlatformTask, VerificationResult
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import contained, may_begin

log = structlog.get_logger("jaga.verify")


def platforms_due() -> list[str]:
    """The platforms of what is due."""
    return sorted({account.platform for _, account in due_verifications()})


def verify_again(only: str | None = None) -> int:
    """Observe what the policy's schedule says is due, on all platforms or on one; returns how many were looked at.

    A platform that does not answer is left for the next round, and not asked once for each account.
    """
    looked = 0
    silent: dict[str, bool] = {}
    for action_id, account in due_verifications():
        platform = account.platform
        if only not in (None, platform):
            continue
        if silent.setdefault(platform, not may_begin(platform, PlatformTask.CHECKS)):
            continue
        with contained(platform, PlatformTask.CHECKS) as attempt:
            seen = adapter_for(platform).observe(account)
            if record_verification(action_id, seen, actor=SYSTEM) is VerificationResult.CONTRADICTED:
                log.warning("account_not_as_decided", action=action_id, observed=seen.state)
            looked += 1
        # An answer that cannot be used may be about this one account: those behind it are looked at all the same.
        silent[platform] = attempt.silent or (attempt.faulty and not may_begin(platform, PlatformTask.CHECKS))
    return looked
