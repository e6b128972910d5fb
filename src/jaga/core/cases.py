"""The state machine of a case. Only `casework.cases.state.move_case` writes a case's state, and only along this table.

A machine never moves a case out of review: every arrow that leaves it belongs to a person's vote. What is withdrawn
goes back to review: nothing is decided by it. A deadline has no arrow at all: it marks a case overdue and alarms. Two
people's irreversible decision waits in COMMITTING, and one person's dismissal for some seconds; the clock there adds no
judgement, it gives people the time to take theirs back.
"""

from enum import StrEnum
from types import MappingProxyType

from jaga.core.errors import IllegalTransition
from jaga.core.terms import DecisionKind


class CaseState(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"  # filed and acknowledged; triage is promised
    IN_REVIEW = "in_review"  # in the queue, waiting for (or held by) a reviewer
    SECOND_VOTE = "second_vote"  # one person voted for something that needs two; the vote is sealed
    ADJUDICATION = "adjudication"  # the two differ; a supervisor decides
    COMMITTING = "committing"  # judged, and it can be undone until its moment comes; before a closure: restricted
    ACTING = "acting"  # decided; the platform is being asked, and watched
    RESTORING = "restoring"  # an appeal overturned the decision; its effects are being undone
    RESOLVED = "resolved"  # nothing left to do; a later report opens a new case


def reference_of(number: int) -> str:
    """The number of a case as people write and say it."""
    return f"K{number:06d}"


class CaseVerb(StrEnum):
    """What can happen to a case."""

    TRIAGE = "triage"
    JOIN = "join"
    DISMISS = "dismiss"
    DECIDE = "decide"
    PROPOSE = "propose"
    CONCUR = "concur"
    CONCUR_DISMISS = "concur_dismiss"
    DIFFER = "differ"
    ADJUDICATE = "adjudicate"
    ADJUDICATE_DISMISS = "adjudicate_dismiss"
    AGREE = "agree"
    SETTLE = "settle"
    SET_ASIDE = "set_aside"
    COMMIT = "commit"
    COMMIT_DISMISSAL = "commit_dismissal"
    WITHDRAW = "withdraw"
    FINISH = "finish"
    OVERTURN = "overturn"


_S, _V = CaseState, CaseVerb

TRANSITIONS: MappingProxyType[tuple[CaseState, CaseVerb], CaseState] = MappingProxyType({
    # Triage sorts and explains; it never dismisses, so nothing that was accepted can get lost here.
    (_S.RECEIVED, _V.TRIAGE): _S.IN_REVIEW,
    # Its reports turned out to be about an account that has an open case already, and went there: nothing is left here.
    (_S.RECEIVED, _V.JOIN): _S.RESOLVED,
    # Rejecting takes one person and one key: MR5 art. 10 obliges a platform to reject what is not prohibited.
    (_S.IN_REVIEW, _V.DISMISS): _S.RESOLVED,
    # Reversible measures that the policy lets one person order.
    (_S.IN_REVIEW, _V.DECIDE): _S.ACTING,
    # Irreversible ones: the first vote is only a proposal.
    (_S.IN_REVIEW, _V.PROPOSE): _S.SECOND_VOTE,
    # The second person reached the same judgement without seeing the first.
    (_S.SECOND_VOTE, _V.CONCUR): _S.ACTING,
    # Both judged that there is nothing to act on (possible where policy wants two people for a dismissal).
    (_S.SECOND_VOTE, _V.CONCUR_DISMISS): _S.RESOLVED,
    # The second person judged otherwise; neither vote counts for more.
    (_S.SECOND_VOTE, _V.DIFFER): _S.ADJUDICATION,
    # A supervisor who cast neither vote settles it.
    (_S.ADJUDICATION, _V.ADJUDICATE): _S.ACTING,
    (_S.ADJUDICATION, _V.ADJUDICATE_DISMISS): _S.RESOLVED,
    # The same two, where it cannot be taken back once it is done: the votes stand, and nothing leaves the house yet.
    (_S.SECOND_VOTE, _V.AGREE): _S.COMMITTING,
    (_S.ADJUDICATION, _V.SETTLE): _S.COMMITTING,
    # One person dismissed it: some seconds to take that back, before anybody is told.
    (_S.IN_REVIEW, _V.SET_ASIDE): _S.COMMITTING,
    (_S.COMMITTING, _V.COMMIT_DISMISSAL): _S.RESOLVED,
    # The delay is over and nobody has undone it: now it is a decision, with all that follows from it.
    (_S.COMMITTING, _V.COMMIT): _S.ACTING,
    # A voter or a supervisor took it back, or a reporter wrote, or a victim showed: people judge anew.
    (_S.COMMITTING, _V.WITHDRAW): _S.IN_REVIEW,
    # A vote of it counts no longer (its voter may not judge any more, or another release is in force): people judge
    # anew. It is the only arrow here that no vote takes, and it leads back to people.
    (_S.SECOND_VOTE, _V.WITHDRAW): _S.IN_REVIEW,
    (_S.ADJUDICATION, _V.WITHDRAW): _S.IN_REVIEW,
    # Every promised action has a recorded end. A stuck action keeps the case here, in sight.
    (_S.ACTING, _V.FINISH): _S.RESOLVED,
    # An appeal was decided for the account holder; what followed from the decision is undone (MR5 art. 20: 2x24 h).
    (_S.RESOLVED, _V.OVERTURN): _S.RESTORING,
    (_S.RESTORING, _V.FINISH): _S.RESOLVED,
    # The holder's appeal against the restriction before a closure succeeded, and so nothing is closed.
    (_S.COMMITTING, _V.OVERTURN): _S.RESTORING,
    # Of several accounts in one case each has its own appeal; a stuck one must not keep another closed wrongly.
    (_S.ACTING, _V.OVERTURN): _S.ACTING,
    (_S.RESTORING, _V.OVERTURN): _S.RESTORING,
})

OPEN_STATES = tuple(s for s in CaseState if s is not CaseState.RESOLVED)
# A decided case takes no new report: it would end with that report unread, and a sign of a victim in it would stop
# nothing (while a decision waits for its commit it still does). And what must be restored (MR5 art. 20) must not wait
# for another case on the same account.
JOINABLE_STATES = tuple(s for s in OPEN_STATES if s not in (CaseState.ACTING, CaseState.RESTORING))
VOTING_STATES = (CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION)
# People have not judged it yet: what a clock alarms about.
UNJUDGED_STATES = (CaseState.RECEIVED, *VOTING_STATES)
# Votes stand, and nothing is decided by them yet.
JUDGED_IN_PART = (CaseState.SECOND_VOTE, CaseState.ADJUDICATION, CaseState.COMMITTING)
# Nothing is decided here, so what tells of votes stays sealed, also after they were taken back.
SEALED_STATES = (*VOTING_STATES, CaseState.COMMITTING)
# Sealed: that a first vote was cast, or that two people differ, would tell which way the case leans. And what can
# still be undone is told to nobody.
_SEEN_OUTSIDE = MappingProxyType({_S.SECOND_VOTE: _S.IN_REVIEW, _S.ADJUDICATION: _S.IN_REVIEW,
                                  _S.COMMITTING: _S.IN_REVIEW})
IRREVERSIBLE = frozenset({DecisionKind.CLOSE, DecisionKind.REDACT})


def next_state(state: CaseState, verb: CaseVerb) -> CaseState:
    """The state that `verb` leads to from `state`. Raises IllegalTransition where there is no arrow."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition from None


def seen_from_outside(state: CaseState) -> CaseState:
    """The state as reporters and authorities may know it: every case that waits for votes is simply in review."""
    return _SEEN_OUTSIDE.get(state, state)
