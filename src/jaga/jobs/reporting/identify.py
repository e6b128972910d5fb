"""Looks up who owns a handle now, before triage, and periodically for platforms that were unavailable then."""

import structlog

from jaga.casework.actions import circuit_breaker
from jaga.casework.kernel.jobs import defer_triage
from jaga.casework.kernel.unusable_values import record_failure, record_success
from jaga.casework.reporting.handle_resolution import cases_to_resolve, names_to_look_up, record_identity
from jaga.core.actors import SYSTEM
from jaga.core.errors import N_, JagaError
from jaga.core.locators import is_stable
from jaga.core.platforms import Account, PlatformFault, PlatformPort, PlatformUnreachable, RouteObservation, StepResult
from jaga.core.terms.actions import OutcomeKind, PlatformTask
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import may_begin
from jaga.jobs.base.places import Work, place_on
from jaga.jobs.base.sparing import log_silence
from jaga.platforms.kit.checks import identifies

log = structlog.get_logger("jaga.identify")
_NAME_ONLY = N_(
    "When people judged, it was not known which account had this name. It can be somebody else's by now, "
    "so nothing was done. Report the account by its stable id."
)


def identify_accounts(case_id: int, only: str | None = None) -> int:
    """Look up the handles of a case, once each; returns how many are resolved.

    Never waits for an unavailable platform.

    `only` limits it to one platform.
    """
    looked = 0
    for asked in names_to_look_up(case_id):
        if only not in (None, asked.platform) or not may_begin(asked.platform, PlatformTask.NAMES):
            continue
        try:
            adapter = adapter_for(asked.platform)
            if not identifies(adapter):
                continue
            with place_on(asked.platform, Work.NAMES) as free:
                if not free:  # looked up by a later run
                    continue
                found = adapter.identify(asked)
        except PlatformFault as fault:  # possibly a fault of this handle only; the others and all actions go on
            record_failure(asked.platform, PlatformTask.NAMES, fault, actor=SYSTEM)
            log.warning("name_not_looked_up", case=case_id, code=fault.code, why=fault.params.get("why"))
            continue
        except PlatformUnreachable as silent:
            circuit_breaker.record_silence(asked.platform, str(silent.params.get("why") or silent.code))
            log_silence(asked.platform, silent)
            continue
        except JagaError as failed:
            log.warning("name_not_looked_up", case=case_id, code=failed.code)
            continue
        circuit_breaker.record_answer(asked.platform)
        record_success(asked.platform, PlatformTask.NAMES)
        record_identity(case_id, asked, found, actor=SYSTEM)
        looked += asked not in names_to_look_up(case_id)  # a case with a vote may keep its reports
    return looked


def platforms_with_pending_names() -> list[str]:
    """Platforms on which a case has a handle to look up."""
    return sorted({asked.platform for case_id in cases_to_resolve() for asked in names_to_look_up(case_id)})


def resolve_pending_handles(only: str | None = None) -> int:
    """Look up handles of cases whose platform was unavailable at triage, on one platform or all; returns how many."""
    looked = 0
    for case_id in cases_to_resolve():
        found = identify_accounts(case_id, only)
        if found:
            defer_triage(case_id)
        looked += found
    return looked


def refused_by_name(account: Account, adapter: PlatformPort) -> StepResult | None:
    """A refusal for an account that was judged by its handle, with the handle's current owner.

    None if it was judged by its stable id. Raises PlatformUnreachable.
    """
    if is_stable(adapter.capabilities().stable_id, account.account_id):
        return None
    found = adapter.identify(account) if identifies(adapter) else None
    return StepResult(
        OutcomeKind.REFUSED,
        _NAME_ONLY,
        (RouteObservation("that name's account now", found.account_id if found else "nobody"),),
    )
