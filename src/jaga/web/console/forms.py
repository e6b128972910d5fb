"""The decision form: what may be chosen on a case, what was entered, and what is wrong with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import QueryDict

from jaga.casework.decide import MAX_FACTS, Ballot, allowed_decisions, fitting_bases, may_redact, needs_second_person
from jaga.core.terms import DecisionKind, Ground
from jaga.policy import LegalBasis, load_release
from jaga.records.access.console import Case
from jaga.web.console.words import DECISION_HINTS, DECISIONS, GROUNDS, ORDER


@dataclass(frozen=True)
class Choice:
    """One decision that may be chosen. `key` is the number on the keyboard."""

    key: int
    kind: DecisionKind
    label: str
    hint: str
    two_people: bool


@dataclass(frozen=True)
class Entered:
    """What the person entered, kept as it was whatever becomes of it."""

    kind: str = ""
    legal_basis: str = ""
    ground: str = Ground.ILLEGAL_CONTENT
    facts: str = ""
    rooms: str = ""


@dataclass(frozen=True)
class DecisionForm:
    """All that the form shows."""

    choices: tuple[Choice, ...]
    bases: tuple[LegalBasis, ...]
    grounds: Mapping[str, str]
    redaction: bool
    entered: Entered
    token: str
    longest: int = MAX_FACTS
    errors: Mapping[str, list[str]] = field(default_factory=dict)


def decision_form(case: Case, entered: Entered, token: str,
                  errors: Mapping[str, list[str]] | None = None) -> DecisionForm:
    """The form for this case: only what policy and platform allow here, rejecting first, closing last."""
    release = load_release()
    allowed = allowed_decisions(case, release)
    kinds = [kind for kind in ORDER if kind in allowed]
    return DecisionForm(
        tuple(Choice(key, kind, DECISIONS[kind], DECISION_HINTS[kind], needs_second_person(case, kind, release))
              for key, kind in enumerate(kinds, 1)),
        fitting_bases(case, release), {g.value: m for g, m in GROUNDS.items()},
        may_redact(case, release), entered, token, errors=errors or {},
    )


def read_entered(sent: QueryDict) -> Entered:
    """The form as it was sent."""
    return Entered(sent.get("kind", ""), sent.get("legal_basis", ""), sent.get("ground", ""),
                   sent.get("facts", "").replace("\r\n", "\n"), sent.get("rooms", "").replace("\r\n", "\n"))


def ballot_of(entered: Entered) -> Ballot | None:
    """What the person judges; None where no decision was chosen, or none that exists."""
    try:
        kind = DecisionKind(entered.kind)
        ground = Ground(entered.ground or Ground.ILLEGAL_CONTENT)
    except ValueError:
        return None
    dismissed = kind is DecisionKind.DISMISS
    rooms = () if dismissed else tuple(line.strip() for line in entered.rooms.splitlines() if line.strip())
    return Ballot(kind, "" if dismissed else entered.legal_basis, entered.facts, ground, rooms)
