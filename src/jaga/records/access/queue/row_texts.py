"""What each case of a list is about: one text with the places of the screening's findings.

Preferred is what the account published, in the report with the strongest finding; otherwise the newest report's text.
Never in victim-first cases, and not of severe cases while the reader is due for lighter ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from jaga.core.actors import Actor
from jaga.core.terms.people import Language
from jaga.core.terms.reports import TextKind
from jaga.policy import load_release
from jaga.records.access.base.clearance import clearances_of
from jaga.records.access.queue.exposure import exposure_of
from jaga.records.bulk import ask_prepared
from jaga.records.models import Report
from jaga.records.sealed_text import sealed_field

LENGTH = 2000  # Code points of a text that are handed on; lists show a line of it.
_COLUMNS = {
    TextKind.PUBLISHED: sealed_field(Report, "published"),
    TextKind.EXCERPT: sealed_field(Report, "excerpt"),
    TextKind.WORDS: sealed_field(Report, "text"),
}
_PLACES = 50
_TEXTS = """
SELECT c.id, said.kind, said.language, said.text, found.places
FROM records_case c
CROSS JOIN LATERAL (
    (SELECT r.id, 'published' AS kind, r.published AS text, r.language, 0 AS preference
     FROM records_signal s JOIN records_report r ON r.id = s.report_id
     WHERE s.case_id = c.id AND s.text_kind = 'published' AND r.published <> '' AND r.withdrawn_at IS NULL
     ORDER BY s.weight DESC, s.id LIMIT 1)
    UNION ALL
    (SELECT r.id, CASE WHEN r.published <> '' THEN 'published' WHEN r.excerpt <> '' THEN 'excerpt' ELSE 'words' END,
            coalesce(nullif(r.published, ''), nullif(r.excerpt, ''), r.text), r.language, 1
     FROM records_report r
     WHERE r.case_id = c.id AND r.withdrawn_at IS NULL AND (r.published, r.excerpt, r.text) <> ('', '', '')
     ORDER BY r.id DESC LIMIT 1)
    ORDER BY preference LIMIT 1) AS said
CROSS JOIN LATERAL (
    SELECT array_agg(one.places) AS places FROM (
        SELECT DISTINCT coalesce(nullif(s.params ->> 'places', ''), s.start || '-' || s."end") AS places
        FROM records_signal s WHERE s.report_id = said.id AND s.text_kind = said.kind LIMIT %(places)s) AS one) AS found
WHERE c.id = ANY(%(numbers)s) AND NOT c.victim_first AND c.severity < %(below)s AND c.clearance = ANY(%(held)s)
"""


@dataclass(frozen=True)
class RowText:
    """The beginning of a case's text. `places`: the spans of the findings in it, in code points; they may overlap."""

    kind: TextKind
    language: Language
    text: str
    places: tuple[tuple[int, int], ...]


def texts_of_rows(numbers: Sequence[int], *, actor: Actor) -> dict[int, RowText]:
    """The texts of cases that the actor may see, by case; without cases that show none.

    Raises NotPermitted for anyone who does not judge cases.
    """
    severe = int(load_release().wellness.severe_from)
    below = severe if exposure_of(actor).lighter_only else 100
    rows = ask_prepared(
        _TEXTS,
        {
            "numbers": list(numbers),
            "places": _PLACES,
            "below": below,
            "held": ["", *(one.value for one in clearances_of(actor))],
        },
    )
    texts = (
        (number, kind, language, _COLUMNS[kind].opened(text), places) for number, kind, language, text, places in rows
    )
    return {
        number: RowText(TextKind(kind), Language(language), text[:LENGTH], _spans(places or ()))
        for number, kind, language, text, places in texts
        if text
    }


def _spans(places: Sequence[str]) -> tuple[tuple[int, int], ...]:
    spans = (span.partition("-") for one in places for span in one.split())
    return tuple(sorted({(int(start), int(end)) for start, _, end in spans}))
