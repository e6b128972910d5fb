"""Referrals as values, and the only access to their sealed messages: for staff, for the receiver's officers, and for
holders of an e-mail link with its code. A test ensures nothing else unseals them.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q, QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import (
    refuse_blind,
    refuse_unread,
    refused_cases,
    taken_for_blind_review,
    takes_case,
    to_read_first,
)
from jaga.core.actors import Actor
from jaga.core.cases import UNJUDGED_STATES, CaseState, reference_of
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.referrals import PASSED_ON, UNCONFIRMED, UNDER_WAY, ReferralState, referral_number
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Danger, ReferralOutcome, ReferralProof, ReferralWay
from jaga.operators.models import OutgoingMail
from jaga.people.models import OfficerRegistration, Organisation
from jaga.policy.models import LocalText, ReferralReceiver
from jaga.policy.release import load_release
from jaga.referrals.models import Referral
from jaga.store.codes import open_referral, referral_code, referral_link_hash
from jaga.store.reads import READERS, log_access, visible_to

SHOWN = 100
MOST_WRONG_CODES = 10
"""Wrong codes that disable a link. A code has 40 bits, so ten guesses do not find it."""
LINK_OPEN = timedelta(days=30)
"""How long a link works after the message was sealed."""


@dataclass(frozen=True)
class ReceiverOption:
    """An office to which this case can be referred now, and how it is reached. `value` identifies it in a form."""

    value: str
    receiver: ReferralReceiver
    name: LocalText
    way: ReferralWay
    organisation_id: int | None = None
    address: str = field(default="", repr=False)


@dataclass(frozen=True)
class ReferredAccount:
    """An account as its platform identifies it."""

    platform: str
    server: str
    account: str


@dataclass(frozen=True)
class ReferralMessage:
    """What the receiver reads, and no more: account, matter, danger, and what helps."""

    accounts: tuple[ReferredAccount, ...]
    category: LocalText
    danger: Danger
    words: str = field(repr=False)
    reporter_may_be_asked: bool


@dataclass(frozen=True)
class ReferralView:
    """A referral as staff see it.

    `mine`: the reader chose the receiver, so someone else reviews it.

    `failure` is the error code of the last attempt to hand the mail to the mail server.
    """

    referral_id: int
    case_id: int
    reference: str
    category: str
    urgent: bool
    state: ReferralState
    receiver: LocalText | None
    way: ReferralWay | None
    contact: str
    danger: Danger | None
    made_at: datetime
    addressed_by: str
    addressed_at: datetime | None
    due_at: datetime
    sent_at: datetime | None
    reminded: int
    acknowledged_at: datetime | None
    acknowledged_by: ReferralProof | None
    taken_by: str
    their_number: str
    outcome: ReferralOutcome | None
    outcome_at: datetime | None
    note: str
    at_once: bool
    mine: bool
    review_by: datetime
    reviewed_by: str
    reviewed_at: datetime | None
    rightly: bool | None
    review_reasons: str
    to_tell: bool
    mistake_told_at: datetime | None
    failure: str
    link_shut: bool

    @property
    def number(self) -> str:
        """The referral number as people write and say it."""
        return referral_number(self.referral_id)

    @property
    def unconfirmed(self) -> bool:
        """Whether the receiver has yet to confirm it."""
        return self.state in UNCONFIRMED

    @property
    def late(self) -> bool:
        """Whether its deadline passed without confirmation."""
        return self.unconfirmed and self.due_at <= now()

    @property
    def to_review(self) -> bool:
        """Whether a second person has yet to review it."""
        return self.at_once and self.reviewed_at is None


@dataclass(frozen=True)
class CaseReadFirst:
    """A case to read before an urgent referral about its account can be shown, and when that referral is due."""

    case_id: int
    reference: str
    due_at: datetime


@dataclass(frozen=True)
class ReferralDuties:
    """Referrals grouped by what they wait for. One may be in two groups: under way, and to be reviewed."""

    to_review: tuple[ReferralView, ...]
    to_address: tuple[ReferralView, ...]
    to_hand_over: tuple[ReferralView, ...]
    to_tell: tuple[ReferralView, ...]
    unconfirmed: tuple[ReferralView, ...]
    acknowledged: tuple[ReferralView, ...]
    ended: tuple[ReferralView, ...]
    kept_back: int  # More, until the reader has read a newer case about their account.
    read_first: tuple[CaseReadFirst, ...]  # For each of these that is urgent and waits. In danger the way is short.


@dataclass(frozen=True)
class OpenedReferral:
    """A referral with its message (None if not yet written or already deleted) and, for e-mail, the code to read
    out.
    """

    referral: ReferralView
    message: ReferralMessage | None
    code: str = field(repr=False)


@dataclass(frozen=True)
class ReceivedReferral:
    """A referral as its receiver sees it, without staff names or case number."""

    referral_id: int
    receiver: LocalText
    urgent: bool
    state: ReferralState
    sent_at: datetime
    due_at: datetime
    acknowledged_at: datetime | None
    their_number: str
    outcome: ReferralOutcome | None
    wrong: bool
    message: ReferralMessage | None = None

    @property
    def number(self) -> str:
        """The referral number as people write and say it."""
        return referral_number(self.referral_id)

    @property
    def late(self) -> bool:
        """Whether the confirmation is overdue."""
        return self.state in UNCONFIRMED and self.due_at <= now()


@takes_case
def receiver_options(case: Case, *, urgent: bool) -> tuple[ReceiverOption, ...]:
    """Offices to which this case can be referred now; an immediate referral is urgent whatever the case's deadline.

    An office without registered officers, or any office if this installation has no e-mail, is called by telephone.
    Empty for a canary case, since nobody must be sent out for an invented matter.
    """
    if case.canary:
        return ()
    found: list[ReceiverOption] = []
    for one in load_release().receivers_for(case.category, urgent=urgent):
        if one.way is ReferralWay.OFFICER:
            offices = _with_officers(one)
            found += [
                ReceiverOption(f"{one.key}.{office.pk}", one, _named(one.name, office.name), one.way, office.pk)
                for office in offices
            ]
            if offices:
                continue
        address = settings.JAGA_RECEIVER_MAIL.get(one.key, "") if settings.JAGA_SMTP else ""
        by_mail = one.way is ReferralWay.MAIL and bool(address)
        way = ReferralWay.MAIL if by_mail else ReferralWay.BY_HAND
        found.append(ReceiverOption(one.key, one, one.name, way, None, address if by_mail else ""))
    return tuple(found)


def _with_officers(receiver: ReferralReceiver) -> list[Organisation]:
    moment = now()
    active = OfficerRegistration.objects.filter(
        person__is_active=True,
        person__roles__role=Role.OFFICER,
        accepted_at__isnull=False,
        called_back_at__isnull=False,
        suspended_at__isnull=True,
        removed_at__isnull=True,
        expires_at__gt=moment,
    )
    return list(
        Organisation.objects.filter(kind=receiver.authority, pk__in=active.values("person__organisation")).order_by(
            "name", "pk"
        )
    )


def _named(name: LocalText, office: str) -> LocalText:
    return LocalText(id=f"{name.id}: {office}", en=f"{name.en}: {office}")


@takes_case
def may_refer_at_once(case: Case) -> bool:
    """Whether one person may refer this case now: it is undecided and an office accepts it."""
    return case.state in (*UNJUDGED_STATES, CaseState.COMMITTING) and bool(receiver_options(case, urgent=True))


def is_passed_on(case: Case) -> bool:
    """Whether a receiver has confirmed taking this case, in a referral not found wrong."""
    return case.referrals.filter(state__in=PASSED_ON).exclude(rightly=False).exists()


def was_decided(case: Case) -> bool:
    """Whether the latest decision on the reported account is to refer."""
    newest = case.decisions.filter(subject_id=case.subject_id).order_by("-pk").values_list("kind", flat=True).first()
    return newest == DecisionKind.REFER


def _rows() -> QuerySet[Referral]:
    return Referral.objects.select_related("case", "addressed_by", "reviewed_by", "organisation")


def list_referrals(*, actor: Actor) -> ReferralDuties:
    """Waiting referrals, least time left first, and the latest ended ones.

    Raises NotPermitted for anyone who does not judge cases.
    """
    actor.require(*READERS)
    own = _rows().filter(visible_to(actor, path="case__")).exclude(case__in=taken_for_blind_review(actor))
    waiting = own.filter(
        Q(state__in=[*UNDER_WAY, ReferralState.DRAFTED])
        | Q(at_once=True, reviewed_at__isnull=True)
        | wrong_and_untold()
    )
    found = list(waiting.order_by("due_at", "pk")[:SHOWN])
    ended = list(
        own.filter(state__in=[ReferralState.FINISHED, ReferralState.RETURNED, ReferralState.RETRACTED]).order_by(
            "-made_at", "-pk"
        )[:20]
    )
    refused = refused_cases([row.case_id for row in (*found, *ended)], actor=actor)
    referrals = _view((row for row in found if row.case_id not in refused), actor)

    def of(*states: ReferralState, by_hand: bool | None = None) -> tuple[ReferralView, ...]:
        return tuple(
            one for one in referrals if one.state in states and by_hand in (None, one.way is ReferralWay.BY_HAND)
        )

    return ReferralDuties(
        tuple(sorted((one for one in referrals if one.to_review), key=lambda one: one.review_by)),
        of(ReferralState.DRAFTED),
        of(ReferralState.ADDRESSED, by_hand=True),
        tuple(one for one in referrals if one.to_tell),
        of(ReferralState.ADDRESSED, ReferralState.SENT, by_hand=False),
        of(ReferralState.ACKNOWLEDGED),
        _view((row for row in ended if row.case_id not in refused), actor),
        sum(row.case_id in refused for row in {row.pk: row for row in (*found, *ended)}.values()),
        _read_first([row for row in found if row.urgent and row.case_id in refused], actor),
    )


def _read_first(urgent: list[Referral], actor: Actor) -> tuple[CaseReadFirst, ...]:
    """The cases to read, each once, with the earliest deadline of the referrals that wait for it."""
    first = to_read_first([row.case_id for row in urgent], actor=actor)
    due: dict[int, datetime] = {}
    for row in urgent:  # by deadline
        if row.case_id in first:
            due.setdefault(first[row.case_id], row.due_at)
    return tuple(CaseReadFirst(number, reference_of(number), at) for number, at in due.items())


def referral_duties(actor: Actor) -> QuerySet[Referral]:
    """The referrals that wait for somebody who judges cases: to choose a receiver, call or review."""
    rows = Referral.objects.filter(visible_to(actor, path="case__")).exclude(case__in=taken_for_blind_review(actor))
    return rows.filter(
        Q(state=ReferralState.DRAFTED)
        | Q(state=ReferralState.ADDRESSED, way=ReferralWay.BY_HAND)
        | Q(at_once=True, reviewed_at__isnull=True) & ~Q(addressed_by=actor.person_id)
        | wrong_and_untold()
    )


def wrong_and_untold() -> Q:
    """A filter for wrong referrals whose receiver has not been told yet."""
    wrong = Q(rightly=False) | Q(state=ReferralState.RETRACTED)
    return wrong & Q(mistake_told_at__isnull=True) & (Q(sent_at__isnull=False) | Q(acknowledged_at__isnull=False))


@takes_case
def referrals_of(case: Case, *, actor: Actor) -> tuple[ReferralView, ...]:
    """The referrals of a case already fetched with a permission check, newest first."""
    return _view(_rows().filter(case=case).order_by("-pk")[:SHOWN], actor)


def access_referral(referral_id: int, *, actor: Actor) -> OpenedReferral:
    """One referral with the message to its receiver; recorded in the access log.

    Raises NotPermitted, NotFound, JudgedBlind, EarlierCaseKeptBack.
    """
    actor.require(*READERS)
    row = _rows().filter(visible_to(actor, path="case__"), pk=referral_id).first()
    if row is None:
        raise NotFound
    refuse_blind(row.case, actor=actor)
    refuse_unread(row.case, actor=actor)
    log_access(row.case, AccessKind.CASE, actor=actor)
    by_mail = row.way == ReferralWay.MAIL and row.state in (ReferralState.ADDRESSED, ReferralState.SENT)
    return OpenedReferral(_view([row], actor)[0], _message(row), referral_code(row.pk) if by_mail else "")


def list_received(*, actor: Actor) -> tuple[ReceivedReferral, ...]:
    """Referrals to the officer's own organisation, waiting ones first. Raises NotPermitted."""
    rows = _received(actor).order_by("-pk")[:SHOWN]
    return tuple(sorted((_as_received(row) for row in rows), key=lambda one: one.state is not ReferralState.SENT))


def access_received(referral_id: int, *, actor: Actor) -> ReceivedReferral:
    """One received referral with its message; recorded in the access log. Raises NotPermitted, NotFound."""
    row = _received(actor).filter(pk=referral_id).first()
    if row is None:
        raise NotFound
    log_access(row.case, AccessKind.ORDER, actor=actor)
    return _as_received(row, opened=True)


def _received(actor: Actor) -> QuerySet[Referral]:
    actor.require(Role.OFFICER)
    own = actor.organisation_id
    if own is None:
        raise NotFound
    return _rows().filter(way=ReferralWay.OFFICER, organisation_id=own, sent_at__isnull=False)


def received_waiting(actor: Actor) -> QuerySet[Referral]:
    """Referrals whose receipt the officer's organisation has not acknowledged. Raises NotPermitted, NotFound."""
    return _received(actor).filter(state=ReferralState.SENT)


def find_by_link(secret: str) -> int:
    """The id of the referral with this link, while the link is valid. Raises NotFound."""
    row = (
        Referral.objects.filter(
            link_hash=referral_link_hash(secret[:100]),
            wrong_codes__lt=MOST_WRONG_CODES,
            addressed_at__gt=now() - LINK_OPEN,
        )
        .values_list("pk", flat=True)
        .first()
    )
    if row is None:
        raise NotFound
    return row


def open_by_link(secret: str) -> ReceivedReferral:
    """What a link shows after its code was verified by `referrals.verbs.replies.open_link`. Raises NotFound."""
    return _as_received(_rows().get(pk=find_by_link(secret)), opened=True)


def _as_received(row: Referral, *, opened: bool = False) -> ReceivedReferral:
    wrong = row.rightly is False or row.state == ReferralState.RETRACTED
    assert row.addressed_at is not None
    return ReceivedReferral(
        row.pk,
        LocalText(id=row.name_id, en=row.name_en),
        row.urgent,
        ReferralState(row.state),
        row.sent_at or row.addressed_at,
        row.due_at,
        row.acknowledged_at,
        row.their_number,
        ReferralOutcome(row.outcome) if row.outcome else None,
        wrong,
        _message(row) if opened and not wrong else None,
    )


def _message(row: Referral) -> ReferralMessage | None:
    if row.sealed is None:
        return None
    content = open_referral(bytes(row.sealed))
    accounts, labels = content["accounts"], content["category"]
    assert isinstance(accounts, list)
    assert isinstance(labels, dict)
    return ReferralMessage(
        tuple(ReferredAccount(*one) for one in accounts),
        LocalText(**labels),
        Danger(str(content["danger"])),
        str(content["words"]),
        bool(content["reporter_may_be_asked"]),
    )


def _view(rows: Iterable[Referral], actor: Actor) -> tuple[ReferralView, ...]:
    found = list(rows)
    keys = {mail_key(row.pk): row.pk for row in found if row.way == ReferralWay.MAIL}
    failures = (
        {
            keys[key]: failure
            for key, failure in OutgoingMail.objects.filter(key__in=keys, sent_at__isnull=True).values_list(
                "key", "failure"
            )
        }
        if keys
        else {}
    )
    review = timedelta(hours=load_release().referring.review_hours)
    return tuple(_one(row, failures.get(row.pk, ""), review, actor) for row in found)


def mail_key(referral_id: int, what: str = "sent") -> str:
    """The idempotency key of a mail about a referral, so each is sent once."""
    return f"referral-{referral_id}-{what}"


def _one(row: Referral, failure: str, review: timedelta, actor: Actor) -> ReferralView:
    wrong = row.rightly is False or row.state == ReferralState.RETRACTED
    has_it = row.sent_at is not None or row.acknowledged_at is not None
    return ReferralView(
        row.pk,
        row.case_id,
        row.case.reference,
        row.case.category,
        row.urgent,
        ReferralState(row.state),
        LocalText(id=row.name_id, en=row.name_en) if row.receiver else None,
        ReferralWay(row.way) if row.way else None,
        row.contact,
        Danger(row.danger) if row.danger else None,
        row.made_at,
        row.addressed_by.display_name if row.addressed_by else "",
        row.addressed_at,
        row.due_at,
        row.sent_at,
        row.reminded,
        row.acknowledged_at,
        ReferralProof(row.acknowledged_by) if row.acknowledged_by else None,
        row.taken_by,
        row.their_number,
        ReferralOutcome(row.outcome) if row.outcome else None,
        row.outcome_at,
        row.note,
        row.at_once,
        row.addressed_by_id == actor.person_id,
        row.made_at + review,
        row.reviewed_by.display_name if row.reviewed_by else "",
        row.reviewed_at,
        row.rightly,
        row.review_reasons,
        wrong and has_it and row.mistake_told_at is None,
        row.mistake_told_at,
        failure,
        row.wrong_codes >= MOST_WRONG_CODES,
    )
