"""Notices to operators as staff see them: their state, those waiting for staff, and manual checklists."""

from dataclasses import dataclass, fields, replace
from datetime import datetime

from django.db.models import Count, F, Q, QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import CaseView, refuse_unread, refused_cases, view_of
from jaga.cases.reads.gate import listed_account
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import AccessKind, ActionState
from jaga.core.terms.outside import AnswerKind, NoticeState, ObjectionState
from jaga.core.terms.people import Role
from jaga.operators.models import Notice, OutgoingMail
from jaga.operators.reads.portal import BY_HAND, SHOWN, ListedNotice, OpenedNotice, listed, opened, with_all
from jaga.store.reads import READERS, is_an_authoritys, log_access, may_see, visible_to

_CLAIMED = (AnswerKind.DONE, AnswerKind.ALREADY)


@dataclass(frozen=True)
class NoticeLists:
    """Notices waiting for staff, then those waiting for operators, then the latest ended ones. Each appears once."""

    to_check: tuple[ListedNotice, ...]
    asked_back: tuple[ListedNotice, ...]
    refused: tuple[ListedNotice, ...]
    objections: tuple[ListedNotice, ...]
    by_hand: tuple[ListedNotice, ...]
    waiting: tuple[ListedNotice, ...]
    ended: tuple[ListedNotice, ...]
    kept_back: int  # More, until the reader has read a newer case about their account.

    def cases(self) -> frozenset[int]:
        """The cases of all notices."""
        return frozenset(one.case_id for rows in self._rows().values() for one in rows)

    def without(self, cases: frozenset[int]) -> "NoticeLists":
        """The lists without the notices of these cases, which are counted instead."""
        rows = {name: tuple(one for one in rows if one.case_id not in cases) for name, rows in self._rows().items()}
        less = sum(map(len, self._rows().values())) - sum(map(len, rows.values()))
        return NoticeLists(**rows, kept_back=self.kept_back + less)

    def _rows(self) -> dict[str, tuple[ListedNotice, ...]]:
        return {one.name: getattr(self, one.name) for one in fields(self) if one.name != "kept_back"}

    @property
    def ours(self) -> bool:
        """Whether any notice waits for staff."""
        return bool(self.to_check or self.asked_back or self.refused or self.objections or self.by_hand)


@dataclass(frozen=True)
class NoticeOfOurs:
    """One notice with the steps the reader may take."""

    notice: OpenedNotice
    operator: str
    operator_id: int
    may_see_register: bool
    action_id: int | None
    by_hand: bool
    check_due: bool
    took_part: bool  # Whoever carried it out must not confirm it.
    may_ask_again: bool
    may_withdraw: bool
    may_decide_objection: bool
    may_ask_data: bool


@dataclass(frozen=True)
class MailTray:
    """Unsent mails, and how many of them failed."""

    waiting: int
    failed: int
    oldest: datetime | None


def list_operator_notices(*, actor: Actor) -> NoticeLists:
    """All open notices by whom they wait for. Raises NotPermitted for anyone who does not judge cases."""
    actor.require(*READERS)
    rows = with_all(Notice.objects.filter(visible_to(actor, path="case__")))
    by_hand = Q(platform__adapter=BY_HAND)
    objections = Q(objection__state=ObjectionState.OPEN)
    refused = Q(action__state=ActionState.STUCK) | Q(action__isnull=True, answer=AnswerKind.REFUSED)
    to_check = Q(state=NoticeState.ANSWERED, answer__in=_CLAIMED, action__state=ActionState.WAITING)
    with_operator = Q(state__in=(NoticeState.SENT, NoticeState.RECEIVED))
    nearest = (F("due_at").asc(nulls_last=True), "pk")
    lists = NoticeLists(
        to_check=_list(rows.filter(to_check).order_by("answered_at")),
        asked_back=_list(rows.filter(state=NoticeState.ASKED_BACK).exclude(objections).order_by("pk")),
        refused=_list(rows.filter(refused, state=NoticeState.ANSWERED).exclude(objections).order_by("pk")),
        objections=_list(rows.filter(objections).order_by("objection__filed_at")),
        by_hand=_list(rows.filter(by_hand & with_operator).order_by(*nearest)),
        waiting=_list(rows.filter(with_operator).exclude(by_hand).exclude(objections).order_by(*nearest)),
        ended=_list(
            rows.filter(Q(state=NoticeState.WITHDRAWN) | Q(state=NoticeState.ANSWERED))
            .exclude(to_check)
            .exclude(refused)
            .exclude(objections)
            .order_by("-pk"),
            20,
        ),
        kept_back=0,
    )
    return lists.without(refused_cases(lists.cases(), actor=actor))


def list_of_actions(action_ids: tuple[int, ...], *, actor: Actor) -> tuple[ListedNotice, ...]:
    """The notices of these actions that the actor may open. Raises NotPermitted for anyone who does not judge cases."""
    actor.require(*READERS)
    rows = Notice.objects.filter(visible_to(actor, path="case__"), action_id__in=action_ids)
    found = _list(with_all(rows).order_by("answered_at"))
    refused = refused_cases([one.case_id for one in found], actor=actor)
    return tuple(one for one in found if one.case_id not in refused)


def _list(rows: QuerySet[Notice], most: int = SHOWN) -> tuple[ListedNotice, ...]:
    return tuple(
        replace(notice := listed(row), account=listed_account(row.case, notice.account)) for row in rows[:most]
    )


def access_operator_notice(notice_id: int, *, actor: Actor) -> NoticeOfOurs:
    """One notice with its dialogue. Raises NotPermitted, NotFound, EarlierCaseKeptBack."""
    person = actor.require(*READERS)
    row = (
        with_all(Notice.objects.select_related("operator", "action__decision"))
        .filter(visible_to(actor, path="case__"), pk=notice_id)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_unread(row.case, actor=actor)
    log_access(row.case_id, AccessKind.NOTICE, actor=actor)
    notice, supervises = opened(row, names_of_ours=True), Role.SUPERVISOR in actor.roles
    answered = row.state == NoticeState.ANSWERED
    stuck = row.action is not None and row.action.state == ActionState.STUCK
    refused = answered and row.answer == AnswerKind.REFUSED and (row.action is None or stuck)
    disputed = notice.objection is not None and notice.objection.state is ObjectionState.OPEN
    return NoticeOfOurs(
        notice,
        row.operator.name,
        row.operator_id,
        supervises,
        row.action_id,
        row.platform.adapter == BY_HAND,
        check_due=answered
        and row.answer in _CLAIMED
        and row.action is not None
        and row.action.state == ActionState.WAITING,
        took_part=row.entries.filter(person_id=person, from_operator=True).exists(),
        may_ask_again=supervises and answered and (refused or stuck),
        may_withdraw=supervises and row.state in (NoticeState.SENT, NoticeState.RECEIVED, NoticeState.ASKED_BACK),
        may_decide_objection=supervises and disputed,
        may_ask_data=supervises and is_an_authoritys(),
    )


def count_for_us() -> int:
    """How many notices wait for staff, for the overview."""
    return notices_for_us().count()


def notices_for_us() -> QuerySet[Notice]:
    """Notices that wait for staff: a claim to check, a question, an objection."""
    to_check = Q(state=NoticeState.ANSWERED, answer__in=_CLAIMED, action__state=ActionState.WAITING)
    ours = to_check | Q(state=NoticeState.ASKED_BACK) | Q(objection__state=ObjectionState.OPEN)
    return Notice.objects.filter(ours).distinct()


def count_overdue() -> int:
    """How many notices are past the operator's deadline, for the overview. A warning only."""
    return Notice.objects.filter(state=NoticeState.RECEIVED, due_at__lt=now()).count()


def see_mail(*, actor: Actor) -> MailTray:
    """The state of outgoing mail, for supervisors and administrators. Raises NotPermitted."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR)
    waiting = OutgoingMail.objects.filter(sent_at__isnull=True)
    numbers = waiting.aggregate(waiting=Count("pk"), failed=Count("pk", filter=~Q(failure="")))
    oldest = waiting.order_by("created_at").values_list("created_at", flat=True).first()
    return MailTray(numbers["waiting"], numbers["failed"], oldest)


def access_data_case(case_id: int, *, actor: Actor) -> CaseView:
    """The case for a data request by an authority's supervisor. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    case = Case.objects.select_related("subject__platform__operator").filter(pk=case_id).first()
    if case is None or not may_see(case, actor=actor):
        raise NotFound
    log_access(case, AccessKind.REQUEST, actor=actor)
    return view_of(case)
