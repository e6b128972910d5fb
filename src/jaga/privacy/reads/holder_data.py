"""What is held about the holder of an account, as the holder may read it: an allow-list.

Only decisions that were announced to the holder, what they wrote themselves, and who received something. Never a
reporter, the words of a report, how many reports came or when: nothing here reads a report. A measure in a victim-first
case has no statement text; its reasons are given as `appeals.verbs.reasons` writes them.

`docs/person-data.md` describes the JSON; a test compares it with these classes.

Who is concerned by a breach, from the access log: people's accounts and periods → cases → reporters and holders.

Counts are for supervisors and administrators. The list names cases and accounts, so it takes the clearance of each case
and is logged; a reporter's name stays behind `open_identity`, one by one, with its reason.
"""

import hashlib
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import Enum
from math import ceil

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.appeals.models import Appeal, AppealReply, Disclosure
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Decision, Statement
from jaga.cases.models.reports import Report, ReporterIdentity
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.cases import SEALED_STATES, reference_of
from jaga.core.errors import NotFound
from jaga.core.referrals import PASSED_ON
from jaga.core.terms.cases import FELT_DECISIONS, AccessKind, AppealState, AppealWay, DecisionKind
from jaga.core.terms.people import Language, Role
from jaga.core.terms.privacy import PEOPLE_CONCERNED, BreachGroup, BreachScopeKind
from jaga.core.terms.reports import ReportForm
from jaga.operators.models import Notice
from jaga.policy.release import load_release
from jaga.privacy.models import Breach, BreachScope, CorrectionNote
from jaga.quality.models import AccessEvent
from jaga.referrals.models import Referral
from jaga.store.reads import AGAIN_AFTER, log_access_to_all, visible_to

LEADING = (Role.SUPERVISOR, Role.ADMINISTRATOR)
_WITHOUT_SENDER = (ReportForm.OBSERVATION, ReportForm.REQUEST, ReportForm.ORDER)
"""Reports of a machine, and of officers, who are told as colleagues."""
LISTED = 1000
"""People on a page of the list."""
MOST_PAGES = 10_000


@dataclass(frozen=True)
class ConcernedCounts:
    """How many cases and people.

    `lists`: openings of lists in the period; the log does not say which cases they showed. `everything`: a key or a
    copy of the database is concerned, so every case is counted.
    """

    cases: int
    people: Mapping[BreachGroup, int]
    lists: int
    everything: bool

    def of(self, group: BreachGroup) -> int:
        """The number of people in this group."""
        return self.people.get(group, 0)


@dataclass(frozen=True)
class ConcernedPerson:
    """One report's sender or one account's holder, and the way in which they can be told."""

    case_id: int
    reference: str
    group: BreachGroup
    account: str
    platform: str
    report_id: int | None


@dataclass(frozen=True)
class ConcernedView:
    """A page, from 1, of those concerned in cases that the reader may see: senders of reports, then holders.

    `hidden`: cases that need another clearance. `total`: people on all `pages`.
    """

    people: tuple[ConcernedPerson, ...]
    hidden: int
    number: int
    pages: int
    total: int

    @property
    def others(self) -> tuple[int, ...]:
        """The numbers of the pages beside this one."""
        return tuple(one for one in (self.number - 1, self.number + 1) if 1 <= one <= self.pages)


def count_concerned(breach: Breach) -> ConcernedCounts:
    """The counts, computed now."""
    scopes = list(breach.scopes.all())
    cases = _cases(breach, scopes)
    senders, holders = _senders(cases), _holders(cases)
    named = senders.filter(_NAMED).count()
    reached = holders.filter(_REACHED).count()
    return ConcernedCounts(
        cases.count(),
        {
            BreachGroup.REPORTERS_NAMED: named,
            BreachGroup.REPORTERS: senders.count() - named,
            BreachGroup.HOLDERS: reached,
            BreachGroup.HOLDERS_UNREACHED: holders.count() - reached,
        },
        _events(breach, scopes).filter(case__isnull=True).count(),
        _everything(scopes),
    )


def is_everybody_recorded(breach: Breach) -> bool:
    """Whether the last record of the authority and of each group is of all that are in it now."""
    recorded = dict(breach.notices.order_by("pk").values_list("group", "people"))
    counted = count_concerned(breach)
    return BreachGroup.AUTHORITY in recorded and all(
        counted.of(group) <= recorded.get(group, 0) for group in PEOPLE_CONCERNED
    )


def concerned_people(breach_id: int, number: int = 1, *, actor: Actor) -> ConcernedView:
    """A page of the list. Call it through `privacy.verbs.breaches.list_people_concerned`, which records a ledger
    entry.
    """
    actor.require(Role.SUPERVISOR)
    breach = Breach.objects.filter(pk=breach_id).first()
    if breach is None:
        raise NotFound
    cases = _cases(breach, list(breach.scopes.all()))
    seen = cases.filter(visible_to(actor))
    senders, holders = _senders(seen), _holders(seen)
    sent, held = senders.count(), holders.count()
    first = (number - 1) * LISTED
    reports = list(
        senders.annotate(named=_NAMED)
        .select_related("case", "subject__platform")
        .order_by("case", "pk")[first : first + LISTED]
    )
    first = max(first - sent, 0)
    accounts = (
        list(
            holders.annotate(reached=_REACHED)
            .select_related("platform")
            .order_by("pk")[first : first + LISTED - len(reports)]
        )
        if number * LISTED > sent
        else []
    )
    held_in = _cases_of(accounts, seen)
    people = (
        *(
            ConcernedPerson(
                row.in_case.pk,
                row.in_case.reference,
                BreachGroup.REPORTERS_NAMED if getattr(row, "named", False) else BreachGroup.REPORTERS,
                row.subject.account_id,
                row.subject.platform.display_name,
                row.pk,
            )
            for row in reports
        ),
        *(
            ConcernedPerson(
                held_in[row.pk],
                reference_of(held_in[row.pk]),
                BreachGroup.HOLDERS if getattr(row, "reached", False) else BreachGroup.HOLDERS_UNREACHED,
                row.account_id,
                row.platform.display_name,
                None,
            )
            for row in accounts
        ),
    )
    log_access_to_all([one.case_id for one in people], AccessKind.PRIVACY, actor=actor)
    return ConcernedView(
        people, cases.count() - seen.count(), number, max(ceil((sent + held) / LISTED), 1), sent + held
    )


def _cases_of(accounts: Collection[Subject], cases: QuerySet[Case]) -> Mapping[int, int]:
    """For each of these accounts its newest case among these, or one in which it was decided with another."""
    decided = Decision.objects.filter(case__in=cases.values("pk"), subject__in=accounts).order_by("case")
    own = Case.objects.filter(pk__in=cases.values("pk"), subject__in=accounts).order_by("pk")
    return {**dict(decided.values_list("subject", "case")), **dict(own.values_list("subject", "pk"))}


def _everything(scopes: list[BreachScope]) -> bool:
    return any(one.kind == BreachScopeKind.KEY for one in scopes)


def _events(breach: Breach, scopes: list[BreachScope]) -> QuerySet[AccessEvent]:
    """What was opened in the period by the people in the scope, or on its pages by anybody; by these people on these
    pages, if it names both."""
    people = [one.person_id for one in scopes if one.kind == BreachScopeKind.PERSON]
    pages = [one.page for one in scopes if one.kind == BreachScopeKind.PAGE]
    if not people and not pages:
        return AccessEvent.objects.none()
    # The log keeps one line for all openings within `AGAIN_AFTER`; the moments of a breach are given to the minute.
    found = AccessEvent.objects.filter(
        at__gte=breach.began_at - AGAIN_AFTER, at__lt=breach.stopped_at + timedelta(minutes=1)
    )
    if people:
        found = found.filter(person__in=people)
    return found.filter(what__in=pages) if pages else found


def _cases(breach: Breach, scopes: list[BreachScope]) -> QuerySet[Case]:
    """The cases concerned; canary cases hold nobody's data."""
    real = Case.objects.filter(canary=False)
    if _everything(scopes):
        return real.filter(opened_at__lte=breach.stopped_at)
    named = [one.case_id for one in scopes if one.kind == BreachScopeKind.CASE]
    opened = _events(breach, scopes).filter(case__isnull=False).values("case_id")
    return real.filter(Q(pk__in=named) | Q(pk__in=opened))


def _senders(cases: QuerySet[Case]) -> QuerySet[Report]:
    return Report.objects.filter(case__in=cases.values("pk")).exclude(form__in=_WITHOUT_SENDER)


def _holders(cases: QuerySet[Case]) -> QuerySet[Subject]:
    """Of each case and of each account that was decided in it."""
    numbers = cases.values("pk")
    return Subject.objects.filter(Q(cases__in=numbers) | Q(decisions__case__in=numbers)).distinct()


_NAMED = Exists(ReporterIdentity.objects.filter(report=OuterRef("pk")))
_REACHED = Exists(
    Statement.objects.filter(
        Q(delivered_at__isnull=False) | Q(opened_at__isnull=False), decision__subject=OuterRef("pk")
    )
)


FORMAT = "jaga.person-data.holder.v1"


@dataclass(frozen=True)
class OwnAppeal:
    """The holder's own appeal and its answer."""

    filed_at: datetime
    way: AppealWay
    text: str
    state: AppealState
    answered_at: datetime | None
    answer: str
    second_message: str
    second_answer: str


@dataclass(frozen=True)
class OwnMeasure:
    """A decision that was announced to the holder.

    `legal_basis` is empty if it rests on the operator's terms. `statement` is the text as it was sent, and empty with
    `reasons_in_person`.
    """

    reference: str
    category: str
    category_name: str
    decision: DecisionKind
    decision_name: str
    decided_at: datetime
    ends_at: datetime | None
    legal_basis: str
    undone_at: datetime | None
    counts_until: datetime | None  # As a strike.
    appeal_until: datetime
    statement: str
    reasons_in_person: bool
    appeal: OwnAppeal | None


@dataclass(frozen=True)
class Recipient:
    """Somebody outside this installation who received something about the account."""

    name: str
    what: str  # "notice", "referral" or "export"
    at: datetime


@dataclass(frozen=True)
class OwnCorrection:
    """A note that the holder had added."""

    text: str
    at: datetime


@dataclass(frozen=True)
class HolderData:
    """Everything that the holder of an account gets. `recipients` is None where it is withheld."""

    format: str
    platform: str
    account: str
    name: str
    measures: tuple[OwnMeasure, ...]
    recipients: tuple[Recipient, ...] | None
    corrections: tuple[OwnCorrection, ...]


def holder_data(subject_id: int, language: Language, *, without_recipients: bool = False) -> HolderData:
    """What is held about this account's holder. Call it where permission was checked (`access_request`, a released
    answer)."""
    subject = Subject.objects.select_related("platform").get(pk=subject_id)
    statements = list(_announced(subject_id))
    return HolderData(
        FORMAT,
        subject.platform.display_name,
        subject.account_id,
        subject.handle,
        tuple(_measure(one, language) for one in statements),
        None if without_recipients else _recipients([one.decision.case_id for one in statements], subject_id, language),
        tuple(
            OwnCorrection(note.text, note.at)
            for note in CorrectionNote.objects.filter(subject=subject_id).order_by("pk")
        ),
    )


def hash_of(data: HolderData | None) -> str:
    """The hash of the data, empty for none: whether what is handed over is what was released."""
    return hashlib.sha256(canonical_json(as_document(data))).hexdigest() if data else ""


def as_document(data: object) -> dict[str, object]:
    """One of this package's records as a JSON object: terms as their values, moments unchanged."""
    return asdict(  # type: ignore[no-any-return]
        data,
        dict_factory=lambda pairs: {  # type: ignore[call-overload]
            key: value.value if isinstance(value, Enum) else value for key, value in pairs
        },
    )


def is_victim_first(subject_id: int) -> bool:
    """Whether a case of this account is victim-first, so that nothing is shown on a page."""
    return Case.objects.filter(_about(subject_id), victim_first=True).exists()


def cases_about(subject_id: int) -> list[int]:
    """The cases about this account, also those in which it was decided together with another."""
    return list(Case.objects.filter(_about(subject_id)).distinct().values_list("pk", flat=True))


def _about(subject_id: int) -> Q:
    return Q(subject=subject_id) | Q(decisions__subject=subject_id)


def _announced(subject_id: int) -> list[Statement]:
    """Statements that the holder has or can ask for; none of a provisional measure whose case people still judge."""
    rows = (
        Statement.objects.filter(decision__subject=subject_id, decision__kind__in=FELT_DECISIONS)
        .select_related("decision__case", "decision__overturned_by")
        .order_by("decision__decided_at", "pk")
    )
    return list(rows.exclude(decision__provisional=True, decision__case__state__in=[*SEALED_STATES]))


def _measure(statement: Statement, language: Language) -> OwnMeasure:
    decision, release = statement.decision, load_release()
    hidden = decision.case.victim_first
    basis = release.legal_basis(decision.legal_basis) if decision.legal_basis else None
    undone, strike = getattr(decision, "overturned_by", None), getattr(decision, "strike", None)
    body = statement.body_id if language is Language.INDONESIAN else statement.body_en
    return OwnMeasure(
        decision.case.reference,
        decision.case.category,
        release.category(decision.case.category).label.say(language),
        DecisionKind(decision.kind),
        release.wording(f"restriction_{decision.kind}", language),
        decision.decided_at,
        decision.ends_at,
        f"{basis.citation} ({basis.title.say(language)})" if basis else "",
        undone.decided_at if undone else None,
        strike.expires_at if strike and strike.withdrawn_at is None else None,
        statement.appeal_until,
        "" if hidden else body,
        hidden,
        _appeal(decision.pk),
    )


def _appeal(decision_id: int) -> OwnAppeal | None:
    row = Appeal.objects.filter(decision=decision_id).first()
    if row is None:
        return None
    reply = AppealReply.objects.filter(appeal=row).first()
    return OwnAppeal(
        row.filed_at,
        AppealWay(row.way),
        row.text,
        AppealState(row.state),
        row.decided_at,
        row.reasons,
        reply.text if reply else "",
        reply.reasons if reply else "",
    )


def _recipients(cases: list[int], subject_id: int, language: Language) -> tuple[Recipient, ...]:
    """Whoever received something in the cases of which the holder was told."""
    notices = Notice.objects.filter(case__in=cases, subject=subject_id, sent_at__isnull=False).select_related(
        "operator"
    )
    exports = Disclosure.objects.filter(case__in=cases).select_related("request__organisation")
    referrals = Referral.objects.filter(case__in=cases, state__in=[state.value for state in PASSED_ON])
    found = [
        *(Recipient(row.operator.name, "notice", row.sent_at) for row in notices if row.sent_at),
        *(Recipient(row.request.organisation.name, "export", row.made_at) for row in exports),
        *(
            Recipient(row.name_id if language is Language.INDONESIAN else row.name_en, "referral", row.sent_at)
            for row in referrals
            if row.sent_at
        ),
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.name)))
