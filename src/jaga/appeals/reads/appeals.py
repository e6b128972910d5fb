"""Appeals as staff see them: the list, and one appeal with what the answer needs."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce

from jaga.appeals.models import Appeal
from jaga.appeals.reads.statement import pictures_of_appeal
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.reads.case_view import refuse_blind, refuse_unread, refused_cases, taken_for_blind_review
from jaga.cases.reads.decisions import lost_on_undo
from jaga.cases.reads.gate import SHOWN, listed_account
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import OPEN_ACTION_STATES, AccessKind, AppealState, AppealWay, DecisionKind, IdentityCheck
from jaga.policy.release import load_release
from jaga.signals.reads.pictures import PictureState, PictureView, is_answer_pending, undoable_until
from jaga.store.reads import READERS, log_access, log_access_to_all, visible_to

_AGAIN = Q(reply__state=AppealState.OPEN, reply__due_at__isnull=False)
"""A decided appeal that waits once more, for the reply of its author."""


@dataclass(frozen=True)
class ReplyView:
    """The holder's second message. With `due_at` it arrived after the answer and needs its own answer."""

    number: int
    text: str
    filed_at: datetime
    due_at: datetime | None
    state: AppealState
    answered_at: datetime | None
    answered_by: str | None
    reasons: str


@dataclass(frozen=True)
class RestView:
    """A supervisor's decision on suspending the measure while the appeal was pending."""

    rests: bool
    reasons: str
    decided_at: datetime
    decided_by: str
    ended_at: datetime | None


@dataclass(frozen=True)
class OnPaper:
    """How an appeal without a code arrived, and how the sender's identity was checked."""

    way: AppealWay
    received_on: date | None
    recorded_by: str
    helper: str
    check: IdentityCheck
    check_note: str


@dataclass(frozen=True)
class AppealView:
    """An appeal with the decision it is about.

    `own_case`: the reader voted on the case, so someone else must decide the appeal. `wrote_down`: the reader recorded
    the appeal for the holder. `answered_first`: the reader gave the first answer. Both exclude the reader in the same
    way.

    `waits_until` is the deadline of the appeal or the second message. `rest_by` is when a supervisor must have decided
    whether the measure is suspended. `lost` lists what a restoration cannot bring back (msgids). `restore_by` is the
    legal deadline of a restoration under way (MR5 art. 20).
    """

    appeal_id: int
    case_id: int
    reference: str
    category: str
    platform: str
    account: str
    decision: DecisionKind
    decided_at: datetime
    legal_basis: str
    facts: str
    reasons_kept: bool  # Victim-first: the page behind the code shows the holder neither statement nor answer.
    statement_id: str
    statement_en: str
    text: str
    state: AppealState
    filed_at: datetime
    due_at: datetime
    carried_out: bool
    own_case: bool
    answered_at: datetime | None
    answered_by: str | None
    reasons: str
    lost: tuple[str, ...]
    restore_by: datetime | None
    appeal_until: datetime
    question: str
    asked_at: datetime | None
    on_paper: OnPaper | None
    reply: ReplyView | None
    rest: RestView | None
    wrote_down: bool
    answered_first: bool
    pictures: tuple[PictureView, ...]
    pictures_to_check: bool
    answer_pending: bool = False  # Somebody's answer about minors has not taken effect yet.
    undo_until: datetime | None = None  # Until when the reader can undo theirs.

    @property
    def open_reply(self) -> bool:
        """Whether an unanswered second message arrived after the answer."""
        return self.reply is not None and self.reply.due_at is not None and self.reply.state == AppealState.OPEN

    @property
    def waits_until(self) -> datetime:
        """The deadline of the appeal, or of the second message while that waits for its answer."""
        return self.reply.due_at if self.reply and self.reply.due_at and self.open_reply else self.due_at

    @property
    def overdue(self) -> bool:
        """Whether the appeal itself is past its deadline."""
        return self.state == AppealState.OPEN and self.due_at <= now()

    @property
    def rest_by(self) -> datetime:
        """When a supervisor must have decided whether the measure is suspended."""
        return self.due_at + timedelta(days=1)


@dataclass(frozen=True)
class AppealList:
    """Appeals, and how many more are kept back until the reader has read a newer case about their account."""

    rows: tuple[AppealView, ...]
    kept_back: int


def list_appeals(*, actor: Actor) -> AppealList:
    """Open appeals by deadline, then the latest decided ones.

    Raises NotPermitted for anyone who does not judge cases.
    """
    person = actor.require(*READERS)
    still_open = (
        appeals_waiting(actor)
        .annotate(waits_until=Coalesce("reply__due_at", "due_at"))
        .order_by("waits_until", "pk")[:SHOWN]
    )
    answered = _visible(actor).exclude(state=AppealState.OPEN).exclude(_AGAIN).order_by("-decided_at")[:10]
    found = [*still_open, *answered]
    refused = refused_cases([row.decision.case_id for row in found], actor=actor)
    rows = [row for row in found if row.decision.case_id not in refused]
    own = set(
        Vote.objects.filter(person_id=person, case_id__in=[row.decision.case_id for row in rows]).values_list(
            "case_id", flat=True
        )
    )
    log_access_to_all([row.decision.case_id for row in rows], AccessKind.APPEAL, actor=actor)
    seen_rows = ((row.decision, _appeal(row, person, row.decision.case_id in own)) for row in rows)
    return AppealList(
        tuple(replace(one, account=listed_account(decision.case, one.account)) for decision, one in seen_rows),
        len(found) - len(rows),
    )


def appeals_waiting(actor: Actor) -> QuerySet[Appeal]:
    """Appeals that `list_appeals` shows, or counts, as open."""
    return _visible(actor).filter(Q(state=AppealState.OPEN) | _AGAIN)


def _visible(actor: Actor) -> QuerySet[Appeal]:
    return (
        _appeals()
        .filter(visible_to(actor, path="decision__case__"))
        .exclude(decision__case__in=taken_for_blind_review(actor))
    )


def access_appeal(appeal_id: int, *, actor: Actor) -> AppealView:
    """One appeal. Raises NotPermitted, NotFound, JudgedBlind, EarlierCaseKeptBack."""
    person = actor.require(*READERS)
    row = _appeals().filter(visible_to(actor, path="decision__case__"), pk=appeal_id).first()
    if row is None:
        raise NotFound
    refuse_blind(row.decision.case, actor=actor)
    refuse_unread(row.decision.case, actor=actor)
    log_access(row.decision.case_id, AccessKind.APPEAL, actor=actor)
    own = Vote.objects.filter(case_id=row.decision.case_id, person_id=person).exists()
    appeal = _appeal(row, person, own)
    pictures = pictures_of_appeal(row, actor=actor)
    waits = any(one.state is PictureState.TO_CHECK for one in pictures)
    case = row.decision.case
    return replace(
        appeal,
        pictures=pictures,
        pictures_to_check=waits,
        answer_pending=is_answer_pending(case),
        undo_until=undoable_until(case, actor=actor),
    )


def _appeals() -> QuerySet[Appeal]:
    return Appeal.objects.select_related(
        "decision__case",
        "decision__subject__platform",
        "decision__statement",
        "decided_by",
        "recorded_by",
        "reply__decided_by",
        "rest__decided_by",
    )


def _appeal(row: Appeal, person: int, own: bool) -> AppealView:
    decision, case, subject = row.decision, row.decision.case, row.decision.subject
    # The text of an immediate restriction may come from a sealed first vote, and the reader may be the second voter.
    # While a two-person closure is pending, whoever decides the appeal against the preceding restriction does see the
    # reason.
    waits = decision.awaits is not None and decision.awaits.ended_at is None
    sealed = decision.provisional and not waits and CaseState(case.state) in SEALED_STATES
    letter = ("", "") if sealed else (decision.statement.body_id, decision.statement.body_en)
    return AppealView(
        row.pk,
        case.pk,
        case.reference,
        case.category,
        subject.platform.display_name,
        subject.account_id,
        DecisionKind(decision.kind),
        decision.decided_at,
        "" if sealed else decision.legal_basis,
        "" if sealed else decision.facts,
        case.victim_first,
        *letter,
        row.text,
        AppealState(row.state),
        row.filed_at,
        row.due_at,
        not decision.actions.filter(state__in=OPEN_ACTION_STATES, rest__isnull=True).exists(),
        own or decision.decided_by_id == person,
        row.decided_at,
        row.decided_by.display_name if row.decided_by else None,
        row.reasons,
        lost_on_undo(decision),
        _restore_by(decision),
        decision.statement.appeal_until,
        row.question,
        row.asked_at,
        _on_paper(row),
        _reply(row),
        _rest(row),
        row.recorded_by_id == person,
        row.decided_by_id == person,
        (),
        False,
    )


def _reply(row: Appeal) -> ReplyView | None:
    one = getattr(row, "reply", None)
    return (
        ReplyView(
            one.pk,
            one.text,
            one.filed_at,
            one.due_at,
            AppealState(one.state),
            one.decided_at,
            one.decided_by.display_name if one.decided_by else None,
            one.reasons,
        )
        if one
        else None
    )


def _rest(row: Appeal) -> RestView | None:
    one = getattr(row, "rest", None)
    return RestView(one.rests, one.reasons, one.decided_at, one.decided_by.display_name, one.ended_at) if one else None


def _on_paper(row: Appeal) -> OnPaper | None:
    if row.recorded_by is None:
        return None
    return OnPaper(
        AppealWay(row.way),
        row.received_on,
        row.recorded_by.display_name,
        row.helper,
        IdentityCheck(row.identity_check),
        row.check_note,
    )


def _restore_by(decision: Decision) -> datetime | None:
    restoring = Decision.objects.filter(overturns=decision, actions__state__in=OPEN_ACTION_STATES).first()
    return restoring.decided_at + load_release().deadlines.restoration.span if restoring else None
