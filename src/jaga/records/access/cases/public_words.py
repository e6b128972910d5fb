"""Words of an account that somebody on the case saw where everybody can read them: these may be quoted."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.actors import Actor
from jaga.core.terms import EvidenceKind, ReportForm
from jaga.records.access.base.clearance import visible_to
from jaga.records.access.cases.originals import originals_of
from jaga.records.models import Case, Report
from jaga.records.vault import EvidenceDamaged, unseal

_OUR_OWN = "^(verification|second-look|words):"
"""Observations that hold a sentence of ours and no word of the account; and recorded words, which are read from what
was sealed."""
PUBLIC_WORDS = "public-words.txt"
"""The name of these originals. Who recorded them stands in the ledger alone: originals go to authorities."""


@dataclass(frozen=True)
class PublicWords:
    """What stood where, and since when it is recorded."""

    where: str
    text: str
    recorded_at: datetime


def public_words_of(case: Case) -> tuple[PublicWords, ...]:
    """What was recorded for the case, the oldest first; nothing in a victim-first case, whose contents stay closed."""
    if case.victim_first:
        return ()
    rows = originals_of([case]).filter(report__isnull=True, kind=EvidenceKind.TEXT, name=PUBLIC_WORDS)
    return tuple(_read(row.sha256, row.sealed_at) for row in rows)


def recorded_words(case_id: int, *, actor: Actor) -> tuple[PublicWords, ...]:
    """The same by the case's number, beside its appeal; nothing of a case that this person may not see."""
    case = Case.objects.filter(visible_to(actor), pk=case_id).first()
    return public_words_of(case) if case else ()


def shown_publicly(case: Case) -> tuple[PublicWords, ...]:
    """What the reported account showed to everybody, as far as it is on record: what our own watch saw in the case,
    then what people recorded. Nothing in a victim-first case."""
    if case.victim_first:
        return ()
    seen = Report.objects.filter(case=case, subject=case.subject_id, form=ReportForm.OBSERVATION).exclude(
        origin_ref__regex=_OUR_OWN).order_by("pk")
    rows = seen.values_list("place", "conduct_on", "published", "received_at")
    watched = (PublicWords(", ".join(filter(None, (place, day.isoformat()))), text, at)
               for place, day, text, at in rows if text.strip())
    return (*watched, *public_words_of(case))


def _read(sha256: str, recorded_at: datetime) -> PublicWords:
    try:
        where, _, text = unseal(sha256).decode("utf-8", "replace").partition("\n\n")
    except EvidenceDamaged:
        where, text = "", ""
    return PublicWords(where, text, recorded_at)
