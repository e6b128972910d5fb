"""Who acts. Every verb takes an `actor`; nobody acts anonymously, not even a machine."""

from dataclasses import dataclass

from jaga.core.errors import NotPermitted
from jaga.core.terms import Role


@dataclass(frozen=True)
class Actor:
    """A person of this installation, or one of the named others (`PUBLIC`, `HOLDER`, `SYSTEM`, `OPERATOR_CLI`)."""

    name: str
    person_id: int | None = None
    organisation_id: int | None = None
    roles: frozenset[Role] = frozenset()

    def require(self, *roles: Role) -> int:
        """The person's id, if they hold one of `roles`. Raises NotPermitted."""
        if self.person_id is None or not self.roles.intersection(roles):
            raise NotPermitted
        return self.person_id


PUBLIC = Actor("public")  # a reporter: never recorded with anything that could identify them
HOLDER = Actor("holder")  # whoever holds a statement's appeal code
RECEIVER = Actor("receiver")  # whoever holds a referral's link and its code
SYSTEM = Actor("system")  # triage, workers, sweeps
CLI = Actor("cli", roles=frozenset({Role.ADMINISTRATOR}))  # whoever has the server's shell
