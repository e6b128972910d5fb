"""The quarantine: what came in without proof of its sender is kept as it came, and nothing follows from it.

A supervisor telephones the authority under a number that was known before. Then the request is released, and is filed
as the officer's own; or it is rejected. Until then an emergency can have what exists preserved, and no more.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from jaga.casework.authorities.orders import FiledOrder, file_order
from jaga.casework.authorities.validation import NewOrder
from jaga.casework.cases.accounts import check_subject, find_subject
from jaga.casework.cases.handles import keep_name
from jaga.casework.kernel.eligibility import Act, hold_people, lapsed
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import check_text, required_text
from jaga.casework.people.request_signing import OrderProof
from jaga.casework.reporting.merging import filed, open_case_with
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now, today
from jaga.core.errors import N_, Conflict, JagaError, NotFound
from jaga.core.terms import (
    Channel,
    DecisionKind,
    HeldReason,
    HeldState,
    ProofKind,
    RegistrationStatus,
    ReporterCapacity,
    ReportForm,
    Role,
)
from jaga.policy import load_release
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.records import vault
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.access.people.roster import standing
from jaga.records.codes import source_key
from jaga.records.models import Case, EmergencyHold, HeldRequest, Person, Report

MOST_OF_A_NETWORK, MOST_OF_AN_OFFICER = 10, 200
MOST_BYTES_OF_STRANGERS, MOST_BYTES_OF_AN_OFFICER = 300 * 1024 * 1024, 1024 * 1024 * 1024
MOST_BYTES_OF_A_NETWORK = MOST_BYTES_OF_STRANGERS // 10
_TURN = 1_701_731  # advisory lock: what two hold at once is counted by both
_DAY = timedelta(days=1)
MAX_WHY = 2000


class TooMuchHeld(JagaError):
    """The quarantine is bounded: nobody can fill the disk with letters that are not proven."""

    code = "too_much_held"
    status = 429
    sentence = N_("Too many requests without proof came from you today. This one was not kept.")
    remedy = N_("Sign your requests, or telephone us. Try again tomorrow.")


class NotCalledBack(Conflict):
    """A release rests on a telephone call."""

    code = "call_back_missing"
    sentence = N_("Nobody has telephoned the authority about this request yet.")
    remedy = N_("Telephone under a number that was known before, not one in the letter, and record the call first.")


class CallLapsed(Conflict):
    """The call counts no longer: whoever telephoned is no supervisor any more."""

    code = "call_back_lapsed"
    sentence = N_("Whoever telephoned about this request works here no longer, or in another role.")
    remedy = N_("Telephone the authority yourself, and record the call first.")


class NotInForce(Conflict):
    """Only in a registered officer's name can something be filed."""

    code = "officer_not_in_force"
    sentence = N_("There is no registered officer of this name whose registration is in force.")
    remedy = N_("Have the authority register or renew its officer first; or reject the request.")


class HeldDecided(Conflict):
    """Decided once."""

    code = "held_decided"
    sentence = N_("This request was released or rejected before.")
    remedy = N_("Reload to see what became of it.")


class CaseThere(Conflict):
    """An open case needs no emergency."""

    code = "case_there"
    sentence = N_("There is an open case on this account already: %(case)s.")
    remedy = N_("Decide in that case what is to be preserved.")


class NothingToPreserve(Conflict):
    """The policy has no preserving in this category."""

    code = "nothing_to_preserve"
    sentence = N_("In this category the policy knows no preserving.")
    remedy = N_("Wait for the call-back; nothing can be done before.")


@dataclass(frozen=True)
class Arrived:
    """A request as it came over the wire. `network` is the sender's, where no key tells who it is."""

    address: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed: Mapping[str, object] = field(default_factory=dict)
    network: str = field(default="", repr=False)


@transaction.atomic
def hold(arrived: Arrived, reason: HeldReason, *, officer_id: int | None, actor: Actor) -> str:
    """Keep what came in as it came: sealed, with the reason. Returns its number.

    No case is opened and nobody outside learns anything. The same bytes for the same reason are held once. How much is
    kept is bounded, for each officer and for strangers by their network: raises TooMuchHeld, then nothing is kept.
    """
    _take_turn(officer_id)
    recent = HeldRequest.objects.filter(received_at__gt=now() - _DAY)
    network_key = source_key(f"network:{arrived.network}") if officer_id is None else None
    mine = recent.filter(officer_id=officer_id) if officer_id else recent.filter(network_key=network_key)
    sha256 = hashlib.sha256(arrived.body).hexdigest()
    known = mine.filter(body_sha256=sha256, reason=reason, state=HeldState.HELD).first()
    if known is not None:
        return known.number
    if mine.count() >= (MOST_OF_AN_OFFICER if officer_id else MOST_OF_A_NETWORK):
        raise TooMuchHeld
    _leave_room(mine, MOST_BYTES_OF_AN_OFFICER if officer_id else MOST_BYTES_OF_A_NETWORK, len(arrived.body))
    if not officer_id:
        _leave_room(recent.filter(officer__isnull=True), MOST_BYTES_OF_STRANGERS, len(arrived.body))
    officer = Person.objects.filter(pk=officer_id).first() if officer_id else None
    row = HeldRequest.objects.create(
        reason=reason, address=arrived.address, claimed=dict(arrived.claimed), officer=officer,
        organisation_id=officer.organisation_id if officer else None, network_key=network_key,
        body_sha256=vault.seal(arrived.body), body_size=len(arrived.body), signed_headers=dict(arrived.headers),
        received_at=now(),
    )
    enter("hold_request", {"held": row.pk, "reason": reason, "body": sha256}, actor=actor, case_id=None)
    return row.number


def _take_turn(officer_id: int | None) -> None:
    """One at a time of each officer, and one of all strangers, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURN, officer_id or 0])


def _leave_room(held: QuerySet[HeldRequest], most: int, more: int) -> None:
    if (held.aggregate(size=Sum("body_size"))["size"] or 0) + more > most:
        raise TooMuchHeld


@transaction.atomic
def record_held_call(held_id: int, said: str, *, actor: Actor) -> None:
    """A supervisor telephoned the authority: whom, under which number, where that number was found, what was said.

    It can be repeated until the request is decided; the last call counts. Raises NotFound, HeldDecided, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    row = _undecided(held_id)
    required_text("call_back", said, least=1, most=MAX_WHY, needed=N_("Say it in a few words."))
    row.called_back_by_id, row.called_back_at, row.call_back = person, now(), said.strip()
    row.save(update_fields=["called_back_by", "called_back_at", "call_back"])
    enter("call_back_held", {"held": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def release(held_id: int, new: NewOrder, officer: str, *, actor: Actor) -> FiledOrder:
    """File a held request as the own one of the officer with this user name. `new` is what its sealed body says.

    Its legal clock starts now: an unproven letter was no receipt; when it came stays on record. Raises NotFound,
    HeldDecided, NotCalledBack, CallLapsed, NotInForce, and whatever `file_order` refuses: then it stays held.
    """
    person = actor.require(Role.SUPERVISOR)
    hold_people(person)
    row = _undecided(held_id)
    if row.called_back_at is None or row.called_back_by_id is None:
        raise NotCalledBack
    if lapsed(Act(row.called_back_by_id, frozenset({Role.SUPERVISOR}))):
        raise CallLapsed
    looked_for = Person.objects.filter(username=officer).prefetch_related("roles")
    named = None if check_text("officer", officer) else looked_for.first()
    if named is None or standing(named.pk) is not RegistrationStatus.ACTIVE or (
            row.organisation_id is not None and named.organisation_id != row.organisation_id):
        raise NotInForce
    theirs = Actor(named.username, named.pk, named.organisation_id, named.role_set())
    row.officer, row.organisation_id, row.state = named, named.organisation_id, HeldState.RELEASED
    row.decided_by_id, row.decided_at = person, now()
    row.save()
    enter("release_held", {"held": row.pk, "officer": named.pk}, actor=actor, case_id=None)
    return file_order(new, actor=theirs, proof=OrderProof(ProofKind.CALL_BACK, held_id=row.pk))


@transaction.atomic
def reject(held_id: int, why: str, *, actor: Actor) -> None:
    """It is nobody's request; its body stays sealed. Not reversible. Raises NotFound, HeldDecided, InvalidInput."""
    person = actor.require(Role.SUPERVISOR)
    row = _undecided(held_id)
    required_text("why", why, least=1, most=MAX_WHY, needed=N_("Say it in a few words."))
    row.state, row.why, row.decided_by_id, row.decided_at = HeldState.REJECTED, why.strip(), person, now()
    row.save(update_fields=["state", "why", "decided_by", "decided_at"])
    enter("reject_held", {"held": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def preserve_only(held_id: int, place: int, new: NewOrder, why: str, *, actor: Actor) -> int:
    """An emergency: open a case on one account of a held request in which nothing but preserving can be decided.

    People vote on it as on any other; no data leaves. The limit ends when the request is released; it stays where
    nothing else supports the case. To the figures it is a stranger's report. Returns the case's number. Raises
    NotFound, HeldDecided, CaseThere, NothingToPreserve, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    row = _undecided(held_id)
    if not 1 <= place <= len(new.accounts):
        raise NotFound
    one = new.accounts[place - 1]
    required_text("why", why, least=1, most=MAX_WHY, needed=N_("Say it in a few words."))
    platform, account_id = check_subject(one.platform, one.account, one.category, [])
    release_ = load_release()
    if DecisionKind.PRESERVE not in release_.allowed_decisions(one.category):
        raise NothingToPreserve
    subject = find_subject(platform, account_id, one.account.strip())
    there = Case.objects.filter(subject=subject, category=one.category, state__in=JOINABLE_STATES).first()
    if there is not None:
        refuse_uncleared(there, actor=actor)  # its number is not told to whoever must not see it
        raise CaseThere(case=there.reference)
    report = Report(  # what nobody has verified: `is_unverified` lets nothing but preserving be decided on it
        subject=subject, channel=Channel.PUBLIC, form=ReportForm.REPORT, category=one.category, text=one.text,
        capacity=ReporterCapacity.AUTHORITY if one.category in WHO_MAY_REPORT else "",
        conduct_on=one.conduct_on or today(), source_key=source_key(f"held:{row.pk}"), origin_ref=row.number,
    )
    case = open_case_with(report, release_)
    keep_name(case, report, account_id, actor=actor)
    EmergencyHold.objects.create(held=row, report=report, why=why.strip(), made_by_id=person, made_at=now())
    filed(report, case, "", actor, verb="preserve_only", held=row.pk)
    return case.pk


def _undecided(held_id: int) -> HeldRequest:
    row = HeldRequest.objects.select_for_update().filter(pk=held_id).first()
    if row is None:
        raise NotFound
    if row.state != HeldState.HELD:
        raise HeldDecided
    return row
