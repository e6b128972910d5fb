"""What was refused or held back because a row that it rests on was changed past Jaga: the entries that say so."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.terms.ledger import RefusedAct
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.gate import SHOWN
from jaga.records.access.cases.history import count_verified_differences
from jaga.records.access.reporting.held_letters import entries_without_end, pending_holds
from jaga.records.models import Case, LedgerEntry

REFUSE, END = "refuse_rows", "end_refusal"
"""The verbs of the entries: refused; the row is as recorded again."""
HOLD_FIGURES, RELEASE_FIGURES = "hold_figures", "release_figures"
"""The verbs of the entries: no period of the public figures is closed any more; they are closed again."""


@dataclass(frozen=True)
class HeldBack:
    """Letters that wait, exports and letters that were refused, and whether public figures wait."""

    letters: int = 0
    refusals: int = 0
    figures: bool = False

    @property
    def count(self) -> int:
        """How many letters, exports and letters that people asked for."""
        return self.letters + self.refusals


@dataclass(frozen=True)
class RefusalView:
    """What was refused in a case, and the row that differed, for the page of a supervisor."""

    case_id: int
    reference: str
    act: RefusedAct
    part: str
    number: int
    refused_at: datetime


def open_refusals() -> QuerySet[LedgerEntry]:
    """The entries of refusals whose row has not been seen as recorded since, the oldest first."""
    return entries_without_end(REFUSE, END, "refusal")


def count_held_back() -> HeldBack:
    """The numbers, for the health check."""
    return HeldBack(pending_holds().count(), open_refusals().count(), bool(count_verified_differences()))


def see_held_back(*, actor: Actor) -> HeldBack:
    """The numbers. Raises NotPermitted for anyone but supervisors, administrators and auditors."""
    actor.require(Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR)
    return count_held_back()


def list_refusals(*, actor: Actor) -> tuple[RefusalView, ...]:
    """What was refused and would be again, the oldest first. Raises NotPermitted for anyone but a supervisor."""
    actor.require(Role.SUPERVISOR)
    return tuple(_views(actor))


def _views(actor: Actor) -> Iterator[RefusalView]:
    cases = Case.objects.filter(visible_to(actor)).in_bulk(
        list(open_refusals().values_list("case_ref", flat=True)[:SHOWN])
    )
    for row in open_refusals().filter(case_ref__in=cases)[:SHOWN]:
        case = cases[row.case_ref or 0]
        yield RefusalView(
            case.pk,
            case.reference,
            RefusedAct(row.payload["act"]),
            str(row.payload["part"]),
            int(row.payload["number"]),
            row.at,
        )
