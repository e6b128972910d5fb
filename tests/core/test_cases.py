"""The table of a case's states, by itself."""

from itertools import product

import pytest

from jaga.core.cases import (
    IRREVERSIBLE,
    JOINABLE_STATES,
    JUDGED_IN_PART,
    OPEN_STATES,
    SEALED_STATES,
    TRANSITIONS,
    VOTING_STATES,
    CaseState,
    CaseVerb,
    next_state,
    seen_from_outside,
)
from jaga.core.errors import IllegalTransition
from jaga.core.terms.cases import DecisionKind

VOTES = {
    CaseVerb.DISMISS,
    CaseVerb.DECIDE,
    CaseVerb.PROPOSE,
    CaseVerb.CONCUR,
    CaseVerb.CONCUR_DISMISS,
    CaseVerb.DIFFER,
    CaseVerb.ADJUDICATE,
    CaseVerb.ADJUDICATE_DISMISS,
    CaseVerb.AGREE,
    CaseVerb.SETTLE,
    CaseVerb.SET_ASIDE,
}


@pytest.mark.parametrize(("state", "verb"), list(product(CaseState, CaseVerb)))
def test_a_verb_follows_its_arrow_or_is_refused(state: CaseState, verb: CaseVerb) -> None:
    """Every pair of state and verb has one transition or raises IllegalTransition."""
    if (state, verb) in TRANSITIONS:
        assert next_state(state, verb) is TRANSITIONS[state, verb]
    else:
        with pytest.raises(IllegalTransition):
            next_state(state, verb)


def test_only_votes_lead_out_of_review() -> None:
    """Every transition out of a voting state is a vote, and no vote has a transition elsewhere. Only a withdrawn vote
    leads back to review, where nothing is decided.
    """
    for (state, verb), after in TRANSITIONS.items():
        if verb is CaseVerb.WITHDRAW:
            assert (after, state in JUDGED_IN_PART) == (CaseState.IN_REVIEW, True)
        else:
            assert (state in VOTING_STATES) == (verb in VOTES)


def test_every_state_can_be_reached_and_ended() -> None:
    """From RECEIVED every state is reachable, and from every state RESOLVED is."""

    def reach(start: CaseState) -> set[CaseState]:
        found, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            for (state, _), after in TRANSITIONS.items():
                if state is here and after not in found:
                    found.add(after)
                    waiting.append(after)
        return found

    assert reach(CaseState.RECEIVED) == set(CaseState)
    assert all(CaseState.RESOLVED in reach(state) for state in CaseState)


def test_triage_can_only_lead_into_review() -> None:
    """A program's only transitions are TRIAGE into review, and FINISH of what people decided."""
    assert {after for (_, verb), after in TRANSITIONS.items() if verb is CaseVerb.TRIAGE} == {CaseState.IN_REVIEW}
    assert {state for (state, verb) in TRANSITIONS if verb is CaseVerb.FINISH} == {
        CaseState.ACTING,
        CaseState.RESTORING,
    }


def test_a_decided_case_takes_no_new_report() -> None:
    """Every open state accepts further reports, except those in which nobody would read them."""
    assert set(OPEN_STATES) - set(JOINABLE_STATES) == {CaseState.ACTING, CaseState.RESTORING}


def test_closing_and_redacting_are_what_cannot_be_undone() -> None:
    """The irreversible decisions are exactly those two."""
    assert {DecisionKind.CLOSE, DecisionKind.REDACT} == IRREVERSIBLE


def test_outside_nobody_learns_of_a_sealed_vote() -> None:
    """Waiting for votes and waiting within the undo window look the same; all other states are shown as they are."""
    seen = {state: seen_from_outside(state) for state in CaseState}
    assert {seen[state] for state in SEALED_STATES} == {CaseState.IN_REVIEW}
    assert all(seen[state] is state for state in set(CaseState) - set(SEALED_STATES))
