"""Hearings: the questions a holder is asked before a measure, for staff and for the holder of the letter's code."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.actions import Step
from jaga.policy.limits import ANSWER_FIRST
from jaga.records.access.base.installation import host_name
from jaga.records.access.cases.case_view import takes_case
from jaga.records.codes import appeal_hash
from jaga.records.models import Case, Hearing

MOST_ANSWERS = 3


@dataclass(frozen=True)
class Answered:
    """One answer of the holder."""

    text: str
    written_at: datetime


@dataclass(frozen=True)
class HearingView:
    """The state of the case's hearing. `can_ask`: none was opened, and the platform can deliver a letter."""

    can_ask: bool
    cannot_deliver: bool
    asked_at: datetime | None = None
    delivered_at: datetime | None = None
    answer_until: datetime | None = None
    stuck: bool = False
    why: str = ""
    answers: tuple[Answered, ...] = ()

    @property
    def over(self) -> bool:
        """Whether the time to answer is over, so a measure can be decided."""
        return self.answer_until is not None and self.answer_until <= now()


@dataclass(frozen=True)
class HeldHearing:
    """What the letter's code opens: the question, the answers and the deadline; nothing about the reporter."""

    reference: str
    platform: str
    account: str
    category: str
    host: str
    days: int
    answer_until: datetime | None
    open: bool
    answers: tuple[Answered, ...]


def can_deliver_letters(case: Case) -> bool:
    """Whether the platform itself delivers letters. With an in-app notice, Jaga cannot confirm delivery."""
    platform = case.subject.platform
    return not platform.by_notice and bool(platform.capabilities.get(Step.DELIVER, {}).get("supported"))


def had_hearing(case: Case) -> bool:
    """Whether the holder was asked and had the time to answer."""
    return Hearing.objects.filter(case=case, answer_until__lte=now()).exists()


def takes_answers(hearing: Hearing, case: Case) -> bool:
    """Whether the holder can still answer: until the first vote, which must wait for the deadline, and at most
    `MOST_ANSWERS` times.
    """
    return CaseState(case.state) in (CaseState.RECEIVED, CaseState.IN_REVIEW) and hearing.answers.count() < MOST_ANSWERS


@takes_case
def hearing_of(case: Case) -> HearingView | None:
    """The hearing of a case already fetched with a permission check; None where no hearing is required."""
    if case.category not in ANSWER_FIRST:
        return None
    row, reachable = Hearing.objects.filter(case=case).first(), can_deliver_letters(case)
    if row is None:
        return HearingView(reachable and CaseState(case.state) is CaseState.IN_REVIEW, not reachable)
    return HearingView(
        False,
        not reachable,
        row.asked_at,
        row.delivered_at,
        row.answer_until,
        row.stuck_at is not None,
        row.why,
        _answers(row),
    )


def access_hearing(code: str) -> HeldHearing:
    """The hearing behind the code. Raises NotFound, whether the code is wrong or missing."""
    asked = Hearing.objects.filter(code_hash=appeal_hash(code))
    row = asked.select_related("case__subject__platform__operator").first()
    if row is None:
        raise NotFound
    case, subject = row.case, row.case.subject
    return HeldHearing(
        case.reference,
        subject.platform.display_name,
        subject.account_id,
        case.category,
        host_name() or subject.platform.operator.name,
        row.days,
        row.answer_until,
        takes_answers(row, case),
        _answers(row),
    )


def _answers(row: Hearing) -> tuple[Answered, ...]:
    return tuple(Answered(one.text, one.written_at) for one in row.answers.order_by("pk"))
