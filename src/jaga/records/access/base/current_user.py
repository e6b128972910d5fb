"""The signed-in person: what every console page needs, in one prepared query."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Clearance, Language, Role
from jaga.records.access.base.request_cache import once
from jaga.records.bulk import ask_prepared

_ASK = """
SELECT p.display_name, o.name, p.language,
    ARRAY(SELECT r.role::text FROM records_personrole r WHERE r.person_id = p.id),
    ARRAY(SELECT c.clearance::text FROM records_personclearance c
          WHERE c.person_id = p.id AND c.ended_at IS NULL AND c.expires_at > %(moment)s),
    EXISTS (SELECT 1 FROM mfa_authenticator f WHERE f.user_id = p.id AND f.type IN ('totp', 'webauthn')),
    EXISTS (SELECT 1 FROM records_factorexemption e WHERE e.person_id = p.id),
    ARRAY(SELECT s.case_id FROM records_skip s WHERE s.person_id = p.id AND s.until > %(moment)s),
    (SELECT to_jsonb(chosen) FROM records_preferences chosen WHERE chosen.person_id = p.id)
FROM records_person p JOIN records_organisation o ON o.id = p.organisation_id WHERE p.id = %(person)s
"""


@dataclass(frozen=True)
class CurrentUser:
    """A person's current state.

    `factor`: they have a second factor. `exempt`: an administrator does not require one. `chosen` is their preferences
    row, or None.
    """

    display_name: str
    organisation: str
    language: Language
    roles: frozenset[Role]
    clearances: frozenset[Clearance]
    factor: bool
    exempt: bool
    skipped: tuple[int, ...]  # Case ids moved to the end of this person's queue for a while.
    chosen: Mapping[str, object] | None


@once
def current_user(person_id: int) -> CurrentUser | None:
    """The person with this id, or None.

    Clearances are those in force; roles are all assigned ones. The caller must check that the account is active.
    """
    rows = ask_prepared(_ASK, {"moment": now(), "person": person_id})
    if not rows:
        return None
    name, organisation, language, roles, clearances, factor, exempt, skipped, chosen = rows[0]
    return CurrentUser(
        name,
        organisation,
        Language(language),
        frozenset(Role(role) for role in roles),
        frozenset(Clearance(one) for one in clearances),
        factor,
        exempt,
        tuple(skipped),
        json.loads(chosen) if chosen else None,
    )


def number_of(actor: Actor) -> int:
    """The actor's person id. Raises NotPermitted if the actor is not a person."""
    if actor.person_id is None:
        raise NotPermitted
    return actor.person_id
