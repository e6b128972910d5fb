"""API keys: who may hold one, its scopes, rate limits and expiry.

Signed requests: officers' signing keys, and the verification of a request's signature.

The exact body is signed by Standard Webhooks 1.0 with Ed25519 (`core.standard_webhooks`). Only the officer holds the
private key, so neither a stolen API key nor a copy of our database suffices to send a request in the officer's name.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from jaga.authorities.models import SignedOnce, SigningKey
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.standard_webhooks import (
    ID,
    SIGNATURE,
    TIMESTAMP,
    ForgedHook,
    HookKeyInvalid,
    MalformedHook,
    StaleHook,
    WebhookPublicKey,
    verify,
    verifying_key,
)
from jaga.core.terms.outside import HeldReason, ProofKind
from jaga.core.terms.people import KeyScope, OrganisationKind, Role
from jaga.people.models import OfficerKey, Person
from jaga.people.reads.api_keys import holder_may
from jaga.store.codes import new_officer_key, officer_key_hash
from jaga.store.kernel.ledger import append
from jaga.webhooks.verbs import end_webhooks

KEY_LIFETIME = timedelta(days=180)
LONGEST_DAYS = 365
PER_MINUTE, PER_DAY = 600, 20_000
MOST_PER_MINUTE, MOST_PER_DAY = 1_000_000, 1_000_000_000


@dataclass(frozen=True)
class KeyTerms:
    """The terms of a new key. `scopes` None means all that the holder may have."""

    scopes: frozenset[KeyScope] | None = None
    label: str = ""
    days: int = KEY_LIFETIME.days
    per_minute: int = PER_MINUTE
    per_day: int = PER_DAY


@dataclass(frozen=True)
class IssuedKey:
    """A new key. `secret` is shown once and not stored."""

    key_id: int
    secret: str = field(repr=False)
    expires_at: datetime


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


@transaction.atomic
def issue_officer_key(holder_id: int, terms: KeyTerms | None = None, *, actor: Actor) -> IssuedKey:
    """Issue an API key to a registered officer, a flagger, or a member of our staff who imports reports.

    Reversible: `revoke_officer_key`. Raises NotFound, NotPermitted if the holder can have no key at all, InvalidInput
    for a scope the holder cannot have or a term out of bounds.
    """
    _administrator(actor)
    terms = terms or KeyTerms()
    holder = Person.objects.select_related("organisation").filter(pk=holder_id).first()
    if holder is None:
        raise NotFound
    allowed = holder_may(OrganisationKind(holder.organisation.kind), holder.role_set()) if holder.is_active else None
    if not allowed:
        raise NotPermitted
    scopes = allowed if terms.scopes is None else terms.scopes
    _check(terms, scopes, allowed)
    secret, moment = new_officer_key(), now()
    key = OfficerKey.objects.create(
        officer=holder,
        prefix=secret[:10],
        key_hash=officer_key_hash(secret),
        created_at=moment,
        expires_at=moment + timedelta(days=terms.days),
        scopes=sorted(scopes),
        label=terms.label.strip(),
        per_minute=terms.per_minute,
        per_day=terms.per_day,
    )
    append(
        "issue_officer_key", {"key": key.pk, "officer": holder.pk, "scopes": sorted(scopes)}, actor=actor, case_id=None
    )
    return IssuedKey(key.pk, secret, key.expires_at)


def _check(terms: KeyTerms, scopes: frozenset[KeyScope], allowed: frozenset[KeyScope]) -> None:
    errors = []
    if not scopes:
        errors.append(FieldError("scopes", "missing", N_("Say what the key may be used for.")))
    elif not scopes <= allowed:
        errors.append(
            FieldError(
                "scopes",
                "not_for_this_holder",
                N_("This person's keys may be used for these only: %(scopes)s."),
                {"scopes": ", ".join(sorted(allowed))},
            )
        )
    bounds = {"days": LONGEST_DAYS, "per_minute": MOST_PER_MINUTE, "per_day": MOST_PER_DAY}
    errors.extend(
        FieldError(name, "out_of_bounds", N_("From 1 to %(most)s."), {"most": most})
        for name, most in bounds.items()
        if not 1 <= getattr(terms, name) <= most
    )
    if len(terms.label) > 80 or "\x00" in terms.label:
        errors.append(FieldError("label", "too_long", N_("At most %(most)s characters."), {"most": 80}))
    if errors:
        raise InvalidInput(*errors)


@transaction.atomic
def revoke_officer_key(key_id: int, *, actor: Actor) -> None:
    """Revoke an API key; it stops working within seconds.

    Irreversible: issue a new one.

    Revoking a holder's last key also disables the webhook endpoints that their keys registered. Raises NotPermitted,
    NotFound.
    """
    _administrator(actor)
    key = OfficerKey.objects.filter(pk=key_id).first()
    if key is None:
        raise NotFound
    OfficerKey.objects.filter(pk=key_id, revoked_at__isnull=True).update(revoked_at=now())
    append("revoke_officer_key", {"key": key_id}, actor=actor, case_id=None)
    if not OfficerKey.objects.filter(officer=key.officer_id, revoked_at__isnull=True, expires_at__gt=now()).exists():
        end_webhooks(key.officer_id, actor=actor)


MAX_KEYS = 5
_HEADERS = (ID, TIMESTAMP, SIGNATURE)
_WORDS: Mapping[HeldReason, tuple[str, str]] = {
    HeldReason.NOT_SIGNED: (
        N_("This was not signed by the officer."),
        N_("Sign the exact body with the officer's key, as docs/orders.md shows."),
    ),
    HeldReason.WRONG_SIGNATURE: (
        N_("The signature does not fit this body and this officer."),
        N_("Sign the exact bytes that are sent, with the officer's own key."),
    ),
    HeldReason.STALE_SIGNATURE: (
        N_("This was signed too long ago, or for a moment that has not come: it may be a recording."),
        N_("Sign each attempt anew, and set the clock by a time server."),
    ),
    HeldReason.NO_SIGNING_KEY: (
        N_("This officer has no key to sign with."),
        N_("The officer registers the public half in the console, or has the administrator do it by telephone."),
    ),
    HeldReason.REVOKED_SIGNING_KEY: (
        N_("This was signed with a key that was taken back."),
        N_("Sign with a key that is in force; if none of you took it back, telephone us."),
    ),
    HeldReason.REPLAYED_MESSAGE: (
        N_("A signed message with this id was taken before."),
        N_("Give each message an id of its own."),
    ),
    HeldReason.REPLAYED_NUMBER: (
        N_("This letter's number was used before, for another letter or other accounts."),
        N_("Give each letter a number of its own. If this is the right one, a supervisor will telephone you."),
    ),
    HeldReason.CHANGED_LETTER: (
        N_("The letter is not the one whose hash was named."),
        N_("Send the letter as it was signed and sealed at your side."),
    ),
    HeldReason.WRONG_AGENCY: (
        N_("This legal basis is not your authority's to invoke."),
        N_("Name a legal basis of GET /legal-bases, or let the authority ask whose it is."),
    ),
    HeldReason.NOT_IN_STANDING: (
        N_("This officer's registration is not in force."),
        N_("Your agency's registered contact renews it; we call back before it counts."),
    ),
    HeldReason.UNKNOWN_SENDER: (
        N_("The sender is not known here."),
        N_("Your agency's registered contact must register an officer with the operator."),
    ),
}


class NotProven(Conflict):
    """The request is not proven to be the officer's. A new request is then held; anything else is refused."""

    code = "not_signed"

    def __init__(self, reason: HeldReason) -> None:
        self.reason = reason
        super().__init__(*_WORDS[reason], code=reason.value)


class KeyInUse(Conflict):
    """Each key belongs to one officer, once."""

    code = "signing_key_in_use"
    sentence = N_("This key is registered already.")
    remedy = N_("Make a new pair of keys; each officer signs with a key of their own.")


def reason_words(reason: HeldReason) -> tuple[str, str]:
    """What a reason means and its remedy (msgids)."""
    return _WORDS[reason]


@dataclass(frozen=True)
class OrderProof:
    """The proof that a request is the officer's. `body` is the signed bytes."""

    kind: ProofKind
    key_id: int | None = None
    message_id: str = ""
    signed_at: datetime | None = None
    signature: str = ""
    body: bytes = field(default=b"", repr=False)
    held_id: int | None = None


STEPPED_UP = OrderProof(ProofKind.STEP_UP)
"""A second factor confirmed in the console just before, as checked by the page."""


def signed_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """The signature headers that were sent, truncated for storage."""
    return {
        name.lower(): value[:2000].replace("\x00", "").encode("utf-8", "replace").decode()
        for name, value in headers.items()
        if name.lower() in _HEADERS
    }


def proof_of(officer_id: int, headers: Mapping[str, str], body: bytes) -> OrderProof:
    """Verify that this officer signed this body just now.

    Stores nothing (see `use_up`). Raises NotProven.

    The key's id is stored with the order, so that the proof can be repeated later.
    """
    given = signed_headers(headers)
    if len(given) < len(_HEADERS):
        raise NotProven(HeldReason.NOT_SIGNED)
    keys = list(SigningKey.objects.filter(officer_id=officer_id).order_by("-pk"))
    if not any(key.revoked_at is None for key in keys):
        raise NotProven(HeldReason.REVOKED_SIGNING_KEY if keys else HeldReason.NO_SIGNING_KEY)
    for key in keys:
        try:
            signature = verify(verifying_key(key.public_key), given, body, now=now())
        except ForgedHook:
            continue
        except StaleHook:
            raise NotProven(HeldReason.STALE_SIGNATURE) from None
        except MalformedHook:
            raise NotProven(HeldReason.WRONG_SIGNATURE) from None
        if key.revoked_at is not None:
            raise NotProven(HeldReason.REVOKED_SIGNING_KEY)
        return OrderProof(ProofKind.SIGNATURE, key.pk, signature.id, signature.at, given[SIGNATURE], body)
    raise NotProven(HeldReason.WRONG_SIGNATURE)


def use_up(officer_id: int, proof: OrderProof) -> None:
    """Mark a signed message as used, in the transaction of its request. Raises NotProven if it was used before."""
    if proof.kind is not ProofKind.SIGNATURE:
        return
    try:
        with transaction.atomic():
            SignedOnce.objects.create(officer_id=officer_id, message_id=proof.message_id, taken_at=now())
    except IntegrityError:
        raise NotProven(HeldReason.REPLAYED_MESSAGE) from None


def was_used(officer_id: int, proof: OrderProof) -> bool:
    """Whether a message with this id was used before."""
    return (
        proof.kind is ProofKind.SIGNATURE
        and SignedOnce.objects.filter(officer_id=officer_id, message_id=proof.message_id).exists()
    )


@transaction.atomic
def register_signing_key(public_key: str, note: str = "", *, actor: Actor) -> int:
    """Register the officer's own signing key, active at once.

    The page has confirmed a second factor.

    Reversible: `revoke_signing_key`. Raises NotPermitted, InvalidInput, KeyInUse.
    """
    return _register(_authoritys(actor.require(Role.OFFICER)), public_key, note, actor)


@transaction.atomic
def register_key_by_call_back(officer_id: int, public_key: str, call_back: str, *, actor: Actor) -> int:
    """Register a key for an officer whom the administrator telephoned.

    `call_back` says who was called at which number. Raises NotPermitted, NotFound, InvalidInput, KeyInUse.
    """
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    if not call_back.strip():
        raise InvalidInput(FieldError("call_back", "missing", N_("Say whom you telephoned, and at which number.")))
    return _register(_authoritys(officer_id), public_key, call_back, actor)


def _authoritys(person_id: int) -> Person:
    person = Person.objects.select_related("organisation").filter(pk=person_id, is_active=True).first()
    if person is None:
        raise NotFound
    if Role.OFFICER not in person.role_set() or not OrganisationKind(person.organisation.kind).is_authority:
        raise NotPermitted
    return person


def _register(officer: Person, public_key: str, note: str, actor: Actor) -> int:
    errors = []
    try:
        key = verifying_key(public_key)
        if not isinstance(key, WebhookPublicKey):
            raise HookKeyInvalid(why="a shared secret")
    except HookKeyInvalid:
        errors.append(
            FieldError(
                "public_key",
                "not_a_key",
                N_("This is not a public key: it begins with whpk_. Never paste the half that begins with whsk_."),
            )
        )
    if len(note) > 120 or "\x00" in note:
        errors.append(FieldError("note", "too_long", N_("At most %(most)s characters."), {"most": 120}))
    if SigningKey.objects.filter(officer=officer, revoked_at__isnull=True).count() >= MAX_KEYS:
        errors.append(
            FieldError("public_key", "too_many", N_("At most %(most)s keys. Take one back first."), {"most": MAX_KEYS})
        )
    if errors:
        raise InvalidInput(*errors)
    try:
        with transaction.atomic():
            row = SigningKey.objects.create(officer=officer, public_key=key.text(), note=note.strip(), created_at=now())
    except IntegrityError:
        raise KeyInUse from None
    append("register_signing_key", {"key": row.pk, "officer": officer.pk}, actor=actor, case_id=None)
    return row.pk


@transaction.atomic
def revoke_signing_key(key_id: int, *, actor: Actor) -> None:
    """Revoke a signing key at once.

    Irreversible.

    An officer revokes their own keys; a supervisor or administrator any key. Raises NotPermitted, NotFound.
    """
    rows = SigningKey.objects.select_for_update().filter(pk=key_id, revoked_at__isnull=True)
    if not actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        rows = rows.filter(officer_id=actor.require(Role.OFFICER))
    row = rows.first()
    if row is None:
        raise NotFound
    row.revoked_at = now()
    row.save(update_fields=["revoked_at"])
    append("revoke_signing_key", {"key": row.pk, "officer": row.officer_id}, actor=actor, case_id=None)
