"""The decision form: what may be chosen on a case, what was entered, and what is wrong with it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from django.http import QueryDict
from django.utils.translation import gettext

from jaga.casework.decide import MAX_FACTS, Ballot, allowed_decisions, fitting_bases, may_redact, needs_second_person
from jaga.core.errors import N_
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
class Wrong:
    """A field that was refused: what it is called, where it stands (empty: not on this page), and why."""

    anchor: str
    label: str
    sentences: tuple[str, ...]


_LABELS = {"kind": N_("Decision"), "legal_basis": N_("Legal basis"), "facts": N_("Facts"), "rooms": N_("Rooms"),
           "result": N_("Decision"), "reasons": N_("Reasons")}


def wrong_fields(errors: Mapping[str, list[str]], shown: Collection[str]) -> tuple[Wrong, ...]:
    """The refused fields from top to bottom of the form; those that the page does not show come last."""
    found = [Wrong(name if name in shown else "", gettext(_LABELS[name]) if name in _LABELS else name, tuple(said))
             for name, said in sorted(errors.items(), key=lambda one: [*_LABELS, one[0]].index(one[0]))]
    return tuple(sorted(found, key=lambda one: not one.anchor))


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

    @property
    def wrong(self) -> tuple[Wrong, ...]:
        """What was refused, in the order of the form."""
        measures = len(self.choices) > 1
        shown = [name for name, there in (("kind", bool(self.choices)), ("legal_basis", measures and bool(self.bases)),
                                          ("facts", measures), ("rooms", measures and self.redaction)) if there]
        return wrong_fields(self.errors, shown)

    @property
    def first_wrong(self) -> str:
        """The field to go to: the first refused one that is on the page."""
        return next((one.anchor for one in self.wrong if one.anchor), "")

    @property
    def untouched(self) -> bool:
        """Whether nothing was entered yet, so that the first choice is where the work goes on."""
        return self.entered == Entered() and not self.errors


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
