"""The state machine of a case.

`cases.verbs.state` is the only writer of a case's state, by this table.

No machine moves a case out of review: every transition that leaves it is a person's vote. A withdrawal returns the case
to review and decides nothing. Deadlines cause no transition, only alarms. An irreversible decision of two people waits
in COMMITTING, as does one person's dismissal for some seconds, so that it can be undone.
"""

from enum import StrEnum
from types import MappingProxyType

from jaga.core.errors import IllegalTransition
from jaga.core.terms.cases import DecisionKind


class CaseState(StrEnum):
    """The state of a case."""

    RECEIVED = "received"  # filed and acknowledged; triage is deferred
    IN_REVIEW = "in_review"  # in the queue, waiting for or leased by a reviewer
    SECOND_VOTE = "second_vote"  # the first of two votes is cast and sealed
    ADJUDICATION = "adjudication"  # the votes differ; a supervisor decides
    COMMITTING = "committing"  # judged, and can be undone until the commit; the account is restricted before a closure
    ACTING = "acting"  # decided; the platform is asked and observed
    RESTORING = "restoring"  # an appeal overturned the decision, whose effects are being undone
    RESOLVED = "resolved"  # nothing left to do; a later report opens a new case


def reference_of(number: int) -> str:
    """The case number that people use, such as `K000017`."""
    return f"K{number:06d}"


class CaseVerb(StrEnum):
    """The transitions of a case."""

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

TRANSITIONS: MappingProxyType[tuple[CaseState, CaseVerb], CaseState] = MappingProxyType(
    {
        # Triage sorts and explains; it never dismisses, so no accepted report is lost.
        (_S.RECEIVED, _V.TRIAGE): _S.IN_REVIEW,
        # All its reports moved to the open case of another account.
        (_S.RECEIVED, _V.JOIN): _S.RESOLVED,
        # A dismissal takes one person: MR5 art. 10 obliges a platform to reject reports of what is not prohibited.
        (_S.IN_REVIEW, _V.DISMISS): _S.RESOLVED,
        # Reversible measures that the policy lets one person order.
        (_S.IN_REVIEW, _V.DECIDE): _S.ACTING,
        # Irreversible measures: the first vote is a proposal.
        (_S.IN_REVIEW, _V.PROPOSE): _S.SECOND_VOTE,
        # The second person agreed without having seen the first vote.
        (_S.SECOND_VOTE, _V.CONCUR): _S.ACTING,
        # Both dismissed (if the policy requires two people for a dismissal).
        (_S.SECOND_VOTE, _V.CONCUR_DISMISS): _S.RESOLVED,
        # The votes differ; neither counts for more.
        (_S.SECOND_VOTE, _V.DIFFER): _S.ADJUDICATION,
        # A supervisor who cast neither vote settles it.
        (_S.ADJUDICATION, _V.ADJUDICATE): _S.ACTING,
        (_S.ADJUDICATION, _V.ADJUDICATE_DISMISS): _S.RESOLVED,
        # As above for irreversible measures: the decision is pending, without effects outside.
        (_S.SECOND_VOTE, _V.AGREE): _S.COMMITTING,
        (_S.ADJUDICATION, _V.SETTLE): _S.COMMITTING,
        # One person's dismissal can be undone for some seconds before anybody is notified.
        (_S.IN_REVIEW, _V.SET_ASIDE): _S.COMMITTING,
        (_S.COMMITTING, _V.COMMIT_DISMISSAL): _S.RESOLVED,
        # The undo window ended: the decision takes effect.
        (_S.COMMITTING, _V.COMMIT): _S.ACTING,
        # Undone by a voter or supervisor, or because a reporter wrote or a possible victim appeared.
        (_S.COMMITTING, _V.WITHDRAW): _S.IN_REVIEW,
        # A vote no longer counts (its voter lost the right, or another policy release is in force). The only transition
        # without a vote; it returns the case to people.
        (_S.SECOND_VOTE, _V.WITHDRAW): _S.IN_REVIEW,
        (_S.ADJUDICATION, _V.WITHDRAW): _S.IN_REVIEW,
        # Every action has a recorded end. A stuck action keeps the case here, visible.
        (_S.ACTING, _V.FINISH): _S.RESOLVED,
        # An appeal succeeded; the decision's effects are undone (MR5 art. 20: 2x24 h).
        (_S.RESOLVED, _V.OVERTURN): _S.RESTORING,
        (_S.RESTORING, _V.FINISH): _S.RESOLVED,
        # The appeal against the restriction before a closure succeeded, so nothing is closed.
        (_S.COMMITTING, _V.OVERTURN): _S.RESTORING,
        # With several accounts, each has its own appeal; a stuck one must not keep another wrongly closed.
        (_S.ACTING, _V.OVERTURN): _S.ACTING,
        (_S.RESTORING, _V.OVERTURN): _S.RESTORING,
    }
)

OPEN_STATES = tuple(s for s in CaseState if s is not CaseState.RESOLVED)
# A decided case accepts no new report: nobody would read it, and a sign of a victim in it would stop nothing. (A
# pending decision can still be stopped.) And a restoration (MR5 art. 20) must not wait for another case on the account.
JOINABLE_STATES = tuple(s for s in OPEN_STATES if s not in (CaseState.ACTING, CaseState.RESTORING))
VOTING_STATES = (CaseState.IN_REVIEW, CaseState.SECOND_VOTE, CaseState.ADJUDICATION)
# not judged yet; deadline alarms apply
UNJUDGED_STATES = (CaseState.RECEIVED, *VOTING_STATES)
# votes are cast, nothing is decided
JUDGED_IN_PART = (CaseState.SECOND_VOTE, CaseState.ADJUDICATION, CaseState.COMMITTING)
# undecided, so anything that reveals votes stays sealed, even after they were withdrawn
SEALED_STATES = (*VOTING_STATES, CaseState.COMMITTING)
# A first vote, a disagreement or a pending decision would reveal which way the case leans.
_SEEN_OUTSIDE = MappingProxyType(
    {_S.SECOND_VOTE: _S.IN_REVIEW, _S.ADJUDICATION: _S.IN_REVIEW, _S.COMMITTING: _S.IN_REVIEW}
)
IRREVERSIBLE = frozenset({DecisionKind.CLOSE, DecisionKind.REDACT})


def next_state(state: CaseState, verb: CaseVerb) -> CaseState:
    """The state that `verb` leads to from `state`. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state, verb]
    except KeyError:
        raise IllegalTransition from None


def seen_from_outside(state: CaseState) -> CaseState:
    """The state as shown to reporters and authorities: every case that waits for votes is in review."""
    return _SEEN_OUTSIDE.get(state, state)
