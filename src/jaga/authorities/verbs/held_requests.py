"""Held requests: requests without proof of their sender are stored as received, and nothing follows from them.

A supervisor calls the authority back under a number known before, then releases the request, which files it in the
officer's name, or rejects it. Until then an emergency can at most have evidence preserved.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import QuerySet, Sum

from jaga.authorities.models import EmergencyHold, HeldRequest
from jaga.authorities.verbs.orders import FiledOrder, file_order
from jaga.authorities.verbs.validation import NewOrder
from jaga.cases.models.cases import Case
from jaga.cases.verbs.accounts import check_subject, find_subject, keep_name
from jaga.core.actors import Actor
from jaga.core.cases import JOINABLE_STATES
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError, NotFound
from jaga.core.lifecycles import HELD_REQUEST
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import HeldReason, HeldState, ProofKind
from jaga.core.terms.people import RegistrationStatus, Role
from jaga.core.terms.reports import Channel, ReportForm
from jaga.people.models import Person
from jaga.people.reads.roster import registration_status
from jaga.people.verbs.api_keys import OrderProof
from jaga.policy.release import load_release
from jaga.reporting.verbs.merging import filed, open_case_with
from jaga.reporting.verbs.new_reports import report_of_authority
from jaga.store import vault
from jaga.store.codes import source_key
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import Act, lapsed, lock_people
from jaga.store.kernel.validation import check_text, required_text
from jaga.store.reads import refuse_uncleared

MOST_OF_A_NETWORK, MOST_OF_AN_OFFICER = 10, 200
MOST_BYTES_OF_STRANGERS, MOST_BYTES_OF_AN_OFFICER = 300 * 1024 * 1024, 1024 * 1024 * 1024
MOST_BYTES_OF_A_NETWORK = MOST_BYTES_OF_STRANGERS // 10
_TURN = 1_701_731  # namespace of advisory locks, so that concurrent requests are all counted
_DAY = timedelta(days=1)
MAX_WHY = 2000


class TooMuchHeld(JagaError):
    """The limit of held requests is reached, so that unproven letters cannot fill the disk."""

    code = "too_much_held"
    status = 429
    sentence = N_("Too many requests without proof came from you today. This one was not kept.")
    remedy = N_("Sign your requests, or telephone us. Try again tomorrow.")


class NotCalledBack(Conflict):
    """A release requires a recorded call-back."""

    code = "call_back_missing"
    sentence = N_("Nobody has telephoned the authority about this request yet.")
    remedy = N_("Telephone under a number that was known before, not one in the letter, and record the call first.")


class CallLapsed(Conflict):
    """Whoever made the call-back is no longer a supervisor."""

    code = "call_back_lapsed"
    sentence = N_("Whoever telephoned about this request works here no longer, or in another role.")
    remedy = N_("Telephone the authority yourself, and record the call first.")


class NotInForce(Conflict):
    """Requests can only be filed in the name of an officer with an active registration."""

    code = "officer_not_in_force"
    sentence = N_("There is no registered officer of this name whose registration is in force.")
    remedy = N_("Have the authority register or renew its officer first; or reject the request.")


class HeldDecided(Conflict):
    """The request was released or rejected before."""

    code = "held_decided"
    sentence = N_("This request was released or rejected before.")
    remedy = N_("Reload to see what became of it.")


class CaseThere(Conflict):
    """The account has an open case, where preservation can be decided."""

    code = "case_there"
    sentence = N_("There is an open case on this account already: %(case)s.")
    remedy = N_("Decide in that case what is to be preserved.")


class NothingToPreserve(Conflict):
    """The policy allows no preservation in this category."""

    code = "nothing_to_preserve"
    sentence = N_("In this category the policy knows no preserving.")
    remedy = N_("Wait for the call-back; nothing can be done before.")


@dataclass(frozen=True)
class Arrived:
    """A request as received. `network` is the sender's, if no API key identifies them."""

    address: str
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)
    claimed: Mapping[str, object] = field(default_factory=dict)
    network: str = field(default="", repr=False)


@transaction.atomic
def hold_request(arrived: Arrived, reason: HeldReason, *, officer_id: int | None, actor: Actor) -> str:
    """Store a request as received, sealed and with the reason; returns its number.

    No case is opened. The same bytes with the same reason are stored once. Storage is limited for each officer, and for
    unknown senders by network: raises TooMuchHeld, then nothing is stored.
    """
    _take_turn(officer_id)
    recent = HeldRequest.objects.filter(received_at__gt=now() - _DAY)
    network_key = source_key(f"network:{arrived.network}") if officer_id is None else None
    mine = recent.filter(officer_id=officer_id) if officer_id else recent.filter(network_key=network_key)
    sha256 = hashlib.sha256(arrived.body).hexdigest()
    before = mine.filter(body_sha256=sha256, reason=reason, state=HeldState.HELD).first()
    if before is not None:
        return before.number
    if mine.count() >= (MOST_OF_AN_OFFICER if officer_id else MOST_OF_A_NETWORK):
        raise TooMuchHeld
    _leave_room(mine, MOST_BYTES_OF_AN_OFFICER if officer_id else MOST_BYTES_OF_A_NETWORK, len(arrived.body))
    if not officer_id:
        _leave_room(recent.filter(officer__isnull=True), MOST_BYTES_OF_STRANGERS, len(arrived.body))
    officer = Person.objects.filter(pk=officer_id).first() if officer_id else None
    row = HeldRequest.objects.create(
        reason=reason,
        address=arrived.address,
        claimed=dict(arrived.claimed),
        officer=officer,
        organisation_id=officer.organisation_id if officer else None,
        network_key=network_key,
        body_sha256=vault.seal(arrived.body, None),
        body_size=len(arrived.body),
        signed_headers=dict(arrived.headers),
        received_at=now(),
    )
    append("hold_request", {"held": row.pk, "reason": reason, "body": sha256}, actor=actor, case_id=None)
    return row.number


def _take_turn(officer_id: int | None) -> None:
    """Serialise requests of one officer, or of all unknown senders, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_TURN, officer_id or 0])


def _leave_room(held: QuerySet[HeldRequest], most: int, more: int) -> None:
    if (held.aggregate(size=Sum("body_size"))["size"] or 0) + more > most:
        raise TooMuchHeld


@transaction.atomic
def record_held_call(held_id: int, call_back: str, *, actor: Actor) -> None:
    """Record a call-back to the authority: who, which number, where it was found, what was said.

    Repeatable until the request is decided; the last call counts. Raises NotPermitted, NotFound, HeldDecided,
    InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    row = _undecided(held_id)
    required_text("call_back", call_back, least=1, most=MAX_WHY, needed=N_("Say it in a few words."))
    row.called_back_by_id, row.called_back_at, row.call_back = person, now(), call_back.strip()
    row.save(update_fields=["called_back_by", "called_back_at", "call_back"])
    append("call_back_held", {"held": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def release(held_id: int, new: NewOrder, officer: str, *, actor: Actor) -> FiledOrder:
    """File a held request in the name of the officer with this user name.

    `new` is parsed from its sealed body.

    Its legal deadline starts now, since receiving an unproven letter starts no clock; its arrival stays recorded.
    Raises
    NotPermitted, NotFound, HeldDecided, NotCalledBack, CallLapsed, NotInForce, and as `file_order`; then it stays held.
    """
    person = actor.require(Role.SUPERVISOR)
    lock_people(person)
    row = _undecided(held_id)
    if row.called_back_at is None or row.called_back_by_id is None:
        raise NotCalledBack
    if lapsed(Act(row.called_back_by_id, frozenset({Role.SUPERVISOR}))):
        raise CallLapsed
    looked_for = Person.objects.filter(username=officer).prefetch_related("roles")
    named = None if check_text("officer", officer) else looked_for.first()
    if (
        named is None
        or registration_status(named.pk) is not RegistrationStatus.ACTIVE
        or (row.organisation_id is not None and named.organisation_id != row.organisation_id)
    ):
        raise NotInForce
    theirs = Actor(named.username, named.pk, named.organisation_id, named.role_set())
    row.state = HELD_REQUEST.to(row.state, HeldState.RELEASED)
    row.officer, row.organisation_id = named, named.organisation_id
    row.decided_by_id, row.decided_at = person, now()
    row.save()
    append("release_held", {"held": row.pk, "officer": named.pk}, actor=actor, case_id=None)
    return file_order(new, actor=theirs, proof=OrderProof(ProofKind.CALL_BACK, held_id=row.pk))


@transaction.atomic
def reject(held_id: int, why: str, *, actor: Actor) -> None:
    """Reject a held request; its body stays sealed.

    Irreversible.

    Raises NotPermitted, NotFound, HeldDecided, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    row = _undecided(held_id)
    required_text("why", why, least=1, most=MAX_WHY, needed=N_("Say it in a few words."))
    row.state = HELD_REQUEST.to(row.state, HeldState.REJECTED)
    row.why, row.decided_by_id, row.decided_at = why.strip(), person, now()
    row.save(update_fields=["state", "why", "decided_by", "decided_at"])
    append("reject_held", {"held": row.pk}, actor=actor, case_id=None)


@transaction.atomic
def preserve_only(held_id: int, place: int, new: NewOrder, why: str, *, actor: Actor) -> int:
    """In an emergency, open a case on one account of a held request, in which only preservation can be decided.

    `place` counts the accounts from 1. People vote on it as usual, and no data leaves. The limit ends when the request
    is released, and stays if nothing else supports the case. Returns the case's id. Raises NotPermitted, NotFound,
    HeldDecided, CaseThere, NothingToPreserve, InvalidInput.
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
        refuse_uncleared(there, actor=actor)  # do not reveal the number of a case hidden from the actor
        raise CaseThere(case=there.reference)
    report = report_of_authority(  # filed as unverified: `is_unverified` permits only preservation
        subject,
        one.category,
        channel=Channel.PUBLIC,
        form=ReportForm.REPORT,
        source=f"held:{row.pk}",
        origin_ref=row.number,
        text=one.text,
        conduct_on=one.conduct_on,
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
