"""Passkeys (W3C Web Authentication): a key that somebody's device holds and that no foreign site can ask for.

A key is bound to a host name, so it is offered at that name only; browsers allow it over https, and on localhost.
"""

import json
from dataclasses import dataclass

from django.db import IntegrityError, transaction
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.validation import check_text
from jaga.casework.people.registration import note_use
from jaga.casework.people.second_factor import ISSUER, LastFactor, first_recovery_codes, must_have_factor, one_try
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, InvalidInput, JagaError, NotFound, NotPermitted
from jaga.core.terms import FactorKind
from jaga.records.models import Passkey, Person, TotpSecret

MOST_PASSKEYS = 10
LONGEST_NAME = 60
LONGEST_ANSWER = 20_000


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


@dataclass(frozen=True)
class Site:
    """Where the browser is: the host name that keys are bound to, and the whole origin."""

    name: str
    origin: str


@dataclass(frozen=True)
class Question:
    """What the browser is asked: options for its script as JSON, and the challenge to keep until its answer."""

    options: str
    challenge: bytes


def _person(actor: Actor) -> Person:
    found = Person.objects.filter(pk=actor.person_id, is_active=True).first() if actor.person_id else None
    if found is None:
        raise NotPermitted
    return found


def ask_for_new(site: Site, *, actor: Actor) -> Question:
    """What the browser needs to make a new key. Changes nothing."""
    person = _person(actor)
    known = [PublicKeyCredentialDescriptor(bytes(key.credential_id))
             for key in Passkey.objects.filter(person=person, site=site.name)]
    made = generate_registration_options(
        rp_id=site.name, rp_name=ISSUER, user_name=person.username, user_display_name=person.display_name,
        user_id=f"person:{person.pk}".encode(), exclude_credentials=known,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.DISCOURAGED, user_verification=UserVerificationRequirement.PREFERRED))
    return Question(options_to_json(made), made.challenge)


def _read(answer: str) -> dict[str, object]:
    """The browser's answer. Raises PasskeyRefused."""
    try:
        read = json.loads(answer) if len(answer) <= LONGEST_ANSWER else None
    except (ValueError, RecursionError):
        read = None
    if not isinstance(read, dict):
        raise PasskeyRefused
    return read


@transaction.atomic
def add_passkey(name: str, answer: str, challenge: bytes, site: Site, *, actor: Actor) -> tuple[str, ...]:
    """The key that the browser made counts from now on. Returns the first recovery codes, as `add_totp` does.

    Raises PasskeyRefused, InvalidInput for an unusable name, TooManyPasskeys.
    """
    person = _person(actor)
    if errors := check_text("name", name, LONGEST_NAME):
        raise InvalidInput(*errors)
    if Passkey.objects.filter(person=person).count() >= MOST_PASSKEYS:
        raise TooManyPasskeys
    try:
        seen = verify_registration_response(
            credential=_read(answer), expected_challenge=challenge, expected_rp_id=site.name,
            expected_origin=site.origin)
        with transaction.atomic():
            Passkey.objects.create(
                person=person, name=name.strip() or site.name[:LONGEST_NAME], site=site.name, uses=seen.sign_count,
                credential_id=seen.credential_id, public_key=seen.credential_public_key, added_at=now())
    except (WebAuthnException, IntegrityError, ValueError, KeyError, TypeError, AttributeError):
        # The library reads what anybody may send; what it stumbles over is no answer.
        raise PasskeyRefused from None
    enter("add_second_factor", {"person": person.pk, "kind": FactorKind.PASSKEY}, actor=actor, case_id=None)
    return first_recovery_codes(person.pk)


def ask_for_known(site: Site, *, actor: Actor) -> Question | None:
    """What the browser needs to use one of the person's keys of this site; None if there is none."""
    keys = list(Passkey.objects.filter(person=_person(actor), site=site.name))
    if not keys:
        return None
    made = generate_authentication_options(
        rp_id=site.name, allow_credentials=[PublicKeyCredentialDescriptor(bytes(key.credential_id)) for key in keys],
        user_verification=UserVerificationRequirement.PREFERRED)
    return Question(options_to_json(made), made.challenge)


def confirm_passkey(answer: str, challenge: bytes, site: Site, *, device: str = "", actor: Actor) -> FactorKind:
    """One of the person's own keys signed the challenge. Raises PasskeyRefused, TooManyCodes."""
    person = _person(actor)
    with one_try(person.pk, device) as made:
        made.right = _fits(person, answer, challenge, site)
    if not made.right:
        raise PasskeyRefused
    note_use(person.pk)
    return FactorKind.PASSKEY


def _fits(person: Person, answer: str, challenge: bytes, site: Site) -> bool:
    try:
        read = _read(answer)
        number = base64url_to_bytes(str(read.get("rawId", "")))
        keys = Passkey.objects.select_for_update().filter(person=person, site=site.name, credential_id=number)
        key = keys.first()
        if key is None:
            return False
        seen = verify_authentication_response(
            credential=read, expected_challenge=challenge, expected_rp_id=site.name, expected_origin=site.origin,
            credential_public_key=bytes(key.public_key), credential_current_sign_count=key.uses)
    except (PasskeyRefused, WebAuthnException, ValueError, KeyError, TypeError, AttributeError):
        return False
    key.uses, key.last_used_at = seen.new_sign_count, now()
    key.save(update_fields=["uses", "last_used_at"])
    return True


@transaction.atomic
def remove_passkey(number: int, *, actor: Actor) -> None:
    """The key counts no more. Raises NotFound, LastFactor."""
    person = _person(actor)
    found = Passkey.objects.select_for_update().filter(pk=number, person=person).first() if number < 2**63 else None
    if found is None:
        raise NotFound
    others = Passkey.objects.filter(person=person).exclude(pk=number).exists()
    if must_have_factor(actor) and not others and not TotpSecret.objects.filter(person=person).exists():
        raise LastFactor
    found.delete()
    enter("remove_second_factor", {"person": person.pk, "kind": FactorKind.PASSKEY}, actor=actor, case_id=None)
