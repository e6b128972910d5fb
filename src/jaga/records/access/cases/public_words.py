"""An account's public text as recorded by staff. This text may be quoted."""

from dataclasses import dataclass
from datetime import date, datetime

from jaga.core.actors import Actor
from jaga.core.terms.cases import EvidenceKind
from jaga.core.terms.reports import ReportForm
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.originals import originals_of
from jaga.records.key_store.errors import Erased
from jaga.records.models import Case, Evidence, Report
from jaga.records.vault import EvidenceDamaged, unseal

_OUR_OWN = "^(verification|second-look|words):"
"""Observation kinds that hold Jaga's own text instead of the account's, and recorded text, which is read from the
sealed original."""
PUBLIC_WORDS = "public-words.txt"
"""Name of these originals. Since originals go to authorities, only the ledger says who recorded them."""


@dataclass(frozen=True)
class PublicWords:
    """Public text, where it stood, and when it was recorded. `day`: of an observation; staff write it into `where`."""

    where: str
    text: str
    recorded_at: datetime
    day: date | None = None

    @property
    def where_and_when(self) -> str:
        """Place and day on one line."""
        return ", ".join(filter(None, (self.where.strip(), self.day.isoformat() if self.day else "")))


@takes_case
def public_words_of(case: Case) -> tuple[PublicWords, ...]:
    """Text recorded for the case, oldest first; empty in a victim-first case."""
    if case.victim_first:
        return ()
    rows = originals_of([case]).filter(report__isnull=True, kind=EvidenceKind.TEXT, name=PUBLIC_WORDS)
    return tuple(_read(row) for row in rows)


def recorded_words(case_id: int, *, actor: Actor) -> tuple[PublicWords, ...]:
    """Recorded text by case id, for the appeal page; empty if the actor may not see the case."""
    case = Case.objects.filter(visible_to(actor), pk=case_id).first()
    return public_words_of(case) if case else ()


@takes_case
def shown_publicly(case: Case) -> tuple[PublicWords, ...]:
    """The reported account's public text on record: monitoring observations, then text recorded by staff.

    Empty in a victim-first case.
    """
    if case.victim_first:
        return ()
    observations = (
        Report.objects.filter(case=case, subject=case.subject_id, form=ReportForm.OBSERVATION)
        .exclude(origin_ref__regex=_OUR_OWN)
        .order_by("pk")
    )
    rows = observations.values_list("place", "conduct_on", "published", "received_at")
    watched = (PublicWords(place, text, at, day) for place, day, text, at in rows if text.strip())
    return (*watched, *public_words_of(case))


def _read(row: Evidence) -> PublicWords:
    try:
        where, _, text = unseal(row.sha256, row.key_owner()).decode("utf-8", "replace").partition("\n\n")
    except (EvidenceDamaged, Erased):
        where, text = "", ""
    return PublicWords(where, text, row.sealed_at)
