"""Probes platforms with an open circuit breaker, if no attempt of an action is due that would do so."""

import structlog

from jaga.casework.actions import circuit_breaker
from jaga.casework.kernel.unusable_values import record_failure
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.core.terms.actions import PlatformTask, Step
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.sparing import log_silence

log = structlog.get_logger("jaga.probe")


def platforms_to_try() -> list[str]:
    """Platforms whose pause is over."""
    return sorted(account.platform for account in circuit_breaker.accounts_to_try())


def try_silent_platforms(only: str | None = None) -> int:
    """Observe one account on each platform whose pause is over, or on one platform; returns how many answer again.

    No attempt is used up. Attempts of an action may be half a day apart, too long when the platform is back.
    """
    answering = 0
    for account in circuit_breaker.accounts_to_try():
        platform = account.platform
        if only not in (None, platform):
            continue
        try:
            adapter = adapter_for(platform)
            if not adapter.capabilities().can(Step.OBSERVE) or circuit_breaker.may_ask(platform):
                continue
            adapter.observe(account)
        except PlatformUnreachable as silent:
            if isinstance(silent, PlatformFault):
                record_failure(platform, PlatformTask.ACTIONS, silent, actor=SYSTEM)
            circuit_breaker.record_silence(
                platform, str(silent.params.get("why") or silent.code), retry_after=silent.retry_after
            )
            log_silence(platform, silent)
        except JagaError as failed:
            log.warning("probe_failed", platform=platform, code=failed.code)
        else:
            log.info("platform_answers_again", platform=platform, actions=circuit_breaker.record_answer(platform))
            answering += 1
    return answering
