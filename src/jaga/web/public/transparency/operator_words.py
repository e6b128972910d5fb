"""Names and one-sentence definitions of score card figures."""

from dataclasses import dataclass

from jaga.core.errors import N_
from jaga.core.terms.operators import EscalationStage, ObjectionState
from jaga.transparency.operators import DataRequestResult, NoticeResult


@dataclass(frozen=True)
class Term:
    """A figure's name and definition (msgids)."""

    label: str
    meaning: str


NOTICE_RESULTS = {
    NoticeResult.KEPT: Term(N_("Kept"), N_("Done in time, confirmed by our check.")),
    NoticeResult.LATE: Term(
        N_("Done late"), N_("Confirmed by our check, but done after the deadline, or only after we asked again.")
    ),
    NoticeResult.UNTIMED: Term(
        N_("Done, without a clock"),
        N_(
            "Confirmed by our check. There was no deadline, because nothing was promised or receipt of the notice is "
            "not "
            "proven."
        ),
    ),
    NoticeResult.CLAIMED: Term(
        N_("Claimed, not yet confirmed"), N_("The operator says that it is done; we have not confirmed it yet.")
    ),
    NoticeResult.CONTRADICTED: Term(
        N_("Claimed, but not true"), N_("The operator said that it was done, but our check found that it was not.")
    ),
    NoticeResult.REFUSED: Term(N_("Refused"), N_("The operator said that it will not do it, and gave its reason.")),
    NoticeResult.ASKED_BACK: Term(
        N_("Question to us"), N_("The operator needs a correction from us; its clock rests until we have sent it.")
    ),
    NoticeResult.OPEN: Term(
        N_("Still open"), N_("There is still time, or nobody has provably received the notice yet.")
    ),
    NoticeResult.OVERDUE: Term(N_("Overdue"), N_("The time is over, and it was neither done nor answered.")),
    NoticeResult.WITHDRAWN: Term(
        N_("No longer asked"),
        N_("We took it back, or it ended without effect, for example because the account no longer exists."),
    ),
}
DATA = {
    DataRequestResult.ANSWERED: Term(N_("Answered in time"), N_("The operator says that it gave the data in time.")),
    DataRequestResult.ANSWERED_LATE: Term(
        N_("Answered late"), N_("The operator says that it gave the data, but after the five days.")
    ),
    DataRequestResult.REFUSED: Term(N_("Refused"), N_("The operator gave no data, and gave its reason.")),
    DataRequestResult.ASKED_BACK: NOTICE_RESULTS[NoticeResult.ASKED_BACK],
    DataRequestResult.OPEN: NOTICE_RESULTS[NoticeResult.OPEN],
    DataRequestResult.OVERDUE: Term(N_("Overdue"), N_("The five days are over without an answer.")),
    DataRequestResult.WITHDRAWN: Term(N_("No longer asked"), N_("We took it back.")),
}
OBJECTIONS = {
    ObjectionState.OPEN: Term(
        N_("Still open"), N_("The operator says that the notice is wrong; nobody has decided it yet.")
    ),
    ObjectionState.ACCEPTED: Term(N_("Accepted"), N_("The operator was right, and the notice was taken back.")),
    ObjectionState.REJECTED: Term(N_("Rejected"), N_("A supervisor gave reasons why the notice stands.")),
}
STAGES = {
    EscalationStage.CLARIFICATION: N_("Clarification"),
    EscalationStage.ORDER: N_("Order"),
    EscalationStage.WARNING_1: N_("First warning"),
    EscalationStage.WARNING_2: N_("Second warning"),
    EscalationStage.WARNING_3: N_("Third warning"),
}
