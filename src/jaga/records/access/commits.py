"""Decisions that wait for their commit, and a person's last step: what happens when, and whether it can be undone."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from jaga.core.actors import Actor
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.terms import DecisionKind, Role
from jaga.records.access.clearance import visible_to
from jaga.records.access.console import READERS, STAGES, Stage
from jaga.records.models import PendingCommit, Vote

REMEMBERED = timedelta(hours=12)
"""How long a person's last vote stays at the bottom of their pages: a long shift."""


@dataclass(frozen=True)
class SeenCommit:
    """What waits. It names no account: the case does."""

    case_id: int
    reference: str
    category: str
    kind: DecisionKind
    redacts: bool
    adjudicated: bool
    accounts: int
    made_at: datetime
    commit_at: datetime
    mine: bool


@dataclass(frozen=True)
class LastAction:
    """A person's last vote, and what becomes of it. `commit_at`: until then it can be undone; None where not."""

    case_id: int
    reference: str
    kind: DecisionKind
    stage: Stage
    waits: bool
    withdrawn: bool
    commit_at: datetime | None


def list_waiting(*, actor: Actor) -> tuple[SeenCommit, ...]:
    """What waits for its commit, the next first: to its voters, and all of it to supervisors. Raises NotPermitted."""
    person = actor.require(*READERS)
    rows = PendingCommit.objects.filter(visible_to(actor, path="case__"), ended_at__isnull=True)
    voted = set(Vote.standing.filter(person_id=person, case__in=rows.values("case")).values_list("case_id", flat=True))
    if Role.SUPERVISOR not in actor.roles:
        rows = rows.filter(case__in=voted)
    return tuple(
        SeenCommit(row.case_id, row.case.reference, row.case.category, DecisionKind(row.vote.kind),
                   bool(set(row.vote.rooms) & set(row.other.rooms)), row.adjudicated,
                   len(set(row.vote.accounts) & set(row.other.accounts)), row.made_at, row.commit_at,
                   row.case_id in voted)
        for row in rows.select_related("case", "vote", "other").order_by("commit_at", "pk")
    )


def last_action_of(actor: Actor) -> LastAction | None:
    """This person's last vote of the shift; None where there is none, and for people who do not vote."""
    if actor.person_id is None or not actor.roles.intersection(READERS):
        return None
    vote = (Vote.objects.filter(person_id=actor.person_id, cast_at__gt=now() - REMEMBERED)
            .select_related("case", "withdrawal").order_by("-cast_at", "-pk").first())
    if vote is None:
        return None
    state, withdrawn = CaseState(vote.case.state), hasattr(vote, "withdrawal")
    commit_at = (
        PendingCommit.objects.filter(case=vote.case_id, ended_at__isnull=True).values_list("commit_at", flat=True)
        .first() if state is CaseState.COMMITTING and not withdrawn else None)
    return LastAction(vote.case_id, vote.case.reference, DecisionKind(vote.kind), STAGES[state],
                      state is CaseState.SECOND_VOTE and not withdrawn, withdrawn,
                      commit_at if commit_at and commit_at > now() else None)
