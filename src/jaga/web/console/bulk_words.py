"""Words for runs over many cases: what is done, where a run and each of its cases stand, and the doubts."""

from jaga.casework.bulk_work import DOUBTS
from jaga.core.errors import N_
from jaga.core.terms import BulkItemState, BulkKind, BulkState

KINDS = {
    BulkKind.DISMISS: N_("No action"), BulkKind.ROUTE: N_("Into another queue"), BulkKind.LABEL: N_("Label"),
    BulkKind.RESTRICT: N_("Restrict the accounts"),
}
STATES = {
    BulkState.DRAFT: N_("draft"), BulkState.PROPOSED: N_("waits for a second person"),
    BulkState.RUNNING: N_("running"), BulkState.LOOKING: N_("waits for a look at the first cases"),
    BulkState.PAUSED: N_("paused"), BulkState.DONE: N_("done"), BulkState.DROPPED: N_("dropped"),
}
ITEMS = {
    BulkItemState.CHOSEN: N_("waits"), BulkItemState.LEFT_OUT: N_("left out"), BulkItemState.DONE: N_("done"),
    BulkItemState.REFUSED: N_("refused"), BulkItemState.REVERSED: N_("taken back"),
}
TONES = {
    BulkState.DRAFT: "info", BulkState.PROPOSED: "warn", BulkState.RUNNING: "info", BulkState.LOOKING: "warn",
    BulkState.PAUSED: "warn", BulkState.DONE: "ok", BulkState.DROPPED: "solid",
}
BULK_WORDS: dict[str, dict[str, str]] = {
    "bulk_kind": {term.value: msgid for term, msgid in KINDS.items()},
    "bulk_state": {term.value: msgid for term, msgid in STATES.items()},
    "bulk_item": {term.value: msgid for term, msgid in ITEMS.items()},
    "bulk_doubt": {term.value: msgid for term, msgid in DOUBTS.items()},
}
