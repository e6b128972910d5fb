"""The second factor beside the password: codes of an app (TOTP, RFC 6238) and codes on paper. Passkeys: `passkeys`.

No code counts twice, wrong ones are counted in the database, and secrets are sealed under a key outside of it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Self

import pyotp
from django.db import transaction

from jaga.casework.kernel.ledger import enter
from jaga.casework.people.registration import note_use
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms import FactorKind, Role
from jaga.records.access.base.current_user import oneself
from jaga.records.access.people.roster import ASKING
from jaga.records.codes import new_recovery_code, open_secret, recovery_hash, seal_secret
from jaga.records.models import FactorDemand, FactorTries, Passkey, Person, RecoveryCode, TotpSecret

ISSUER = "Jaga"
SECRET_LETTERS = 32  # of base32: 160 bits, as RFC 4226 advises
STEP_SECONDS = 30
DRIFT = 1  # half minutes that a phone's clock may be off
RECOVERY_CODES = 10
MOST_WRONG = 5
CLOSED_FOR = timedelta(minutes=15)
LONGEST_CODE = 40


class WrongFactorCode(JagaError):
    """Neither the app's code nor one of the list, or one that was used already."""

    code = "wrong_code"
    status = 422
    sentence = N_("This code is not right, or it was used already.")
    remedy = N_("Wait for the next code of your app and enter that. Check that your phone sets its clock by itself.")


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
class Factors:
    """What somebody has beside the password."""

    totp_since: datetime | None
    passkeys: tuple["SeenPasskey", ...]
    recovery_left: int
    required: bool

    @property
    def any(self) -> bool:
        """Whether there is a factor at all. The list on paper alone is none."""
        return self.totp_since is not None or bool(self.passkeys)


@dataclass(frozen=True)
class SeenPasskey:
    """One key of somebody, as its owner sees it."""

    number: int
    name: str
    site: str
    added_at: datetime
    last_used_at: datetime | None


def must_have_factor(actor: Actor) -> bool:
    """Officers, keepers and flaggers always; our own people where an administrator demands it."""
    if actor.person_id is None:
        return False
    return bool(actor.roles & ASKING) or FactorDemand.objects.filter(person_id=actor.person_id).exists()


def needs_factor(actor: Actor) -> bool:
    """Whether the password alone opens nothing to this person: they have a factor, or must have one."""
    if actor.roles & ASKING:
        return True
    person = oneself(actor.person_id or 0)
    return person is not None and person.factor


def has_factor(person_id: int) -> bool:
    """Whether the person has set up an app or a passkey."""
    return (TotpSecret.objects.filter(person_id=person_id).exists()
            or Passkey.objects.filter(person_id=person_id).exists())


def factors_of(actor: Actor) -> Factors:
    """The actor's own factors. Raises NotPermitted for an actor who is no person."""
    number = _number(actor)
    totp = TotpSecret.objects.filter(person_id=number).first()
    keys = Passkey.objects.filter(person_id=number).order_by("pk")
    return Factors(
        totp.added_at if totp else None,
        tuple(SeenPasskey(key.pk, key.name, key.site, key.added_at, key.last_used_at) for key in keys),
        RecoveryCode.objects.filter(person_id=number, used_at__isnull=True).count(), must_have_factor(actor),
    )


def _number(actor: Actor) -> int:
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id


def new_totp_secret() -> str:
    """A fresh secret for an app, in base32. It counts once a code of it was shown (`add_totp`)."""
    return pyotp.random_base32(SECRET_LETTERS)


def totp_address(secret: str, username: str) -> str:
    """The otpauth:// address that apps read from the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER)


def _step_of(secret: str, code: str) -> int | None:
    """The half minute whose code this is, among those that a phone's clock may show now."""
    shown, totp, current = code.replace(" ", ""), pyotp.TOTP(secret), int(now().timestamp()) // STEP_SECONDS
    if not (shown.isascii() and shown.isdigit()):
        return None
    return next((step for step in range(current - DRIFT, current + DRIFT + 1)
                 if totp.verify(shown, for_time=step * STEP_SECONDS)), None)


@transaction.atomic
def add_totp(secret: str, code: str, *, actor: Actor) -> tuple[str, ...]:
    """The app of this secret counts from now on, in place of an earlier one; `code` shows that it works.

    Returns the new recovery codes where the person had none, else none. Raises InvalidInput for a wrong code.
    """
    number = _number(actor)
    step = _step_of(secret, code)
    if step is None:
        raise InvalidInput(FieldError("code", "wrong_code", WrongFactorCode.sentence))
    TotpSecret.objects.update_or_create(person_id=number, defaults={
        "sealed": seal_secret(secret), "last_step": step, "added_at": now()})
    enter("add_second_factor", {"person": number, "kind": FactorKind.TOTP}, actor=actor, case_id=None)
    return first_recovery_codes(number)


def first_recovery_codes(person_id: int) -> tuple[str, ...]:
    """A list for somebody who has none yet. Call it in the transaction of the factor that was added."""
    return () if RecoveryCode.objects.filter(person_id=person_id).exists() else _make_codes(person_id)


def _make_codes(person_id: int) -> tuple[str, ...]:
    codes, moment = tuple(new_recovery_code() for _ in range(RECOVERY_CODES)), now()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(person_id=person_id, code_hash=recovery_hash(person_id, code), made_at=moment) for code in codes)
    return codes


@transaction.atomic
def new_recovery_codes(*, actor: Actor) -> tuple[str, ...]:
    """A new list; the old one opens nothing any more. Shown once."""
    number = _number(actor)
    RecoveryCode.objects.filter(person_id=number).delete()
    codes = _make_codes(number)
    enter("make_recovery_codes", {"person": number}, actor=actor, case_id=None)
    return codes


def confirm_code(code: str, *, device: str = "", actor: Actor) -> FactorKind:
    """A code of the app, or one of the list. Raises WrongFactorCode, TooManyCodes.

    `device`: on which the person has signed in before, whose wrong codes are counted by themselves.

    A wrong one is counted in a commit of its own, so that no refusal undoes the count. Two at once: the row is locked,
    and one and the same code counts for one of them.
    """
    number = _number(actor)
    with one_try(number, device) as made:
        kind = _take(number, code[:LONGEST_CODE])
        made.right = kind is not None
        if kind is FactorKind.RECOVERY:
            enter("use_recovery_code", {"person": number}, actor=actor, case_id=None)
    if kind is None:
        raise WrongFactorCode
    note_use(number)
    return kind


def _take(person_id: int, code: str) -> FactorKind | None:
    """Use the code up if it is right."""
    totp = TotpSecret.objects.select_for_update().filter(person_id=person_id).first()
    step = _step_of(open_secret(bytes(totp.sealed)), code) if totp else None
    if totp is not None and step is not None and step > totp.last_step:
        totp.last_step = step
        totp.save(update_fields=["last_step"])
        return FactorKind.TOTP
    used = RecoveryCode.objects.filter(person_id=person_id, code_hash=recovery_hash(person_id, code),
                                       used_at__isnull=True).update(used_at=now())
    return FactorKind.RECOVERY if used else None


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
def remove_totp(*, actor: Actor) -> None:
    """The app counts no more. Raises NotFound, LastFactor."""
    number = _number(actor)
    found = TotpSecret.objects.select_for_update().filter(person_id=number).first()
    if found is None:
        raise NotFound
    if must_have_factor(actor) and not Passkey.objects.filter(person_id=number).exists():
        raise LastFactor
    found.delete()
    enter("remove_second_factor", {"person": number, "kind": FactorKind.TOTP}, actor=actor, case_id=None)


@transaction.atomic
def demand_factor(person_id: int, *, actor: Actor) -> None:
    """From the next page on this person must have a second factor. Reversible: `demand_no_factor`."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if not Person.objects.filter(pk=person_id, is_active=True).exists():
        raise NotFound
    _, made = FactorDemand.objects.get_or_create(
        person_id=person_id, defaults={"demanded_by_id": actor.person_id, "demanded_at": now()})
    if made:
        enter("demand_second_factor", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def demand_no_factor(person_id: int, *, actor: Actor) -> None:
    """It is left to the person again. Raises NotPermitted; NotFound where nothing was demanded."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if not FactorDemand.objects.filter(person_id=person_id).delete()[0]:
        raise NotFound
    enter("demand_no_second_factor", {"person": person_id}, actor=actor, case_id=None)


@transaction.atomic
def forget_factors(person_id: int, *, actor: Actor) -> None:
    """An administrator helps one of our own people who lost theirs: they set up a new one at their next sign-in.

    Officers begin anew by `officers.invite_again`, with another call-back. Raises NotPermitted, NotFound.
    """
    if Role.ADMINISTRATOR not in actor.roles or person_id == actor.person_id:
        raise NotPermitted
    person = Person.objects.filter(pk=person_id, is_active=True).first()
    if person is None or person.role_set() & ASKING:
        raise NotFound
    for factor in (Passkey, RecoveryCode, TotpSecret, FactorTries):
        factor.objects.filter(person_id=person_id).delete()
    enter("forget_second_factors", {"person": person_id}, actor=actor, case_id=None)
