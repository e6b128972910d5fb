"""The queues: which ones a person works in, and which ones too few people can see."""

from collections import defaultdict
from dataclasses import dataclass

from django.db.models import Q

from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.policy.routing import Queue
from jaga.records.access.base.clearance import READERS, clearances_of, cleared_people
from jaga.records.access.base.request_cache import once
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case, PersonSkill

ENOUGH = 2
"""People who must be able to see a queue, since an irreversible measure takes two votes."""

# Each queue in use, found by one index step per queue whatever the number of cases.
_IN_USE = """
WITH RECURSIVE used(queue) AS (
    (SELECT queue FROM records_case WHERE state IN ('in_review', 'second_vote', 'adjudication')
     AND snoozed_until IS NULL AND escalated_at IS NULL ORDER BY queue LIMIT 1)
    UNION ALL
    SELECT (SELECT c.queue FROM records_case c WHERE c.state IN ('in_review', 'second_vote', 'adjudication')
            AND c.snoozed_until IS NULL AND c.escalated_at IS NULL AND c.queue > used.queue ORDER BY c.queue LIMIT 1)
    FROM used WHERE used.queue IS NOT NULL)
SELECT queue FROM used WHERE queue IS NOT NULL
"""

# Queues of restricted-access cases waiting out of line: with supervisors, set aside, or under appeal.
_BESIDES = """
(SELECT queue FROM records_case WHERE state IN ('in_review', 'second_vote', 'adjudication') AND clearance <> ''
 AND (escalated_at IS NOT NULL OR snoozed_until IS NOT NULL) LIMIT 1000)
UNION
(SELECT c.queue FROM records_appeal a JOIN records_decision d ON d.id = a.decision_id
 JOIN records_case c ON c.id = d.case_id WHERE a.state = 'open' AND c.clearance <> '' LIMIT 1000)
"""


@dataclass(frozen=True)
class Unseen:
    """A queue with waiting cases that too few people can see.

    `supervisors` is 0 where a case waits for a supervisor and none has the clearance; otherwise None.
    """

    queue: Queue
    people: int
    supervisors: int | None = None


def skilled_people() -> dict[str, set[int]]:
    """For each skill, the ids of active reviewers and supervisors who have it."""
    found: dict[str, set[int]] = defaultdict(set)
    roles = [role.value for role in READERS]
    rows = PersonSkill.objects.filter(person__is_active=True, person__roles__role__in=roles)
    for skill, person in rows.values_list("skill", "person_id"):
        found[skill].add(person)
    return found


@once
def queues_of(actor: Actor) -> tuple[Queue, ...]:
    """The queues whose cases the actor sees, in the policy release's order.

    Raises NotPermitted.

    A queue's clearance excludes everyone without it. Its skill does too, except that supervisors always see the queue,
    and everyone does while nobody has the skill, so no case waits for an absent specialist.
    """
    person = actor.require(*READERS)
    held, skilled = clearances_of(actor), skilled_people()
    return tuple(
        queue
        for queue in load_release().routing.queues
        if (
            (queue.clearance is None or queue.clearance in held)
            and (
                queue.skill is None
                or person in skilled[queue.skill]
                or not skilled[queue.skill]
                or Role.SUPERVISOR in actor.roles
            )
        )
    )


def queues_in_use() -> frozenset[str]:
    """Keys of the queues in which cases wait now."""
    return frozenset(queue for (queue,) in ask_prepared(_IN_USE, []))


def unseen_queues(*, actor: Actor) -> tuple[Unseen, ...]:
    """Queues with waiting cases that need a clearance held by fewer than two people, or by no supervisor where a case
    waits for one. Raises NotPermitted for anyone but a supervisor.
    """
    actor.require(Role.SUPERVISOR)
    used, found = queues_in_use() | {queue for (queue,) in ask_prepared(_BESIDES, [])}, []
    for queue in load_release().routing.queues:
        if queue.clearance is None or queue.key not in used:
            continue
        people = cleared_people(queue.clearance)
        able = people.values("pk").count()
        settling = _waits_for_supervisor(queue) and not people.filter(roles__role=Role.SUPERVISOR).exists()
        if able < ENOUGH or settling:
            found.append(Unseen(queue, able, 0 if settling else None))
    return tuple(found)


def _waits_for_supervisor(queue: Queue) -> bool:
    return Case.objects.filter(
        Q(escalated_at__isnull=False) | Q(state=CaseState.ADJUDICATION), queue=queue.key, state__in=VOTING_STATES
    ).exists()
