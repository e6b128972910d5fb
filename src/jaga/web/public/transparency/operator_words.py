"""Names and one-sentence definitions of score card figures."""

from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.terms import ObjectionState, Rung
from jaga.transparency.operators import DataStanding, NoticeResult


@dataclass(frozen=True)
class Term:
    """A figure's name and definition (msgids)."""

    label: str
    meaning: str


STANDINGS = {
    NoticeResult.KEPT: Term(N_("Kept"), N_("Done in time, and our own look saw it.")),
    NoticeResult.LATE: Term(N_("Done late"), N_(
        "Our own look saw it, but it was done after the time was over, or only after we had to ask again.")),
    NoticeResult.UNTIMED: Term(N_("Done, without a clock"), N_(
        "Our own look saw it; no clock ran, because nothing was promised or nobody provably received the notice.")),
    NoticeResult.CLAIMED: Term(N_("Only said so far"), N_("The operator says so; our own look has not seen it yet.")),
    NoticeResult.CONTRADICTED: Term(N_("Said, but not so"), N_(
        "The operator said that it was done, and our own look saw that it was not.")),
    NoticeResult.REFUSED: Term(N_("Refused"), N_("The operator said that it will not do it, and gave its reason.")),
    NoticeResult.ASKED_BACK: Term(N_("Question to us"), N_(
        "The operator needs a correction from us; its clock rests until we have sent it.")),
    NoticeResult.OPEN: Term(N_("Still open"),
                            N_("There is still time, or nobody has provably received the notice yet.")),
    NoticeResult.OVERDUE: Term(N_("Overdue"), N_("The time is over, and it was neither done nor answered.")),
    NoticeResult.WITHDRAWN: Term(N_("No longer asked"), N_(
        "We took it back, or it ended without effect, for example because the account no longer exists.")),
}
DATA = {
    DataStanding.ANSWERED: Term(N_("Answered in time"), N_("The operator says that it gave the data in time.")),
    DataStanding.ANSWERED_LATE: Term(N_("Answered late"), N_("It says so, but after the five days.")),
    DataStanding.REFUSED: Term(N_("Refused"), N_("The operator gave no data, and gave its reason.")),
    DataStanding.ASKED_BACK: STANDINGS[NoticeResult.ASKED_BACK],
    DataStanding.OPEN: STANDINGS[NoticeResult.OPEN],
    DataStanding.OVERDUE: Term(N_("Overdue"), N_("The five days are over without an answer.")),
    DataStanding.WITHDRAWN: Term(N_("No longer asked"), N_("We took it back.")),
}
OBJECTIONS = {
    ObjectionState.OPEN: Term(N_("Still open"), N_(
        "The operator says that the notice is wrong; nobody has decided it yet.")),
    ObjectionState.ACCEPTED: Term(N_("Accepted"), N_("The operator was right, and the notice was taken back.")),
    ObjectionState.REJECTED: Term(N_("Rejected"), N_("A supervisor gave reasons why the notice stands.")),
}
RUNGS = {
    Rung.CLARIFICATION: N_("Clarification"), Rung.ORDER: N_("Order"), Rung.WARNING_1: N_("First warning"),
    Rung.WARNING_2: N_("Second warning"), Rung.WARNING_3: N_("Third warning"),
}
