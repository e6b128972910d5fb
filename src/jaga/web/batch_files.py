"""Batches in readers' terms: states, and CSV files of rejected rows and results, shared by page, API and command."""

from collections.abc import Iterator

from django.utils.translation import gettext, override

from jaga.batches.reads import RowResultView, results
from jaga.batches.verbs.batches import refused_with_cells
from jaga.core.actors import Actor
from jaga.core.errors import N_
from jaga.core.terms.people import Language
from jaga.core.terms.reports import BatchFormat, BatchState
from jaga.exchange.csv_out import Cell, csv_rows
from jaga.exchange.rows import COLUMNS
from jaga.web.errors import say_field

BATCH_STATES = {
    BatchState.RECEIVED: N_("being looked at"),
    BatchState.READY: N_("waits to be started"),
    BatchState.RUNNING: N_("being filed"),
    BatchState.DONE: N_("filed"),
    BatchState.CANCELLED: N_("cancelled"),
    BatchState.FAILED: N_("cannot be read"),
}
BATCH_FORMATS = {
    BatchFormat.CSV: "CSV",
    BatchFormat.XLSX: "XLSX",
    BatchFormat.JSONL: N_("JSON lines"),
    BatchFormat.XARF: "XARF",
}
COLUMN_WORDS = {  # `exchange.rows.column_of` reads every one of them back.
    "row": N_("row"),
    "reason": N_("reason"),
    "field": N_("field"),
    "platform": N_("app"),
    "account": N_("account"),
    "category": N_("category"),
    "text": N_("text"),
    "excerpt": N_("excerpt"),
    "links": N_("links"),
    "conduct_on": N_("date"),
    "reference": N_("reference"),
    "language": N_("language"),
    "report": N_("report"),
    "state": N_("state"),
}
_RESULTS = (N_("received"), N_("in a case"), N_("finished"))


def refused_csv(batch_id: int, *, actor: Actor, spoken: Language) -> Iterator[bytes]:
    """Rejected rows as a CSV that can be corrected and uploaded again: reasons in the reader's language, then the
    cells.

    Raises NotPermitted, NotFound, EvidenceDamaged before the first line.
    """
    rows = refused_with_cells(batch_id, actor=actor)

    def lines() -> Iterator[list[Cell]]:
        for number, cells, errors in rows:
            with override(spoken.value):
                reasons = " ".join(dict.fromkeys(say_field(error) for error in errors))
                fields = ", ".join(dict.fromkeys(column_word(error.field) for error in errors))
            yield [number, reasons, fields, *(cells.get(column, "") for column in COLUMNS)]

    return csv_rows(_header(("row", "reason", "field", *COLUMNS), spoken), lines())


def results_csv(batch_id: int, *, actor: Actor, spoken: Language) -> Iterator[bytes]:
    """Filed rows with report number, the sender's own number and state.

    Contains no receipt.

    Raises NotPermitted, NotFound before the first line.
    """
    found = results(batch_id, actor=actor)

    def lines() -> Iterator[list[Cell]]:
        for one in found:
            with override(spoken.value):
                state = gettext(_result(one))
            yield [one.number, one.report_id, one.reference, state]

    return csv_rows(_header(("row", "report", "reference", "state"), spoken), lines())


def _result(one: RowResultView) -> str:
    received, in_a_case, finished = _RESULTS
    return finished if one.ended else in_a_case if one.filed else received


def _header(columns: tuple[str, ...], spoken: Language) -> list[str]:
    with override(spoken.value):
        return [column_word(column) for column in columns]


def column_word(column: str) -> str:
    """A column's name in the reader's language."""
    return gettext(COLUMN_WORDS[column]) if column in COLUMN_WORDS else column
