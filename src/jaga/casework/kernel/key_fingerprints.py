"""Fingerprints of the secret keys kept outside the database, so that a missing or wrong key is noticed."""

from collections.abc import Mapping

from django.db import transaction

from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role
from jaga.records.models import KeyFingerprint


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


@transaction.atomic
def record_fingerprints(found: Mapping[str, str], *, actor: Actor) -> None:
    """Store new fingerprints by key name; known ones are not changed. Idempotent. Raises NotPermitted."""
    _administrator(actor)
    recorded = set(KeyFingerprint.objects.values_list("name", flat=True))
    new = {name: value for name, value in found.items() if name not in recorded}
    if new:
        moment = now()
        KeyFingerprint.objects.bulk_create(
            KeyFingerprint(name=name, fingerprint=value, since=moment) for name, value in new.items()
        )
        append("record_keys", {"fingerprints": new}, actor=actor, case_id=None)


@transaction.atomic
def replace_fingerprint(name: str, fingerprint: str, *, actor: Actor) -> None:
    """Accept a replaced key: its fingerprint is expected from now on.

    Raises NotPermitted.

    What was encrypted with the old key stays unreadable.
    """
    _administrator(actor)
    KeyFingerprint.objects.update_or_create(name=name, defaults={"fingerprint": fingerprint, "since": now()})
    append("replace_key", {"key": name, "fingerprint": fingerprint}, actor=actor, case_id=None)
