"""Actors: who performs a verb. Every verb takes an `actor`; nobody acts anonymously, not even a machine."""

from dataclasses import dataclass

from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role


@dataclass(frozen=True)
class Actor:
    """A person of this installation, or one of the named actors below."""

    name: str
    person_id: int | None = None
    organisation_id: int | None = None
    roles: frozenset[Role] = frozenset()

    def require(self, *roles: Role) -> int:
        """The person's id if they hold one of `roles`. Raises NotPermitted."""
        if self.person_id is None or not self.roles.intersection(roles):
            raise NotPermitted
        return self.person_id


PUBLIC = Actor("public")  # a reporter; nothing that identifies them is recorded
HOLDER = Actor("holder")  # whoever has a statement's appeal code
RECEIVER = Actor("receiver")  # whoever has a referral's link and code
SYSTEM = Actor("system")  # triage, workers, periodic tasks
CLI = Actor("cli", roles=frozenset({Role.ADMINISTRATOR}))  # whoever has a shell on the server
