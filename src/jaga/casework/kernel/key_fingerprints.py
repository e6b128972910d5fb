"""Fingerprints of the keys that lie outside the database, and what becomes of them."""

from collections.abc import Mapping

from django.db import transaction

from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.terms import Role
from jaga.records.models import KeyFingerprint


def _administrator(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


@transaction.atomic
def record_fingerprints(found: Mapping[str, str], *, actor: Actor) -> None:
    """Keep the fingerprints (by the key's name) that are new; known ones stay as they are. Safe to repeat."""
    _administrator(actor)
    known = set(KeyFingerprint.objects.values_list("name", flat=True))
    new = {name: value for name, value in found.items() if name not in known}
    if new:
        moment = now()
        KeyFingerprint.objects.bulk_create(
            KeyFingerprint(name=name, fingerprint=value, since=moment) for name, value in new.items())
        enter("record_keys", {"fingerprints": new}, actor=actor, case_id=None)


@transaction.atomic
def replace_fingerprint(name: str, fingerprint: str, *, actor: Actor) -> None:
    """A key was replaced: from now on this one is asked for. What was kept under the old one stays lost."""
    _administrator(actor)
    KeyFingerprint.objects.update_or_create(name=name, defaults={"fingerprint": fingerprint, "since": now()})
    enter("replace_key", {"key": name, "fingerprint": fingerprint}, actor=actor, case_id=None)
