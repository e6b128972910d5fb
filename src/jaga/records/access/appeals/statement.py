"""The statement of reasons and appeal behind an appeal code.

The code is the only permission: it opens one statement and nothing about anyone else. A reporter's own report is in
`followed_reports`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q

from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.actions import ActionKind, ActionState
from jaga.core.terms.appeals import AppealState, AppealWay
from jaga.core.terms.decisions import DecisionKind, PendingEnd
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import KeyOwner
from jaga.records.access.base.erased import erased_last
from jaga.records.access.base.installation import host_name
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.access.cases.single_letter import appeals_against, newest_statement
from jaga.records.codes import appeal_hash
from jaga.records.models import (
    Action,
    Appeal,
    AppealReply,
    AppealRest,
    Decision,
    ReasonsAsked,
    RestoredAccess,
    Statement,
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
