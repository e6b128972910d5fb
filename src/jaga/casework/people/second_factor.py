"""The second factor beside the password: who must have one, and what is counted and written down about it.

Codes of an app, lists on paper and passkeys themselves are django-allauth's (`allauth.mfa`, ADR 0070). Ours is what it
does not do: wrong ones are counted by device, so that a stranger closes nobody's way; no code counts twice, whichever
process is asked; a copied passkey is refused; nobody who must have a factor loses the last; and the ledger.
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

from jaga.casework.kernel.ledger import enter
from jaga.casework.people.registration import note_use
from jaga.casework.people.sessions import end_sessions_of
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms import FactorKind, Role
from jaga.records.access.base.current_user import oneself
from jaga.records.access.people.roster import ASKING
from jaga.records.models import FactorExemption, FactorTries, OfficerRegistration, Person

ISSUER = "Jaga"
RECOVERY_CODES = 10
MOST_PASSKEYS = 10
MOST_WRONG = 5
CLOSED_FOR = timedelta(minutes=15)
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)  # a list on paper alone is no factor
KINDS = {Authenticator.Type.TOTP: FactorKind.TOTP, Authenticator.Type.WEBAUTHN: FactorKind.PASSKEY,
         Authenticator.Type.RECOVERY_CODES: FactorKind.RECOVERY}
STUMBLES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError,
            struct.error, InvalidSignature)
"""What the libraries raise over an answer that no browser gives: they read what anybody may send."""


class WrongFactorCode(JagaError):
    """Neither the app's code nor one of the list, or one that was used already."""

    code = "wrong_code"
    status = 422
    sentence = N_("This code is not right, or it was used already.")
    remedy = N_("Wait for the next code of your app and enter that. Check that your phone sets its clock by itself.")


class PasskeyRefused(JagaError):
    """What the browser brought is no answer to what was asked, or of another key."""

    code = "passkey_refused"
    status = 422
    sentence = N_("This passkey could not be confirmed.")
    remedy = N_("Try again; if it stays so, use a code of your app or of your list.")


class TooManyPasskeys(Conflict):
    """More keys than anybody needs."""

    code = "too_many_passkeys"
    sentence = N_("You have ten passkeys already.")
    remedy = N_("Remove one that you do not use any more.")


class TooManyCodes(JagaError):
    """Too many wrong codes in a row."""

    code = "too_many_codes"
    status = 429
    sentence = N_("Too many wrong codes were entered.")
    remedy = N_("Wait a quarter of an hour. If it was not you, change your password and tell our administrator.")

    @classmethod
    def until(cls, moment: datetime) -> Self:
        """With the seconds to wait."""
        return cls(retry_after=ceil((moment - now()).total_seconds()))


class LastFactor(Conflict):
    """The only factor of somebody who must have one."""

    code = "last_factor"
    sentence = N_("This is your only second factor, and you must have one.")
    remedy = N_("Set up another one first.")


@dataclass(frozen=True)
class PasskeyView:
    """One key of somebody, as its owner sees it."""

    number: int
    name: str
    added_at: datetime
    last_used_at: datetime | None


@dataclass(frozen=True)
class Factors:
    """What somebody has beside the password."""

    totp_since: datetime | None
    passkeys: tuple[PasskeyView, ...]
    recovery_left: int
    required: bool

    @property
    def any(self) -> bool:
        """Whether there is a factor at all. The list on paper alone is none."""
        return self.totp_since is not None or bool(self.passkeys)


def must_have_factor(actor: Actor) -> bool:
    """Everybody with a role, unless an administrator exempted them; who asks or flags without exception."""
    person = oneself(actor.person_id) if actor.person_id is not None else None
    return person is not None and bool(actor.roles) and (bool(actor.roles & ASKING) or not person.exempt)


def needs_factor(actor: Actor) -> bool:
    """Whether the password alone opens nothing to this person: they have a factor, or must have one."""
    person = oneself(actor.person_id or 0)
    return person is not None and (person.factor or must_have_factor(actor))


def has_factor(person_id: int) -> bool:
    """Whether the person has set up an app or a passkey."""
    return bool(Authenticator.objects.filter(user_id=person_id, type__in=FACTORS).exists())


def factors_of(actor: Actor) -> Factors:
    """The actor's own factors. Raises NotPermitted for an actor who is no person."""
    rows = list(Authenticator.objects.filter(user_id=_number(actor)).order_by("pk"))
    apps = [row.created_at for row in rows if row.type == Authenticator.Type.TOTP]
    papers = [row for row in rows if row.type == Authenticator.Type.RECOVERY_CODES]
    return Factors(
        apps[0] if apps else None,
        tuple(PasskeyView(row.pk, row.data["name"], row.created_at, row.last_used_at)
              for row in rows if row.type == Authenticator.Type.WEBAUTHN),
        sum(len(RecoveryCodes(row).get_unused_codes()) for row in papers), must_have_factor(actor))


def _number(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id


def _person(actor: Actor) -> Person:
    """The person, locked: one change of their factors at a time."""
    found = Person.objects.select_for_update(of=("self",)).filter(pk=_number(actor), is_active=True).first()
    if found is None:
        raise NotPermitted
    return found


@transaction.atomic
def add_totp(secret: str, code: str, *, actor: Actor) -> bool:
    """The app of this secret counts from now on, in place of an earlier one; `code` shows that it works.

    Returns whether a first list of recovery codes was made with it. Raises InvalidInput for a wrong code.
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
    """The key that the browser made, and that `allauth.mfa` has verified, counts from now on. Returns as `add_totp`.

    Raises TooManyPasskeys.
    """
    person = _person(actor)
    if Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.WEBAUTHN).count() >= MOST_PASSKEYS:
        raise TooManyPasskeys
    WebAuthn.add(person, name, credential)
    return _added(person, FactorKind.PASSKEY, actor)


def _added(person: Person, kind: FactorKind, actor: Actor) -> bool:
    """An invitation counts as accepted with the first factor: a password alone proves too little to telephone about."""
    OfficerRegistration.objects.filter(person=person, accepted_at__isnull=True, invitation_hash__isnull=True,
                                       removed_at__isnull=True).update(accepted_at=now())
    enter("add_second_factor", {"person": person.pk, "kind": kind}, actor=actor, case_id=None)
    first = not Authenticator.objects.filter(user_id=person.pk, type=Authenticator.Type.RECOVERY_CODES).exists()
    RecoveryCodes.activate(person)
    return first


def note_new_codes(*, actor: Actor) -> None:
    """A new list was made; the old one opens nothing any more. Call it in the transaction that made it."""
    enter("make_recovery_codes", {"person": _number(actor)}, actor=actor, case_id=None)


def counts(authenticator: Authenticator, code: str, *, actor: Actor) -> FactorKind | None:
    """What the code that `allauth.mfa` found right was of; None for one that was used before.

    Call it within `one_try`: with it the code is used up.
    """
    kind = KINDS[Authenticator.Type(authenticator.type)]
    if kind is FactorKind.TOTP and not _spend(authenticator.user_id, code):
        return None
    if kind is FactorKind.RECOVERY:
        enter("use_recovery_code", {"person": authenticator.user_id}, actor=actor, case_id=None)
    note_use(authenticator.user_id)
    return kind


def counts_passkey(authenticator: Authenticator, uses: int) -> bool:
    """Whether the device's own count has grown, where it counts at all: a copy of the key would fall behind.

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
    """Use up the half minute of this code: no code, and none older, counts again. allauth remembers in one process."""
    row = Authenticator.objects.select_for_update().filter(user_id=person_id, type=Authenticator.Type.TOTP).first()
    if row is None:
        return False
    secret = decrypt(row.data["secret"])
    step = next((step for step in totp.yield_hotp_counters_from_time() if compare_user_code(
        actual=code, expected=totp.format_hotp_value(totp.hotp_value(secret, step)))), None)
    if step is None or step <= row.data.get("last_step", 0):
        return False
    row.data["last_step"] = step
    row.save(update_fields=["data"])
    return True


@dataclass
class Try:
    """One try at a person's factor: wrong, unless the block says otherwise."""

    right: bool = False


@contextmanager
def one_try(person_id: int, device: str = "") -> Iterator[Try]:
    """Count a try; the fifth wrong one in a row closes the way for a quarter of an hour. Raises TooManyCodes.

    What is closed is that device, or all unknown ones together: whoever has a stolen password closes nobody's own. The
    row is locked for the block, so that many at once are no way around the count. A wrong one is told by `right`, not
    by an exception, or its count would be undone with the transaction.
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
    """The passkey of this number, or without one the app, counts no more. Raises NotFound, LastFactor."""
    own = Authenticator.objects.filter(user_id=_person(actor).pk)
    found = (own.filter(type=Authenticator.Type.TOTP) if number is None else
             own.filter(type=Authenticator.Type.WEBAUTHN, pk=number if number < 2**63 else 0)).first()
    if found is None:
        raise NotFound
    last = not own.filter(type__in=FACTORS).exclude(pk=found.pk).exists()
    if last and must_have_factor(actor):
        raise LastFactor
    enter("remove_second_factor", {"person": found.user_id, "kind": KINDS[Authenticator.Type(found.type)]},
          actor=actor, case_id=None)
    (own if last else own.filter(pk=found.pk)).delete()  # a list on paper goes with the last of the others


@transaction.atomic
def demand_factor(person_id: int, *, actor: Actor) -> None:
    """The exemption ends: from the next page on this person needs a second factor. Raises NotPermitted, NotFound."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if not FactorExemption.objects.filter(person_id=person_id).delete()[0]:
        raise NotFound
    enter("demand_second_factor", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def demand_no_factor(person_id: int, *, actor: Actor) -> None:
    """Exempt one of our own people: the password alone opens the console to them. Reversible: `demand_factor`.

    Nobody exempts themselves, or a stolen session would. Raises NotPermitted; NotFound for whoever asks or flags.
    """
    _ours(person_id, actor)
    _, made = FactorExemption.objects.get_or_create(
        person_id=person_id, defaults={"exempted_by_id": actor.person_id, "exempted_at": now()})
    if made:
        enter("demand_no_second_factor", {"person": person_id}, actor=actor, case_id=None)


def _ours(person_id: int, actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles or person_id == actor.person_id:
        raise NotPermitted
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or person.role_set() & ASKING:
        raise NotFound


@transaction.atomic
def forget_factors(person_id: int, *, actor: Actor) -> None:
    """An administrator helps one of our own people who lost theirs: they set up a new one at their next sign-in.

    Officers begin anew by `officers.invite_again`, with another call-back. Raises NotPermitted, NotFound.
    """
    _ours(person_id, actor)
    Authenticator.objects.filter(user_id=person_id).delete()
    FactorTries.objects.filter(person_id=person_id).delete()
    end_sessions_of(person_id)  # whoever found the phone may be signed in with it
    enter("forget_second_factors", {"person": person_id}, actor=actor, case_id=None)
