"""Looking again later: a closed account can come back, and a restriction can be lifted behind our back."""

import structlog

from jaga.casework import health
from jaga.casework.verification import due_verifications, record_verification
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.platforms import PlatformUnreachable
from jaga.core.terms import VerificationResult
from jaga.jobs.adapters import adapter_for

log = structlog.get_logger("jaga.verify")


def verify_again() -> int:
    """Observe what the policy's schedule says is due; returns how many were looked at.

    A platform that does not answer is left for the next round, and not asked once for each account.
    """
    looked = 0
    silent: dict[str, bool] = {}
    for action_id, account in due_verifications():
        platform = account.platform
        if silent.setdefault(platform, health.left_alone(platform)):
            continue
        try:
            seen = adapter_for(platform).observe(account)
        except JagaError as failed:
            silent[platform] = isinstance(failed, PlatformUnreachable)
            log.warning("verification_failed", action=action_id, code=failed.code)
            continue
        if record_verification(action_id, seen, actor=SYSTEM) is VerificationResult.CONTRADICTED:
            log.warning("account_not_as_decided", action=action_id, observed=seen.state)
        looked += 1
    return looked
