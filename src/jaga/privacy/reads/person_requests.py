"""Requests of persons as staff see them: the queue by time left, one request, and who may work on it.

Corrections beside a case: what the holder of its account or one of its reporters had added.

What of a case was erased, for its page.

Searches for persons' data that wait to be permitted, and those that were carried out.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Case as Case_
from django.db.models import Q, QuerySet, When

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.cases.reads.case_view import takes_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, NotFound
from jaga.core.terms.cases import AccessKind, IdentityCheck
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import (
    AnswerWay,
    KeyOwner,
    PersonProof,
    PersonRequestKind,
    PersonRequestState,
    RefusalGround,
)
from jaga.privacy.models import CorrectionNote, PersonAnswer, PersonCheck, PersonRequest, PersonSearch
from jaga.privacy.reads.holder_data import cases_about, is_victim_first
from jaga.store.codes import open_request, request_hash
from jaga.store.key_store.store import is_destroyed
from jaga.store.reads import READERS, erased_at, erased_last, log_access_to_all, visible_to


@dataclass(frozen=True)
class CorrectionNoteView:
    """One note. `by_holder`: of the account's holder; else of a reporter, whose words stay inside."""

    text: str
    by_holder: bool
    at: datetime


@takes_case
def corrections_of(case: Case) -> tuple[CorrectionNoteView, ...]:
    """The notes on a case that was fetched with a permission check."""
    rows = CorrectionNote.objects.filter(Q(subject=case.subject_id) | Q(report__case=case.pk)).order_by("pk")
    return tuple(CorrectionNoteView(row.text, row.subject_id is not None, row.at) for row in rows)


@dataclass(frozen=True)
class CaseErasures:
    """When the words of the case were erased, those of its appeals, and those of how many of its reports."""

    words_at: datetime | None
    appeals_at: datetime | None
    reports: int
    reports_at: datetime | None


@takes_case
def erasures_of(case: Case) -> CaseErasures:
    """What of a case already fetched with a permission check was erased."""
    reports = [one.key_owner() for one in Report.objects.filter(case=case).only("key_number")]
    return CaseErasures(
        erased_at(case.key_owner()),
        erased_at(case.key_owner(KeyOwner.APPEAL)),
        sum(map(is_destroyed, reports)),
        erased_last(reports),
    )


PERSON_REQUESTS_SHOWN = 200
MOST_PAGES = 10_000


class AnotherPerson(NotFound):
    """The request concerns something for which the actor has no clearance; what, is not said."""

    code = "another_person_for_this_request"
    sentence = N_("Somebody else has to work on this request.")
    remedy = N_("Ask a supervisor who holds the clearances to take it.")


@dataclass(frozen=True)
class ListedRequest:
    """A request in the queue."""

    request_id: int
    reference: str
    kind: PersonRequestKind
    proof: PersonProof
    state: PersonRequestState
    received_at: datetime
    due_at: datetime
    ended_at: datetime | None
    assigned_to: str
    mine: bool

    @property
    def overdue(self) -> bool:
        """Whether it is past its deadline without an answer."""
        return self.ended_at is None and self.due_at <= now()


@dataclass(frozen=True)
class RequestList:
    """A page of the queue, from 1. `waiting`: how many requests are open in all."""

    requests: tuple[ListedRequest, ...]
    number: int
    more: bool
    waiting: int

    @property
    def before(self) -> int:
        """The number of the page before; 0 on the first."""
        return self.number - 1

    @property
    def after(self) -> int:
        """The number of the next page."""
        return self.number + 1


@dataclass(frozen=True)
class PersonCheckView:
    """A check of identity."""

    kind: IdentityCheck
    note: str
    account: str
    platform: str
    checked_by: str
    checked_at: datetime


@dataclass(frozen=True)
class AnswerView:
    """An answer with its release. `mine`: the reader wrote it or checked the person, so somebody else releases it."""

    granted: bool
    ground: RefusalGround | None
    until: datetime | None
    text: str
    note: str
    way: AnswerWay
    without_recipients: bool
    drafted_by: str
    drafted_at: datetime
    released_by: str
    released_at: datetime | None
    returned_by: str
    returned_at: datetime | None
    why: str
    handed_at: datetime | None
    mine: bool

    @property
    def waits(self) -> bool:
        """Whether it waits for a release."""
        return self.released_at is None and self.returned_at is None

    @property
    def to_hand_over(self) -> bool:
        """Whether the reader can open the sheet."""
        return self.mine and self.way is AnswerWay.PAPER and self.released_at is not None and self.handed_at is None


@dataclass(frozen=True)
class RequestView:
    """One request. What the person wrote is empty once it was forgotten."""

    listed: ListedRequest
    account: str
    platform: str
    words: str
    contact: str
    forgotten: bool
    report_id: int | None
    case_id: int | None
    case_reference: str
    subject_id: int | None
    victim_first: bool
    checks: tuple[PersonCheckView, ...]
    answers: tuple[AnswerView, ...]

    @property
    def needs_check(self) -> bool:
        """Whether nobody has checked who asks, and nothing else proves it."""
        return self.listed.proof is not PersonProof.RECEIPT and not self.checks


def requests_waiting() -> QuerySet[PersonRequest]:
    """Requests without an answer."""
    return PersonRequest.objects.filter(ended_at__isnull=True)


def count_overdue_requests() -> int:
    """Requests past their deadline without an answer."""
    return requests_waiting().filter(due_at__lte=now()).count()


def list_requests(number: int = 1, *, actor: Actor) -> RequestList:
    """One page: open requests by deadline, then ended ones, the latest first. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = (
        PersonRequest.objects.select_related("assigned_to")
        .annotate(ended=Case_(When(ended_at__isnull=True, then=0), default=1))
        .order_by("ended", Case_(When(ended_at__isnull=True, then="due_at")), "-ended_at", "pk")
    )
    first = (number - 1) * PERSON_REQUESTS_SHOWN
    found = list(rows[first : first + PERSON_REQUESTS_SHOWN + 1])
    return RequestList(
        tuple(_listed(row, person) for row in found[:PERSON_REQUESTS_SHOWN]),
        number,
        len(found) > PERSON_REQUESTS_SHOWN,
        requests_waiting().count(),
    )


def access_request(request_id: int, *, actor: Actor) -> RequestView:
    """One request with what the person wrote; logged. Raises NotPermitted, NotFound, AnotherPerson."""
    person = actor.require(*READERS)
    row = (
        PersonRequest.objects.select_related(
            "assigned_to", "platform", "report__case", "decision__case", "decision__subject__platform"
        )
        .filter(pk=request_id)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared_request(row, actor=actor)
    case = row.report.case if row.report else row.decision.case if row.decision else None
    asked = open_request(bytes(row.sealed)) if row.sealed is not None else {}
    checks = list(
        PersonCheck.objects.filter(request=row).select_related("checked_by", "subject__platform").order_by("-pk")
    )
    subject_id = checks[0].subject_id if checks else None
    opened = {case.pk} if case else set()
    if subject_id is not None:  # Its page shows what is held in all of them.
        opened.update(cases_about(subject_id))
    log_access_to_all(sorted(opened) or [None], AccessKind.PRIVACY, actor=actor)
    checker = checks[0].checked_by_id if checks else None
    return RequestView(
        _listed(row, person),
        asked.get("account", ""),
        row.platform.display_name if row.platform else "",
        asked.get("words", ""),
        asked.get("contact", ""),
        row.sealed is None,
        row.report_id,
        case.pk if case else None,
        case.reference if case else "",
        subject_id,
        subject_id is not None and is_victim_first(subject_id),
        tuple(_check(one) for one in checks),
        tuple(
            _answer(one, person, checker)
            for one in PersonAnswer.objects.filter(request=row)
            .select_related("drafted_by", "released_by", "returned_by")
            .order_by("-pk")
        ),
    )


def request_by_code(code: str) -> PersonRequest:
    """The request of this code, for its public page. Raises NotFound, whether the code is wrong or missing."""
    row = PersonRequest.objects.filter(code_hash=request_hash(code)).first()
    if row is None:
        raise NotFound
    return row


def refuse_uncleared_request(row: PersonRequest, *, actor: Actor) -> None:
    """Raises AnotherPerson if the request, or the account that was proved, has a case that the actor may not see."""
    check = PersonCheck.objects.filter(request=row).order_by("-pk").first()
    of = Q(reports=row.report_id) if row.report_id else Q(pk__in=[])
    if row.decision is not None:
        of |= Q(pk__in=cases_about(row.decision.subject_id)) | Q(pk=row.decision.case_id)
    if check is not None and check.subject_id is not None:
        of |= Q(pk__in=cases_about(check.subject_id))
    _refuse(of, actor)


def refuse_uncleared_account(subject_id: int, *, actor: Actor) -> None:
    """Raises AnotherPerson if a case of this account needs a clearance that the actor does not hold."""
    _refuse(Q(pk__in=cases_about(subject_id)), actor)


def _refuse(of: Q, actor: Actor) -> None:
    if Case.objects.filter(of).exclude(visible_to(actor)).exists():
        raise AnotherPerson


def _listed(row: PersonRequest, person: int) -> ListedRequest:
    return ListedRequest(
        row.pk,
        row.reference,
        PersonRequestKind(row.kind),
        PersonProof(row.proof),
        PersonRequestState(row.state),
        row.received_at,
        row.due_at,
        row.ended_at,
        row.assigned_to.display_name if row.assigned_to else "",
        row.assigned_to_id == person,
    )


def _check(row: PersonCheck) -> PersonCheckView:
    subject = row.subject
    return PersonCheckView(
        IdentityCheck(row.kind),
        row.note,
        subject.account_id if subject else "",
        subject.platform.display_name if subject else "",
        row.checked_by.display_name,
        row.checked_at,
    )


def _answer(row: PersonAnswer, person: int, checker: int | None) -> AnswerView:
    return AnswerView(
        row.granted,
        RefusalGround(row.ground) if row.ground else None,
        row.until,
        row.text,
        row.note,
        AnswerWay(row.way),
        row.without_recipients,
        row.drafted_by.display_name,
        row.drafted_at,
        row.released_by.display_name if row.released_by else "",
        row.released_at,
        row.returned_by.display_name if row.returned_by else "",
        row.returned_at,
        row.why,
        row.handed_at,
        person in (row.drafted_by_id, checker),
    )


PERSON_SEARCHES_SHOWN = 100


@dataclass(frozen=True)
class PersonSearchView:
    """One search; `mine`: the reader asked for it, so somebody else permits it."""

    search_id: int
    reason: str
    asked_by: str
    asked_at: datetime
    permitted_by: str
    permitted_at: datetime | None
    carried_out_at: datetime | None
    found: int | None
    mine: bool


def list_person_searches(*, actor: Actor) -> list[PersonSearchView]:
    """The newest searches, for supervisors, administrators and auditors. Raises NotPermitted."""
    person = actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
    rows = PersonSearch.objects.select_related("asked_by", "permitted_by").order_by("-pk")[:PERSON_SEARCHES_SHOWN]
    return [
        PersonSearchView(
            row.pk,
            row.reason,
            row.asked_by.display_name,
            row.asked_at,
            row.permitted_by.display_name if row.permitted_by else "",
            row.permitted_at,
            row.carried_out_at,
            row.found,
            row.asked_by_id == person,
        )
        for row in rows
    ]
