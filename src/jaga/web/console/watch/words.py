"""The words for the states of watches and their sources."""

from collections.abc import Mapping

from jaga.core.errors import N_
from jaga.core.observations.settings import FORMS
from jaga.core.terms.watch import SourceKind, SourceState, WatchState

STATES: Mapping[WatchState, str] = {
    WatchState.PROPOSED: N_("proposed: waits for a second person"),
    WatchState.RUNNING: N_("running"),
    WatchState.WITHDRAWN: N_("never started"),
    WatchState.STOPPED: N_("stopped by a person"),
    WatchState.ENDED: N_("ended"),
}
STATE_TAGS: Mapping[WatchState, str] = {
    WatchState.PROPOSED: "tag--warn",
    WatchState.RUNNING: "tag--ok",
    WatchState.WITHDRAWN: "",
    WatchState.STOPPED: "",
    WatchState.ENDED: "",
}
SOURCES: Mapping[SourceState, str] = {
    SourceState.WAITING: N_("not read yet"),
    SourceState.READING: N_("is read"),
    SourceState.UNREACHABLE: N_("does not answer"),
    SourceState.REFUSED: N_("does not let us read"),
    SourceState.FAULTY: N_("answers what cannot be used"),
    SourceState.WENT_BACK: N_("went back in time"),
    SourceState.REPEATING: N_("sends the same again"),
    SourceState.STALLED: N_("does not come to an end"),
    SourceState.BUDGET_USED: N_("the budget of the day is used up"),
}
TO_DO: Mapping[SourceState, str] = {
    SourceState.UNREACHABLE: N_(
        "It is read again automatically. If it keeps failing, check its address and whether it is up."
    ),
    SourceState.REFUSED: N_(
        "Check the token and the scope of the watch; if the source forbids reading, stop the watch."
    ),
    SourceState.FAULTY: N_("It is read again automatically. If it keeps failing, tell whoever runs the source."),
    SourceState.WENT_BACK: N_("Ask whoever runs it what happened, then let the watch go on from the present."),
    SourceState.REPEATING: N_(
        "Nothing is counted twice, not even under another id. It is read less often until"
        " something new comes; if that lasts, tell whoever runs the source."
    ),
    SourceState.STALLED: N_(
        "The reading was ended, and is tried again from where it was. The other watches go on. If"
        " it lasts, look at what the source answers, and whether the worker runs."
    ),
    SourceState.BUDGET_USED: N_("It goes on tomorrow. If the budget is too small, two people start a new watch."),
}
NO_FILE = N_("cannot be opened")
PUT_FILE = N_(
    "Put the file into the folder watch of this installation, readable for the worker, under a name that ends"
    " in .jsonl, .csv, .tsv, .parquet, .warc or .warc.gz. It is tried again every ten minutes."
)
WHYS: Mapping[str, str] = {
    "No such file or directory": N_("there is no such file"),
    "Permission denied": N_("the worker may not read the file"),
    "not a public address": N_("its address is not public"),
    "GET: ConnectError": N_("no connection"),
    "CannotResolveHostError": N_("nobody knows this address"),
    "redirect out of scope": N_("it leads out of the scope"),
}
"""Frequent reasons of sources; others are shown as the source gave them."""


def state_words(kind: SourceKind, state: SourceState) -> tuple[str, str]:
    """How a source is, and what to do about it ("" for nothing), in English."""
    if FORMS[kind].is_file and state is SourceState.REFUSED:
        return NO_FILE, PUT_FILE
    return SOURCES[state], TO_DO.get(state, "")
