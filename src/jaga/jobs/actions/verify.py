"""Periodic verification: a closed account can come back, and a restriction can be lifted without our knowledge."""

import structlog

from jaga.casework.actions.verification import due_verifications, record_verification
from jaga.core.actors import SYSTEM
from jaga.core.terms.actions import PlatformTask, VerificationResult
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import contained, may_begin

log = structlog.get_logger("jaga.verify")


def platforms_due() -> list[str]:
    """Platforms with due verifications."""
    return sorted({account.platform for _, account in due_verifications()})


def verify_again(only: str | None = None) -> int:
    """Verify the accounts that are due by the policy's schedule, on one platform or all; returns how many.

    An unavailable platform is left for the next run and not asked for each account.
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
            observation = adapter_for(platform).observe(account)
            if record_verification(action_id, observation, actor=SYSTEM) is VerificationResult.CONTRADICTED:
                log.warning("account_not_as_decided", action=action_id, observed=observation.state)
            looked += 1
        # An unusable answer may concern only this account, so the others are still verified.
        silent[platform] = attempt.silent or (attempt.faulty and not may_begin(platform, PlatformTask.CHECKS))
    return looked
