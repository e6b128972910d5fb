"""Preview of the holder's letter and of the reasons page, in both languages, before a decision."""

from dataclasses import replace

from jaga.casework.decisions import letter_preview
from jaga.casework.decisions.letter_preview import Preview
from jaga.casework.decisions.voting import Ballot
from jaga.records.access.cases.case_view import CaseView
from jaga.web.errors import fill


def preview_of(case: CaseView, ballot: Ballot | None) -> Preview:
    """What the account holder would read, or why there is nothing yet, in the reader's language. Stores nothing."""
    made = letter_preview.preview_of(case, ballot)
    return replace(made, why_not=fill(made.why_not, {})) if made.why_not else made
