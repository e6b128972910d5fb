"""Periodic task that looks up whether a platform knows the accounts of urgent cases; triage does not wait for it.

Periodic tasks that file accepted reports into their cases, and triage these in the same transaction (ADR 0108).

Looks up who owns a handle now, before triage, and periodically for platforms that were unavailable then.

Reads reports made with an app's report button, on every platform whose adapter passes them on.
"""

import structlog

from jaga.actions.verbs import circuit_breaker
from jaga.cases.models.cases import Platform
from jaga.core.actors import SYSTEM
from jaga.core.errors import N_, JagaError
from jaga.core.locators import is_stable
from jaga.core.platforms import (
    Account,
    PassesReports,
    PlatformFault,
    PlatformPort,
    PlatformUnreachable,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, PlatformTask, Step
from jaga.core.terms.reports import FilingPriority
from jaga.platforms.kit.guard import identifies
from jaga.reporting.verbs.filing import file_waiting
from jaga.reporting.verbs.handle_resolution import (
    accounts_to_seek,
    cases_to_resolve,
    names_to_look_up,
    record_identity,
    record_sought,
    reports_read_to,
    take_reports,
)
from jaga.signals.jobs import triage_filed
from jaga.store.kernel.jobs import defer_triage
from jaga.store.kernel.validation import record_failure, record_success
from jaga.work.adapters import Work, adapter_for, place_on
from jaga.work.faults import contained, log_silence, may_begin

log_of_absent = structlog.get_logger("jaga.absent")


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
            log_of_absent.warning("account_not_sought", subject=subject, code=failed.code)
            return sought
        record_success(platform, PlatformTask.NAMES)
        record_sought(subject, absent=observation.state is AccountState.MISSING, actor=SYSTEM)
        sought += 1
    return sought


AT_ONCE = 400
"""Reports filed by one transaction, at most: fewer than one triage reads."""
_ROUNDS = 20  # then the worker checks whether it should stop
SHARES = 2
"""Tasks that file ordinary reports at the same time, each those of its accounts: Python works while PostgreSQL does."""


def file_urgent() -> int:
    """File urgent reports. Separate, so that they never wait for a large portion of ordinary ones."""
    return file_waiting(AT_ONCE, priority=FilingPriority.URGENT, triage=triage_filed)


def file_others(share: int | None = None) -> int:
    """File ordinary reports by priority, leaving urgent ones to `file_urgent`: of all accounts, or of one of `SHARES`.

    An account has one share, since two transactions would wait for each other's cases.
    """
    filed = 0
    for _ in range(_ROUNDS):
        last = file_waiting(
            AT_ONCE, but=FilingPriority.URGENT, triage=triage_filed, accounts=None if share is None else (share, SHARES)
        )
        filed += last
        if last < AT_ONCE:
            break
    return filed


log_of_identify = structlog.get_logger("jaga.identify")
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
            log_of_identify.warning("name_not_looked_up", case=case_id, code=fault.code, why=fault.params.get("why"))
            continue
        except PlatformUnreachable as silent:
            circuit_breaker.record_silence(asked.platform, str(silent.params.get("why") or silent.code))
            log_silence(asked.platform, silent)
            continue
        except JagaError as failed:
            log_of_identify.warning("name_not_looked_up", case=case_id, code=failed.code)
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


def platforms_that_act() -> list[str]:
    """Platforms with an API adapter."""
    return list(Platform.objects.filter(by_notice=False).order_by("name").values_list("name", flat=True))


def read_in_app_reports() -> int:
    """Read all platforms once; returns how many reports were accepted."""
    return sum(map(read_reports_of, platforms_that_act()))


def read_reports_of(name: str) -> int:
    """Read one platform once; returns how many reports were accepted.

    If it is unavailable or its answer unusable, the cursor stays, so that a later run misses nothing.
    """
    if not may_begin(name, PlatformTask.REPORTS):
        return 0
    with contained(name, PlatformTask.REPORTS):
        adapter = adapter_for(name)
        if not isinstance(adapter, PassesReports):
            return 0
        feed = adapter.read_reports(reports_read_to(name))
        if feed.reports or feed.set_aside or feed.cursor != reports_read_to(name):
            return take_reports(name, feed.reports, feed.cursor, set_aside=feed.set_aside, actor=SYSTEM)
    return 0
