"""The sealed originals of a case as its page shows them: by their hashes, never their bytes."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.terms.cases import EvidenceKind
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.originals import originals_of
from jaga.records.models import (
    Case,
)


@dataclass(frozen=True)
class EvidenceView:
    """A sealed original by its hash. The console never shows the bytes."""

    kind: EvidenceKind
    media_type: str
    size: int
    sha256: str
    sealed_at: datetime


@takes_case
def evidence_of(case: Case) -> tuple[EvidenceView, ...]:
    """Originals sealed for the case."""
    rows = originals_of([case])
    return tuple(
        EvidenceView(EvidenceKind(row.kind), row.media_type, row.size, row.sha256, row.sealed_at) for row in rows
    )
