"""What binds the data of an account or a report, so that they cannot be erased yet, and until when.

The same facts keep data from being deleted when its period is over (`records.access.privacy.bindings`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from jaga.core.terms.person_requests import RefusalGround
from jaga.core.terms.retention import BindingReason
from jaga.policy.local_time import end_of_day, today
from jaga.records.access.privacy.bindings import facts_of
from jaga.records.access.privacy.holder_data import cases_about
from jaga.records.models import PersonRequest, Report

_R, _G = BindingReason, RefusalGround
GROUND_OF: Mapping[BindingReason, RefusalGround | None] = MappingProxyType(
    {
        _R.OPEN_CASE: _G.OPEN_CASE,
        _R.OPEN_ACTION: _G.OPEN_CASE,
        _R.RECHECK: _G.OPEN_CASE,
        _R.RESTRICTION: _G.OPEN_CASE,
        _R.OPEN_APPEAL: _G.APPEAL_WINDOW,
        _R.APPEAL_WINDOW: _G.APPEAL_WINDOW,
        _R.STRIKE: _G.STRIKE,
        _R.AUTHORITY: _G.AUTHORITY_REQUEST,
        _R.REFERRAL: _G.AUTHORITY_REQUEST,
        _R.LEGAL_HOLD: _G.LEGAL_HOLD,
        _R.HOLD_ENDED: _G.LEGAL_HOLD,
        _R.POSTPONED: _G.LEGAL_HOLD,
        _R.OPEN_REQUEST: None,  # The request itself does not stand against what it asks for.
    }
)
"""The ground on which a request is refused, in the words that the person reads."""


@dataclass(frozen=True)
class Bound:
    """One ground. `until` is None if nobody can know it yet."""

    ground: RefusalGround
    until: datetime | None


def bound_on(*, subject_id: int | None = None, report: Report | None = None) -> tuple[Bound, ...]:
    """What binds this account, or this report's case, now: each ground once, with its latest end."""
    if subject_id is not None:
        return _found(cases_about(subject_id))
    if report is not None and report.case_id is not None:
        return _found([report.case_id])
    # Accepted, and not yet in a case: it will be in moments.
    return (Bound(RefusalGround.OPEN_CASE, None),) if report is not None else ()


def bound_on_request(request_id: int) -> tuple[Bound, ...]:
    """What binds what this request is about. Call it where permission was checked."""
    row = PersonRequest.objects.select_related("report").get(pk=request_id)
    check = row.checks.order_by("-pk").first()
    return bound_on(subject_id=check.subject_id if check else None, report=row.report)


def _found(cases: Collection[int]) -> tuple[Bound, ...]:
    ends: dict[RefusalGround, list[datetime | None]] = {}
    for facts in facts_of(cases).values():
        for one in facts.bindings:
            if (ground := GROUND_OF[one.reason]) is not None and (one.until is None or one.until >= today()):
                ends.setdefault(ground, []).append(end_of_day(one.until) if one.until else None)
    return tuple(
        Bound(ground, None if None in found else max(end for end in found if end))
        for ground, found in sorted(ends.items())
    )
