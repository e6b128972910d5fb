"""The state of a report as a sentence for its reporter."""

from jaga.core.cases import CaseState
from jaga.core.errors import N_
from jaga.records.access.reporting.followed_reports import FollowedReport

STATES = {
    CaseState.RECEIVED: (N_("Received"), N_("Your report is here. It is being put in order.")),
    CaseState.IN_REVIEW: (N_("People are looking at it"), N_("A person reads your report and checks the account.")),
    CaseState.ACTING: (N_("Decided"), N_("The decision is being carried out and checked. A letter follows.")),
    CaseState.RESTORING: (N_("Being undone"), N_("The account holder appealed and won. The decision is being undone.")),
    CaseState.RESOLVED: (N_("Finished"), N_("Read the letter below.")),
}
BY_NOTICE = {
    CaseState.ACTING: N_("The chat app's operator was asked to carry out the decision. We check whether it does so. "
                         "A letter follows."),
    CaseState.RESTORING: N_("The account holder appealed and won. The chat app's operator was asked to undo it."),
}
"""Wording where the operator's staff acts instead of Jaga."""

WITHDRAWN = (N_("You have withdrawn this report"),
             N_("It no longer counts. People may still decide about the account, for instance because others reported "
                "it, too."))
HELD = (N_("Restricted"),
        N_("People decided that the account will be closed. It is restricted now. Before the closure its holder can "
           "read why and object. A letter follows."))
CLOSING = (N_("Will be closed"),
           N_("People decided that the account will be closed. Before that its holder can read why and object. A "
              "letter follows."))
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
