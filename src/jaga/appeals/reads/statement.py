"""The statement of reasons and appeal behind an appeal code.

The code is the only permission: it opens one statement and nothing about anyone else. A reporter's own report is in
`followed_reports`.

Pictures attached to an appeal and their status, for people who may decide it. Originals cannot be opened.

Identity checks of holders who ask for their reasons in person: per decision, and those awaiting release.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q, QuerySet

from jaga.appeals.models import Appeal, AppealReply, AppealRest, HolderCheck, ReasonsAsked, RestoredAccess
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Statement, Vote
from jaga.cases.models.reports import Evidence
from jaga.cases.reads.case_view import refuse_blind, takes_case
from jaga.cases.reads.decisions import decisions_in_force
from jaga.cases.reads.letters import appeals_against, newest_statement
from jaga.cases.reads.reports import is_deleted
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import (
    AccessKind,
    ActionKind,
    ActionState,
    AppealState,
    AppealWay,
    DecisionKind,
    EvidenceKind,
    HolderCheckKind,
    PendingEnd,
)
from jaga.core.terms.people import Language, Role
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import YouthAnswer
from jaga.policy.models import LocalText
from jaga.policy.release import load_release
from jaga.signals.reads.pictures import (
    DRAWABLE,
    PictureClosed,
    PictureState,
    PictureView,
    opened_file,
    seen_pictures,
    still_to_check,
)
from jaga.store.codes import appeal_hash
from jaga.store.reads import READERS, erased_last, host_name, log_access, refuse_uncleared, visible_to


def _pictures(appeal: Appeal) -> QuerySet[Evidence]:
    return (
        Evidence.objects.filter(
            case=appeal.decision.case_id,
            appeal=appeal,
            kind=EvidenceKind.SCREENSHOT,
            media_type__in=DRAWABLE,
        )
        .exclude(is_deleted())
        .order_by("pk")
    )


def to_check(appeal: Appeal, case: Case, answer: YouthAnswer) -> QuerySet[Evidence]:
    """Pictures without this answer to the youth check; none where the case's pictures stay closed."""
    return still_to_check(_pictures(appeal), case, answer)


def pictures_of_appeal(appeal: Appeal, *, actor: Actor) -> tuple[PictureView, ...]:
    """The pictures of an appeal already fetched with a permission check."""
    return seen_pictures(appeal.decision.case, list(_pictures(appeal)), actor=actor)


def access_appeal_copy(appeal_id: int, evidence_id: int, *, actor: Actor) -> bytes:
    """The working copy of a picture the actor has opened.

    Raises NotPermitted, NotFound, PictureClosed, JudgedBlind, EvidenceDamaged.
    """
    person = actor.require(*READERS)
    appeal = (
        Appeal.objects.filter(visible_to(actor, path="decision__case__"), pk=appeal_id)
        .select_related("decision__case")
        .first()
    )
    if appeal is None:
        raise NotFound
    refuse_blind(appeal.decision.case, actor=actor)
    picture = next((one for one in pictures_of_appeal(appeal, actor=actor) if one.evidence_id == evidence_id), None)
    if picture is None:
        raise NotFound
    log_access(appeal.decision.case, AccessKind.PICTURE, actor=actor)
    voted = Vote.objects.filter(case=appeal.decision.case_id, person_id=person).exists()
    if voted or picture.state is not PictureState.OPEN:
        raise PictureClosed
    return opened_file(evidence_id)


SHOWN = 100


@dataclass(frozen=True)
class CheckView:
    """One check. `mine`: the reader made it. `explanation` is the text that will be read out."""

    check_id: int
    case_id: int
    decision_id: int
    reference: str
    kind: HolderCheckKind
    service: LocalText | None
    how: str
    explanation: str
    gives_data: bool
    gives_access: bool
    on_page: bool
    checked_by: str
    checked_at: datetime
    mine: bool
    released_by: str
    released_at: datetime | None
    refused_by: str
    refused_at: datetime | None
    why: str
    handed_at: datetime | None

    @property
    def waits(self) -> bool:
        """Whether the check still waits for a second person."""
        return self.released_at is None and self.refused_at is None


@dataclass(frozen=True)
class InPersonView:
    """A decision whose reasons are given in person, with its checks, the latest first."""

    decision_id: int
    kind: DecisionKind
    account: str
    decided_at: datetime
    access_waits: bool
    checks: tuple[CheckView, ...]


@takes_case
def in_person_of(case: Case, decision_id: int, *, actor: Actor) -> InPersonView:
    """The decision, for a case already fetched with a permission check. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    refuse_uncleared(case, actor=actor)
    decision = (
        Decision.objects.select_related("subject").filter(pk=decision_id, case=case, statement__isnull=False).first()
    )
    if decision is None or CaseState(case.state) in SEALED_STATES:
        raise NotFound
    rows = HolderCheck.objects.filter(decision=decision).order_by("-pk")[:SHOWN]
    return InPersonView(
        decision.pk,
        DecisionKind(decision.kind),
        decision.subject.account_id,
        decision.decided_at,
        RestoredAccess.objects.filter(decision__overturns=decision).exists(),
        tuple(
            _view(row, actor)
            for row in rows.select_related("checked_by", "released_by", "refused_by", "decision__case")
        ),
    )


def checks_to_release(*, actor: Actor) -> tuple[CheckView, ...]:
    """Checks awaiting a second person, the oldest first. Supervisors only; limited to cases they may see."""
    if Role.SUPERVISOR not in actor.roles:
        return ()
    rows = HolderCheck.objects.filter(
        visible_to(actor, path="decision__case__"), Q(released_at__isnull=True, refused_at__isnull=True)
    ).select_related("checked_by", "released_by", "refused_by", "decision__case")
    return tuple(_view(row, actor) for row in rows.order_by("checked_at", "pk")[:SHOWN])


def _view(row: HolderCheck, actor: Actor) -> CheckView:
    case = row.decision.case
    names = {service.key: service.name for service in load_release().services}
    return CheckView(
        row.pk,
        case.pk,
        row.decision_id,
        case.reference,
        HolderCheckKind(row.kind),
        names.get(row.service),
        row.how,
        row.explanation,
        row.gives_data,
        row.gives_access,
        row.on_page,
        row.checked_by.display_name,
        row.checked_at,
        row.checked_by_id == actor.person_id,
        row.released_by.display_name if row.released_by else "",
        row.released_at,
        row.refused_by.display_name if row.refused_by else "",
        row.refused_at,
        row.why,
        row.handed_at,
    )


ANSWERED_WITHIN = timedelta(hours=12)
"""How long after a request for reasons the page stays the same in every case."""
AFTER_ANSWER = timedelta(days=30)
"""The holder can write once more for at least this long after an answer."""


class ReasonsStand(StrEnum):
    """What the page behind a code says about the reasons."""

    SHOWN = "shown"
    UNASKED = "unasked"  # A restriction before anyone asked.
    ASKED = "asked"  # The answer may still come, on this page or in person.
    KEPT = "kept"  # Given in person only.


@dataclass(frozen=True)
class HeldStatement:
    """What an appeal code opens.

    `reasons` says whether the reasons are shown. In a victim-first case the code may be held by someone who controls
    the victim, so the page shows no body, no text of the appeal or its answer, and no new password; staff give these
    after an identity check. To avoid revealing which cases these are, the page of every restriction starts out the
    same.
    """

    reference: str
    platform: str
    by_notice: bool
    account: str
    kind: DecisionKind
    decided_at: datetime
    ends_at: datetime | None
    host: str
    reasons: ReasonsStand
    asked_at: datetime | None
    body_id: str
    body_en: str
    created_at: datetime
    appeal_until: datetime
    appeal: "FiledAppeal | None"
    restored: bool
    held_otherwise: bool  # Overturned, but another decision in force keeps the account as it is.
    has_access: bool
    may_write_again: bool
    closes_at: datetime | None = None  # Restricted ahead of a closure agreed by two people.
    taken_back: bool = False  # The closure was withdrawn; the account is open again.
    erased_at: datetime | None = None  # Its reasons, or what was written in an appeal.

    @property
    def reasons_kept(self) -> bool:
        """Whether the page shows only the measure, without reasons."""
        return self.reasons is not ReasonsStand.SHOWN

    def body(self, language: Language) -> str:
        """The statement in that language."""
        return self.body_id if language is Language.INDONESIAN else self.body_en


@dataclass(frozen=True)
class FiledAppeal:
    """The appeal against the statement's decision, and its outcome with reasons."""

    state: AppealState
    text: str
    filed_at: datetime
    due_at: datetime
    decided_at: datetime | None
    reasons: str
    on_paper: bool  # Filed without the code, so the holder of the code may not know of it.
    question: str
    reply: "FiledReply | None"
    rests_since: datetime | None  # The measure is suspended until the answer.
    rest_refused_at: datetime | None  # A supervisor refused the suspension.
    rest_reasons: str

    @property
    def overturned(self) -> bool:
        """Whether the first or second answer overturned the decision."""
        return AppealState.OVERTURNED in (self.state, self.reply.state if self.reply else None)


@dataclass(frozen=True)
class FiledReply:
    """The holder's second message. With `due_at` it gets its own answer."""

    state: AppealState
    text: str
    filed_at: datetime
    due_at: datetime | None
    decided_at: datetime | None
    reasons: str


def access_statement(code: str) -> HeldStatement:
    """The statement behind the code, without its reasons where the case is or may become victim-first.

    Raises NotFound, whether the code is wrong or missing.
    """
    statement = (
        Statement.objects.filter(appeal_hash=appeal_hash(code))
        .select_related("decision__case", "decision__subject__platform__operator")
        .first()
    )
    if statement is None:
        raise NotFound
    statement = newest_statement(statement)
    pending = statement.decision.awaits
    decision, case, subject = statement.decision, statement.decision.case, statement.decision.subject
    appeal, asked = (
        appeals_against(decision).order_by("-pk").first(),
        ReasonsAsked.objects.filter(decision=decision).first(),
    )
    reasons = _reasons(decision, asked)
    kept = reasons is not ReasonsStand.SHOWN
    filed = _filed(appeal, kept, victim=case.victim_first) if appeal else None
    overturned = filed is not None and filed.overturned
    restoring = Action.objects.filter(decision__overturns=decision)
    # Nothing was to be restored, or a later decision forbids it.
    ended = restoring.filter(kind=ActionKind.RESTORE, state=ActionState.ENDED).exists()
    held = overturned and (not restoring.exists() or (ended and decisions_in_force().filter(subject=subject).exists()))
    return HeldStatement(
        reference=case.reference,
        platform=subject.platform.display_name,
        by_notice=subject.platform.by_notice,
        account="" if kept else subject.account_id,
        kind=DecisionKind(decision.kind),
        decided_at=decision.decided_at,
        ends_at=decision.ends_at,
        host=host_name() or subject.platform.operator.name,
        reasons=reasons,
        asked_at=asked.asked_at if asked else None,
        body_id="" if kept else statement.body_id,
        body_en="" if kept else statement.body_en,
        created_at=statement.created_at,
        appeal_until=statement.appeal_until,
        appeal=filed,
        restored=restoring.filter(kind=ActionKind.RESTORE, state=ActionState.DONE).exists(),
        held_otherwise=held,
        closes_at=pending.closes_at() if pending is not None and pending.ended_at is None else None,
        taken_back=pending is not None and pending.end not in ("", PendingEnd.COMMITTED),
        has_access=not kept and RestoredAccess.objects.filter(given_back(decision.pk)).exists(),
        may_write_again=appeal is not None
        and appeal.decision_id == decision.pk
        and may_write_again(appeal, statement.appeal_until, written=filed is not None and filed.reply is not None),
        erased_at=None if kept else erased_last([case.key_owner(), case.key_owner(KeyOwner.APPEAL)]),
    )


def may_write_again(appeal: Appeal, appeal_until: datetime, *, written: bool) -> bool:
    """Whether the holder can write once more now: a question is unanswered, or the decision was recently upheld.

    `written`: the second message was sent already.
    """
    if written:
        return False
    if appeal.state == AppealState.OPEN:
        return bool(appeal.question) or appeal.way != AppealWay.CODE
    if appeal.state != AppealState.UPHELD or appeal.decided_at is None:
        return False
    return now() <= max(appeal_until, appeal.decided_at + AFTER_ANSWER)


def _reasons(decision: Decision, asked: ReasonsAsked | None) -> ReasonsStand:
    """Whether the reasons are shown.

    A closure never concerns a possible victim, unless someone noticed one later. For a restriction nothing
    distinguishes the cases until the time to answer is over.
    """
    victim = decision.case.victim_first
    if decision.kind != DecisionKind.RESTRICT:
        return ReasonsStand.KEPT if victim else ReasonsStand.SHOWN
    if asked is None:
        return ReasonsStand.UNASKED
    if asked.kept_at is not None:
        return ReasonsStand.KEPT
    if now() < (asked.asked_at + ANSWERED_WITHIN if victim else asked.shown_from):
        return ReasonsStand.ASKED
    return ReasonsStand.KEPT if victim else ReasonsStand.SHOWN


def _filed(appeal: Appeal, kept: bool, *, victim: bool) -> FiledAppeal:
    """The appeal as shown to whoever has the code.

    With `kept`, neither the request nor the answer is shown again. The team's questions and the reason for a suspension
    are shown in every case that is not victim-first; victim-first cases have no question.
    """

    def shown(words: str) -> str:
        return "" if kept else words

    reply, rest = AppealReply.objects.filter(appeal=appeal).first(), AppealRest.objects.filter(appeal=appeal).first()
    rests = rest is not None and rest.rests and rest.ended_at is None
    return FiledAppeal(
        AppealState(appeal.state),
        shown(appeal.text),
        appeal.filed_at,
        appeal.due_at,
        appeal.decided_at,
        shown(appeal.reasons),
        appeal.way != AppealWay.CODE,
        "" if victim else appeal.question,
        FiledReply(
            AppealState(reply.state),
            shown(reply.text),
            reply.filed_at,
            reply.due_at,
            reply.decided_at,
            shown(reply.reasons),
        )
        if reply
        else None,
        rest.decided_at if rest and rests else None,
        rest.decided_at if rest and not rest.rests else None,
        rest.reasons if rest and not victim else "",
    )


def given_back(decision_id: int) -> Q:
    """A filter for stored passwords that belong to this decision, once it is undone or suspended."""
    return Q(decision__overturns=decision_id) | Q(decision=decision_id)
