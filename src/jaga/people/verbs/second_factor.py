"""Second factors: who must have one, attempt limits, and ledger entries.

`allauth.mfa` implements authenticator apps, recovery codes and passkeys (ADR 0070). This module adds limits by device,
so that a stranger cannot lock somebody out; single use of codes across processes; detection of cloned passkeys; and a
last factor that cannot be removed by whoever must have one.
"""

import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any, Self

from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal import auth as totp
from allauth.mfa.utils import decrypt
from allauth.mfa.webauthn.internal.auth import WebAuthn
from cryptography.exceptions import InvalidSignature
from django.db import transaction

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms.people import FactorKind, Role
from jaga.people.models import FactorExemption, FactorTries, OfficerRegistration, Person
from jaga.people.reads.roster import ASKING
from jaga.people.verbs.registration import end_sessions_of, note_use
from jaga.store.kernel.ledger import append
from jaga.store.reads import current_user

ISSUER = "Jaga"
RECOVERY_CODES = 10
MOST_PASSKEYS = 10
MOST_WRONG = 5
CLOSED_FOR = timedelta(minutes=15)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # recovery codes alone do not count as a factor
KINDS = {
    Authenticator.Type.TOTP: FactorKind.TOTP,
    Authenticator.Type.WEBAUTHN: FactorKind.PASSKEY,
    Authenticator.Type.RECOVERY_CODES: FactorKind.RECOVERY,
}
STUMBLES = (
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
    struct.error,
    InvalidSignature,
)
"""What the libraries raise on a malformed answer, which anybody can send."""


class WrongFactorCode(JagaError):
    """The code is wrong or was used before."""

    code = "wrong_code"
    status = 422
    sentence = N_("This code is not right, or it was used already.")
    remedy = N_("Wait for the next code of your app and enter that. Check that your phone sets its clock by itself.")


class PasskeyRefused(JagaError):
    """The passkey's answer is invalid, or belongs to another key."""

    code = "passkey_refused"
    status = 422
    sentence = N_("This passkey could not be confirmed.")
    remedy = N_("Try again; if that does not help, use a code of your app or of your list.")


class TooManyPasskeys(Conflict):
    """The person has the maximum number of passkeys."""

    code = "too_many_passkeys"
    sentence = N_("You have ten passkeys already.")
    remedy = N_("Remove one that you no longer use.")


class TooManyCodes(JagaError):
    """Too many wrong codes in a row."""

    code = "too_many_codes"
    status = 429
    sentence = N_("Too many wrong codes were entered.")
    remedy = N_("Wait a quarter of an hour. If it was not you, change your password and tell our administrator.")

    @classmethod
    def until(cls, moment: datetime) -> Self:
        """The error with the seconds until `moment`."""
        return cls(retry_after=ceil((moment - now()).total_seconds()))


class LastFactor(Conflict):
    """This is the only factor of somebody who must have one."""

    code = "last_factor"
    sentence = N_("This is your only second factor, and you must have one.")
    remedy = N_("Set up another one first.")


@dataclass(frozen=True)
class PasskeyView:
    """A passkey, as its owner sees it."""

    number: int
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """A person's second factors."""

    totp_since: datetime | None
    passkeys: tuple[PasskeyView, ...]
    recovery_left: int
    required: bool

    @property
    def any(self) -> bool:
        """Whether there is a factor. Recovery codes alone do not count."""
        return self.totp_since is not None or bool(self.passkeys)


def must_have_factor(actor: Actor) -> bool:
    """Whether the actor must have a second factor: everybody with a role, unless an administrator exempted them.

    Officers and flaggers cannot be exempted.
    """
    person = current_user(actor.person_id) if actor.person_id is not None else None
    return person is not None and bool(actor.roles) and (bool(actor.roles & ASKING) or not person.exempt)


def needs_factor(actor: Actor) -> bool:
    """Whether a password alone is not enough: the person has a factor or must have one."""
    person = current_user(actor.person_id or 0)
    return person is not None and (person.factor or must_have_factor(actor))


def has_factor(person_id: int) -> bool:
    """Whether the person has an authenticator app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=person_id, type__in=FACTORS).exists())


def factors_of(actor: Actor) -> Factors:
    """The actor's own factors. Raises NotPermitted for an actor who is not a person."""
    rows = list(Authenticator.objects.filter(user_id=_number(actor)).order_by("pk"))
    apps = [row.created_at for row in rows if row.type == Authenticator.Type.TOTP]
    papers = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    return Factors(
        apps[0] if apps else None,
        tuple(
            PasskeyView(row.pk, row.data["name"], row.created_at, row.last_used_at)
            for row in rows
            if row.type == Authenticator.Type.WEBAUTHN
        ),
        sum(len(RecoveryCodes(row).get_unused_codes()) for row in papers),
        must_have_factor(actor),
    )


def _number(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id


def _person(actor: Actor) -> Person:
    """The actor's person, locked, so that their factors change one at a time. Raises NotPermitted."""
    found = Person.objects.select_for_update(of=("self",)).filter(pk=_number(actor), is_active=True).first()
    if found is None:
        raise NotPermitted
    return found


@transaction.atomic
def add_totp(secret: str, code: str, *, actor: Actor) -> bool:
    """Activate an authenticator app with this secret, replacing an earlier one; `code` proves that it works.

    Returns whether recovery codes were generated for the first time. Raises InvalidInput for a wrong code.
    """
    person = _person(actor)
    if not totp.validate_totp_code(secret, code):
        raise InvalidInput(FieldError("code", "wrong_code", WrongFactorCode.sentence))
    Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.TOTP).delete()
    totp.TOTP.activate(person, secret)
    _spend(person.pk, code)
    return _added(person, FactorKind.TOTP, actor)


@transaction.atomic
def add_passkey(name: str, credential: dict[str, Any], *, actor: Actor) -> bool:
    """Add a passkey that `allauth.mfa` has verified.

    Returns whether recovery codes were generated for the first time.

    Raises TooManyPasskeys.
    """
    person = _person(actor)
    if Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.WEBAUTHN).count() >= MOST_PASSKEYS:
        raise TooManyPasskeys
    WebAuthn.add(person, name, credential)
    return _added(person, FactorKind.PASSKEY, actor)


def _added(person: Person, kind: FactorKind, actor: Actor) -> bool:
    """Record a new factor. The first one completes an invitation: a call-back requires more than a password."""
    OfficerRegistration.objects.filter(
        person=person, accepted_at__isnull=True, invitation_hash__isnull=True, removed_at__isnull=True
    ).update(accepted_at=now())
    append("add_second_factor", {"person": person.pk, "kind": kind}, actor=actor, case_id=None)
    first = not Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.RECOVERY_CODES).exists()
    RecoveryCodes.activate(person)
    return first


@contextmanager
def codes_held(*, actor: Actor) -> Iterator[None]:
    """Lock the actor's recovery codes while they are shown.

    allauth then stores the moment together with which codes were used, as it read them: without the lock a code that is
    used at the same moment would count again, and two pages would show the codes.
    """
    with transaction.atomic():
        list(
            Authenticator.objects.select_for_update()
            .filter(user_id=_number(actor), type=Authenticator.Type.RECOVERY_CODES)
            .values_list("pk")
        )
        yield


def note_new_codes(*, actor: Actor) -> None:
    """Record that new recovery codes replaced the old ones. Call it in the transaction that made them."""
    append("make_recovery_codes", {"person": _number(actor)}, actor=actor, case_id=None)


def counts(authenticator: Authenticator, code: str, *, actor: Actor) -> FactorKind | None:
    """Use up a code that `allauth.mfa` accepted; returns the kind of factor, or None if the code was used before.

    Call it within `one_try`.
    """
    kind = KINDS[Authenticator.Type(authenticator.type)]
    if kind is FactorKind.TOTP and not _spend(authenticator.user_id, code):
        return None
    if kind is FactorKind.RECOVERY:
        append("use_recovery_code", {"person": authenticator.user_id}, actor=actor, case_id=None)
    note_use(authenticator.user_id)
    return kind


def counts_passkey(authenticator: Authenticator, uses: int) -> bool:
    """Whether the passkey's signature counter has grown, if the device has one.

    A clone would fall behind.

    Call it within `one_try`.
    """
    row = Authenticator.objects.select_for_update().get(pk=authenticator.pk)
    before = int(row.data.get("uses", 0))
    if (uses or before) and uses <= before:
        return False
    row.data["uses"] = uses
    row.save(update_fields=["data"])
    note_use(row.user_id)
    return True


def _spend(person_id: int, code: str) -> bool:
    """Use up the code's time step; returns False if it or a later one was used. allauth only remembers per process."""
    row = Authenticator.objects.select_for_update().filter(user_id=person_id, type=Authenticator.Type.TOTP).first()
    if row is None:
        return False
    secret = decrypt(row.data["secret"])
    step = next(
        (
            step
            for step in totp.yield_hotp_counters_from_time()
            if compare_user_code(actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))
        ),
        None,
    )
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


@dataclass
class Try:
    """One attempt at a person's factor. It counts as wrong unless the block sets `right`."""

    right: bool = False


@contextmanager
def one_try(person_id: int, device: str = "") -> Iterator[Try]:
    """Count an attempt; the fifth wrong one in a row blocks further ones for 15 minutes.

    Raises TooManyCodes.

    The block applies to this device, or to all unknown devices together, so a stolen password does not lock out its
    owner. The row is locked during the block, so parallel attempts cannot evade the limit. Report a wrong attempt by
    `right`, since an exception would roll back the count.
    """
    with transaction.atomic():
        FactorTries.objects.get_or_create(person_id=person_id, device=device)
        row = FactorTries.objects.select_for_update().get(person_id=person_id, device=device)
        if row.closed_until is not None and row.closed_until > now():
            raise TooManyCodes.until(row.closed_until)
        made = Try()
        yield made
        row.wrong, row.closed_until = (0 if made.right else row.wrong + 1), None
        if row.wrong >= MOST_WRONG:
            row.wrong, row.closed_until = 0, now() + CLOSED_FOR
        row.save(update_fields=["wrong", "closed_until"])


@transaction.atomic
def remove_factor(number: int | None, *, actor: Actor) -> None:
    """Remove the passkey with this id, or the app if `number` is None. Raises NotFound, LastFactor."""
    own = Authenticator.objects.filter(user_id=_person(actor).pk)
    found = (
        own.filter(type=Authenticator.Type.TOTP)
        if number is None
        else own.filter(type=Authenticator.Type.WEBAUTHN, pk=number)
    ).first()
    if found is None:
        raise NotFound
    last = not own.filter(type__in=FACTORS).exclude(pk=found.pk).exists()
    if last and must_have_factor(actor):
        raise LastFactor
    append(
        "remove_second_factor",
        {"person": found.user_id, "kind": KINDS[Authenticator.Type(found.type)]},
        actor=actor,
        case_id=None,
    )
    (own if last else own.filter(pk=found.pk)).delete()  # recovery codes are removed with the last factor


@transaction.atomic
def demand_factor(person_id: int, *, actor: Actor) -> None:
    """End an exemption: from the next page on this person needs a second factor. Raises NotPermitted, NotFound."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if not FactorExemption.objects.filter(person_id=person_id).delete()[0]:
        raise NotFound
    append("demand_second_factor", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def demand_no_factor(person_id: int, *, actor: Actor) -> None:
    """Exempt a member of our staff from the second factor.

    Reversible: `demand_factor`.

    Nobody exempts themselves, so that a stolen session cannot. Raises NotPermitted, NotFound for officers and flaggers.
    """
    _ours(person_id, actor)
    _, made = FactorExemption.objects.get_or_create(
        person_id=person_id, defaults={"exempted_by_id": actor.person_id, "exempted_at": now()}
    )
    if made:
        append("demand_no_second_factor", {"person": person_id}, actor=actor, case_id=None)


def _ours(person_id: int, actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles or person_id == actor.person_id:
        raise NotPermitted
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or person.role_set() & ASKING:
        raise NotFound


@transaction.atomic
def forget_factors(person_id: int, *, actor: Actor) -> None:
    """Remove the factors of a member of our staff who lost theirs; they add a new one at the next sign-in.

    Officers are reset by `officers.invite_again`, with another call-back. Raises NotPermitted, NotFound.
    """
    _ours(person_id, actor)
    Authenticator.objects.filter(user_id=person_id).delete()
    FactorTries.objects.filter(person_id=person_id).delete()
    end_sessions_of(person_id)  # whoever found the phone may be signed in
    append("forget_second_factors", {"person": person_id}, actor=actor, case_id=None)
