"""Periodic task that looks up whether a platform knows the accounts of urgent cases; triage does not wait for it."""

import structlog

from jaga.casework.actions import circuit_breaker
from jaga.casework.kernel.unusable_values import record_failure, record_success
from jaga.casework.reporting.unknown_accounts import accounts_to_seek, record_sought
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.core.terms.actions import AccountState, PlatformTask, Step
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import may_begin
from jaga.jobs.base.places import Work, place_on

log = structlog.get_logger("jaga.absent")


def seek_accounts(platform: str) -> int:
    """Look up due accounts on one platform; returns how many. Stops if the platform is unavailable."""
    sought = 0
    for subject, account in accounts_to_seek(platform):
        if not may_begin(platform, PlatformTask.NAMES):
            return sought
        try:
            adapter = adapter_for(platform)
            if not adapter.capabilities().can(Step.OBSERVE):
                record_sought(subject, absent=False, actor=SYSTEM)  # the platform cannot be asked
                continue
            with place_on(platform, Work.NAMES) as free:
                if not free:
                    return sought
                observation = adapter.observe(account)
        except PlatformFault as fault:
            record_failure(platform, PlatformTask.NAMES, fault, actor=SYSTEM)
            return sought
        except PlatformUnreachable as silent:
            circuit_breaker.record_silence(platform, str(silent.params.get("why") or silent.code))
            return sought
        except JagaError as failed:
            log.warning("account_not_sought", subject=subject, code=failed.code)
            return sought
        record_success(platform, PlatformTask.NAMES)
        record_sought(subject, absent=observation.state is AccountState.MISSING, actor=SYSTEM)
        sought += 1
    return sought
