"""A case as pages read it, and the row behind it, which stays in `records.access` and `casework`.

Blind review: until a second judge has answered, the case's pages and appeals are closed to them and lists hide the
decision.

Whether a legal deadline was missed: the one definition for pages, the API and the figures.

A deadline is met by a decision, or by an interim restriction where the policy release lets it (`Case.met_at`).

The outcome of a report: the latest decision, and whether a verification confirmed it.

Earlier decisions that a person may not learn of yet, because they may still have to vote about the account.

They are kept back while a case of the account (reported or linked) waits for a vote of theirs and they have not asked
for earlier decisions on its page. Until then they may learn that another case exists and is decided; not what was
decided, nor how far that is (being carried out, restored), which would say it. One condition serves every list, the
filters of the search and the door of the decided case itself, so that none tells what another keeps.

Cases that rest on an unverified authority request.

The database enforces the same rule (`records_unverified_guard`).
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from django.db import connection
from django.db.models import Q

from jaga.authorities.models import EmergencyHold
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Verification, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.cases import UNJUDGED_STATES, CaseState, reference_of
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.cases import AccessKind, ActionState, DecisionKind, PendingEnd, VerificationResult, VictimState
from jaga.core.terms.outside import HeldState
from jaga.core.terms.people import Role
from jaga.store.bulk import ask_prepared
from jaga.store.reads import READERS, clearances_of, number_of, once

KEPT = timedelta(hours=24)
"""How long a person may hold a blind review before it goes to someone else."""
_HELD = "SELECT case_id FROM records_blindreview WHERE person_id = %s AND judged_at IS NULL AND taken_at > %s"


class JudgedBlind(Conflict):
    """The actor has taken this case for a blind review."""

    code = "taken_for_blind_review"
    sentence = N_("You are judging this case again without knowing what was decided.")
    remedy = N_("Answer it first, or leave it to somebody else, on the page Quality.")


@once
def taken_for_blind_review(actor: Actor) -> frozenset[int]:
    """Ids of cases the actor has taken for a blind review and not answered yet."""
    if actor.person_id is None:
        return frozenset()
    return frozenset(number for (number,) in ask_prepared(_HELD, [actor.person_id, now() - KEPT]))


def refuse_blind(case: Case, *, actor: Actor) -> None:
    """Raises JudgedBlind while the actor is reviewing the case blind. An undecided case has nothing to hide."""
    if case.decided_at is not None and case.pk in taken_for_blind_review(actor):
        raise JudgedBlind


P = ParamSpec("P")
R = TypeVar("R")


class CaseStage(StrEnum):
    """The state of a case as far as staff may know it before the decision."""

    NEW = "new"
    REVIEW = "review"
    SUPERVISOR = "supervisor"
    COMMITTING = "committing"
    ACTING = "acting"
    RESTORING = "restoring"
    RESOLVED = "resolved"


STAGES = {
    CaseState.RECEIVED: CaseStage.NEW,
    CaseState.IN_REVIEW: CaseStage.REVIEW,
    CaseState.SECOND_VOTE: CaseStage.REVIEW,
    CaseState.ADJUDICATION: CaseStage.SUPERVISOR,
    CaseState.COMMITTING: CaseStage.COMMITTING,
    CaseState.ACTING: CaseStage.ACTING,
    CaseState.RESTORING: CaseStage.RESTORING,
    CaseState.RESOLVED: CaseStage.RESOLVED,
}


@dataclass(frozen=True)
class CaseView:
    """A case as pages read it. A page passes it on to functions that need more of the case (`takes_case`)."""

    pk: int
    reference: str
    state: CaseState
    category: str
    severity: int
    urgent: bool
    victim_first: bool
    victim_state: VictimState
    queue: str
    repeats: bool  # what was dismissed before
    cluster_id: int | None
    reports_count: int
    sources_count: int
    conduct_on: date
    opened_at: datetime
    due_at: datetime
    decided_at: datetime | None
    account: str  # as its platform writes it
    platform: str  # as people read it
    platform_name: str  # its key
    _row: Case = field(repr=False, compare=False)

    @property
    def stage(self) -> CaseStage:
        """Its stage, as far as staff may know."""
        return STAGES[self.state]


def view_of(case: Case) -> CaseView:
    """The case as pages read it. The row comes with its account and platform."""
    account, platform = case.subject, case.subject.platform
    return CaseView(
        case.pk,
        case.reference,
        CaseState(case.state),
        case.category,
        case.severity,
        case.urgent,
        case.victim_first,
        VictimState(case.victim_state),
        case.queue,
        case.repeats_id is not None,
        case.cluster_id,
        case.reports_count,
        case.sources_count,
        case.conduct_on,
        case.opened_at,
        case.due_at,
        case.decided_at,
        account.account_id,
        platform.display_name,
        platform.name,
        case,
    )


def row_of(case: Case | CaseView) -> Case:
    """The row of a case or of its view. For `records.access` and `casework`: pages have no use for a row."""
    return case._row if isinstance(case, CaseView) else case


def takes_case(work: Callable[Concatenate[Case, P], R]) -> Callable[Concatenate[Case | CaseView, P], R]:
    """Let a function of a case's row be called with the case's view too, which is all that pages have."""

    @wraps(work)
    def of_either(case: Case | CaseView, /, *args: P.args, **kwargs: P.kwargs) -> R:
        return work(row_of(case), *args, **kwargs)

    return of_either


OPEN_DEADLINE = Q(decided_at__isnull=True, met_at__isnull=True)
"""Cases whose deadline is not met yet."""


def is_overdue(due_at: datetime, case: Case | None) -> bool:
    """Whether this deadline of a report has passed; `case` is the report's, once it has one."""
    met = case is not None and (case.decided_at or case.met_at)
    return not met and due_at < now()


@dataclass(frozen=True)
class RequestOutcomeView:
    """What was decided, and whether an independent verification confirmed it.

    `verified` is None if there is nothing to verify.
    """

    decision: DecisionKind
    legal_basis: str
    decided_at: datetime
    verified: bool | None
    verified_at: datetime | None


def outcome_of(report: Report) -> RequestOutcomeView | None:
    """The latest decision on the reported account.

    A closure takes precedence over the redaction before it, and a restoration over what it undid. Decisions on other
    accounts of the case are not disclosed to outsiders.
    """
    made = report.in_case.decisions.filter(subject_id=report.subject_id)
    taken_back = Q(awaits__isnull=False, awaits__ended_at__isnull=False) & ~Q(awaits__end=PendingEnd.COMMITTED)
    decision = made.exclude(taken_back).order_by("-pk").first()
    if decision is None:
        return None
    actions = [action for action in decision.actions.all() if action.rest_id is None]
    verified_at = _verified_at(actions) if actions else None
    return RequestOutcomeView(
        DecisionKind(decision.kind),
        decision.legal_basis,
        decision.decided_at,
        verified_at is not None if actions else None,
        verified_at,
    )


def _verified_at(actions: list[Action]) -> datetime | None:
    """When the last of the actions was last verified; None while one is unverified or no longer holds."""
    moments = []
    for action in actions:
        last = Verification.objects.filter(action=action).exclude(result=VerificationResult.UNREACHABLE).order_by("-pk")
        check = last.first()
        if action.state != ActionState.DONE or check is None or check.result != VerificationResult.CONFIRMED:
            return None
        moments.append(check.at)
    return max(moments)


JUDGED = frozenset({CaseState.COMMITTING, CaseState.ACTING, CaseState.RESTORING, CaseState.RESOLVED})
"""States after the votes. To whom a case is kept back, they are one: decided."""
_WAITS = """w.state = ANY(%s) AND w.clearance = ANY(%s)
    AND NOT EXISTS (SELECT FROM records_vote v WHERE v.case_id = w.id AND v.person_id = %s
                    AND NOT EXISTS (SELECT FROM records_votewithdrawal x WHERE x.vote_id = v.id))
    AND NOT EXISTS (SELECT FROM records_accessevent e WHERE e.case_id = w.id AND e.person_id = %s AND e.what = %s)"""
_REPORTED = f"SELECT w.id FROM records_case w WHERE w.subject_id = %(account)s AND {_WAITS}"  # noqa: S608
_LINKED = (
    f"SELECT w.id FROM records_linkedaccount l JOIN records_case w ON w.id = l.case_id"  # noqa: S608
    f" WHERE l.subject_id = %(account)s AND l.withdrawn_at IS NULL AND {_WAITS}"
)


class EarlierCaseKeptBack(Conflict):
    """The case is decided, and a newer one about its account waits for the actor's vote."""

    code = "read_the_waiting_case_first"
    sentence = N_("This case is decided, and a newer report about its account still waits for you.")
    remedy = N_(
        "Open case %(reference)s and read it first. Its “Show earlier decisions and strikes” then opens this case too."
    )


def _waiting_about(account: str) -> str:
    """A query of the cases for whose sake decisions about the account of this column are kept back."""
    return f"{_REPORTED} UNION ALL {_LINKED}".replace("%(account)s", account)


def _values(actor: Actor) -> list[object]:
    """The parameters of one `_waiting_about`."""
    states = [
        one.value for one in UNJUDGED_STATES if one is not CaseState.ADJUDICATION or Role.SUPERVISOR in actor.roles
    ]
    person = number_of(actor)
    once = [states, ["", *(one.value for one in clearances_of(actor))], person, person, AccessKind.EARLIER.value]
    return once * 2


def case_kept_back(actor: Actor) -> tuple[str, list[object]]:
    """A condition on a row `c` of `records_case` after its votes, with its parameters: what was decided is kept back.

    A case that the actor judges again blind is kept back too.
    """
    return (
        f"(c.id = ANY(%s) OR EXISTS ({_waiting_about('c.subject_id')})"
        " OR EXISTS (SELECT FROM records_linkedaccount k CROSS JOIN LATERAL"
        f" ({_waiting_about('k.subject_id')}) own WHERE k.case_id = c.id AND k.withdrawn_at IS NULL))",
        [list(taken_for_blind_review(actor)), *_values(actor), *_values(actor)],
    )


def cases_kept_back(numbers: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these cases those that are judged and whose decision is kept back from the actor."""
    condition, values = case_kept_back(actor)
    statement = f"SELECT c.id FROM records_case c WHERE c.id = ANY(%s) AND c.state = ANY(%s) AND {condition}"  # noqa: S608
    return _ids(statement, [list(numbers), [one.value for one in JUDGED], *values]) if numbers else frozenset()


def refused_cases(numbers: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these cases those whose pages refuse the actor (`refuse_unread`). A list of work about decisions leaves their
    rows out and says how many there are: that an appeal, a notice or a referral exists would tell what was decided.
    """
    found = cases_kept_back(numbers, actor=actor) if actor.roles.intersection(READERS) else frozenset()
    return (
        found - set(Vote.objects.filter(case__in=found, person_id=number_of(actor)).values_list("case_id", flat=True))
        if found
        else found
    )


def kept_back(subjects: Collection[int], *, actor: Actor) -> frozenset[int]:
    """Of these accounts those about which the actor may still have to vote without knowing of earlier decisions."""
    return (
        _ids(
            f"SELECT a.id FROM unnest(%s::bigint[]) a(id) WHERE EXISTS ({_waiting_about('a.id')})",  # noqa: S608
            [list(subjects), *_values(actor)],
        )
        if subjects
        else frozenset()
    )


def to_read_first(numbers: Collection[int], *, actor: Actor) -> dict[int, int]:
    """For each of these cases on which the actor has not voted, and for whose sake a newer one is read first: that one.

    The oldest that waits, of the reported account or a linked one.
    """
    if not numbers:
        return {}
    values: list[Any] = [*_values(actor), list(numbers), number_of(actor)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.id, min(own.id) FROM records_case c CROSS JOIN LATERAL (SELECT c.subject_id UNION ALL"  # noqa: S608
            " SELECT k.subject_id FROM records_linkedaccount k WHERE k.case_id = c.id AND k.withdrawn_at IS NULL"
            f") a(subject_id) CROSS JOIN LATERAL ({_waiting_about('a.subject_id')}) own(id) WHERE c.id = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM records_vote v WHERE v.case_id = c.id AND v.person_id = %s) GROUP BY 1",
            values,
        )
        return dict(cursor.fetchall())


@takes_case
def refuse_unread(case: Case, *, actor: Actor) -> None:
    """Raises EarlierCaseKeptBack if the decision of this case is kept back from the actor.

    Whoever voted on the case knows of it, and an auditor casts no votes.
    """
    if CaseState(case.state) not in JUDGED or not actor.roles.intersection(READERS):
        return
    waiting = to_read_first([case.pk], actor=actor)
    if waiting:
        raise EarlierCaseKeptBack(reference=reference_of(waiting[case.pk]))


def _ids(statement: str, values: Sequence[Any]) -> frozenset[int]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return frozenset(number for (number,) in cursor.fetchall())


@takes_case
def is_unverified(case: Case) -> bool:
    """Whether only preservation is possible: a held request is undecided, or the case has no other support."""
    emergencies = EmergencyHold.objects.filter(report__case=case)
    if emergencies.filter(held__state=HeldState.HELD).exists():
        return True
    others = Report.objects.filter(case=case, emergency__isnull=True, withdrawn_at__isnull=True)
    return emergencies.exists() and not others.exists()
