"""The state of a report as a sentence for its reporter."""

from dataclasses import dataclass
from datetime import datetime

from jaga.core.cases import CaseState
from jaga.core.errors import N_
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.reporting.followed_reports import FollowedReport

STATES = {
    CaseState.RECEIVED: (N_("Received"), N_("Your report is here. It is being put in order.")),
    CaseState.IN_REVIEW: (N_("People are looking at it"), N_("A person reads your report and checks the account.")),
    CaseState.ACTING: (N_("Decided"), N_("The decision is being carried out and checked. A letter follows.")),
    CaseState.RESTORING: (N_("Being undone"), N_("The account holder appealed and won. The decision is being undone.")),
    CaseState.RESOLVED: (N_("Finished"), N_("Read the letter below.")),
}
BY_NOTICE = {
    CaseState.ACTING: N_(
        "The chat app's operator was asked to carry out the decision. We check whether it does so. A letter follows."
    ),
    CaseState.RESTORING: N_("The account holder appealed and won. The chat app's operator was asked to undo it."),
}
"""Wording where the operator's staff acts instead of Jaga."""

RECEIVED, READ, DECIDED = N_("Received"), N_("Read by a person"), N_("Decided")
CARRIED_OUT, CONFIRMED = N_("Carried out"), N_("Confirmed by our own check")
PASSED_ON, TAKEN_ON = N_("Passed on"), N_("Taken on by those who can help")
SAME_AS_DECIDED = N_("Answered: people had decided on the same report before")
NOT_CARRIED_OUT, TAKEN_BACK = N_("Could not be carried out"), N_("Withdrawn")
WITHDRAWN = (
    N_("You have withdrawn this report"),
    N_("It no longer counts. People may still decide about the account, for instance because others reported it, too."),
)
HELD = (
    N_("Restricted"),
    N_(
        "People decided that the account will be closed. It is restricted now. Before the closure its holder can "
        "read why and object. A letter follows."
    ),
)
CLOSING = (
    N_("Will be closed"),
    N_(
        "People decided that the account will be closed. Before that its holder can read why and object. A "
        "letter follows."
    ),
)
OUTCOME_ENDED = N_("Ended without effect")
OUTCOME_PASSED_ON = N_("Passed on to those who can help")
OUTCOME_REFERRING = N_("To be passed on to those who can help. They have not confirmed it yet.")
SENT = {
    "answer": N_("Your answer has arrived. Whoever works on the case sees it."),
    "evidence": N_("It has arrived. Whoever works on the case sees it."),
    "withdraw": N_("Your report is withdrawn."),
    "consent": N_("We have noted what you said about the sentence."),
}
"""Messages after a step; a URL can request only these."""


@dataclass(frozen=True)
class FollowStep:
    """One step of a report's way: its name (msgid), when it was done, and where it stands.

    `state`: done, current or later. `at` is None where the time is not told.
    """

    name: str
    state: str
    at: datetime | None = None


def steps_of(report: FollowedReport) -> tuple[FollowStep, ...]:
    """Received, read, decided, carried out, confirmed; without the last two where nothing is to be carried out.

    A step is done only once it happened. A copy that the program answered was not read again by a person. That a case
    was opened by a person says nothing about a sealed vote.
    """
    if report.withdrawn_at is not None:
        return (FollowStep(RECEIVED, "done", report.received_at), FollowStep(TAKEN_BACK, "done", report.withdrawn_at))
    if report.settled:
        return (
            FollowStep(RECEIVED, "done", report.received_at),
            FollowStep(SAME_AS_DECIDED, "done", report.letters[-1].sent_at),
        )
    names: list[tuple[str, bool, datetime | None]] = [
        (RECEIVED, True, report.received_at),
        (READ, report.read, None),
        (DECIDED, report.decided_at is not None or report.held is not None, report.decided_at),
    ]
    if report.ended:
        names.append((NOT_CARRIED_OUT, True, report.resolved_at))
    elif report.outcome is not DecisionKind.DISMISS:
        carried_out, confirmed = (
            (PASSED_ON, TAKEN_ON) if report.outcome is DecisionKind.REFER else (CARRIED_OUT, CONFIRMED)
        )
        over = report.resolved_at is not None
        names += [
            (carried_out, report.carried_out or over, None),
            (confirmed, over and not report.referring, report.resolved_at),
        ]
    done = 0
    while done < len(names) and names[done][1]:
        done += 1
    return tuple(
        FollowStep(
            name, "done" if place < done else "current" if place == done else "later", at if place < done else None
        )
        for place, (name, _, at) in enumerate(names)
    )


def meaning_of(report: FollowedReport) -> tuple[str, str]:
    """The heading and the sentence below it (msgids)."""
    if report.withdrawn_at is not None:
        return WITHDRAWN
    name, meaning = STATES[report.state]
    if report.held is not None:
        return HELD if report.held.restricted else CLOSING
    if report.resolved_at is not None and not report.letters:
        return name, N_("This case is closed.")
    return name, BY_NOTICE.get(report.state, meaning) if report.by_notice else meaning
