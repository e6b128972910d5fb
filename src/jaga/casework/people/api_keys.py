"""API keys: who may hold one, its scopes, rate limits and expiry."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.webhooks.endpoints import end_webhooks
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import KeyScope, OrganisationKind, Role
from jaga.records.access.people.api_keys import holder_may
from jaga.records.codes import new_officer_key, officer_key_hash
from jaga.records.models import OfficerKey, Person

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
