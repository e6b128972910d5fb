"""How much waits for a person in each list of the console, in one query: the counters of the navigation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.terms.authorities import HeldState
from jaga.core.terms.people import Role
from jaga.core.terms.policy import AdoptionState
from jaga.core.terms.screening import ModelState
from jaga.records.access.actions.stuck import stuck_actions
from jaga.records.access.appeals.appeals import appeals_waiting
from jaga.records.access.authorities.disclosures import export_requests
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.decisions.pending import pending_shown
from jaga.records.access.operators.notices import notices_for_us
from jaga.records.access.operators.portal import notices_waiting
from jaga.records.access.privacy.breaches import open_breaches
from jaga.records.access.privacy.holds import holds_to_confirm
from jaga.records.access.privacy.person_requests import requests_waiting
from jaga.records.access.queue.shift_handover import cards_untaken
from jaga.records.access.queue.waiting import counting, waiting_for
from jaga.records.access.referrals import received_waiting
from jaga.records.access.watch.lookups import lookups_to_permit
from jaga.records.access.watch.people_sample import texts_open_to
from jaga.records.access.watch.rule_measures import MAY_SWITCH_ON
from jaga.records.access.watch.watches import watches_to_start
from jaga.records.models import HeldRequest, LearntModel, ReleaseAdoption, RuleSuspension

COUNTED = 100
"""Rows read of each list at most."""


@dataclass(frozen=True)
class WorkCount:
    """A counter; with `more`, a lower bound."""

    number: int
    more: bool


def count_work(actor: Actor) -> Mapping[str, WorkCount]:
    """What waits in each of the actor's lists, by the name of the page; lists in which nothing waits are missing.

    Each list has only what its page shows this person. One query, which reads at most `COUNTED` rows of a list.
    """
    statements: list[str] = []
    values: list[Any] = []
    queue = counting(waiting_for(actor), COUNTED) if actor.roles.intersection(READERS) else None
    if queue:
        statements.append(f"SELECT 'queue', count(*) FROM (SELECT * FROM ({queue[0]}) q LIMIT %s) w")  # noqa: S608
        values += [*queue[1], COUNTED]
    for name, rows in _lists(actor).items():
        try:
            text, given = rows.order_by().values("pk")[:COUNTED].query.sql_with_params()
        except EmptyResultSet:
            continue
        statements.append(f"SELECT %s, count(*) FROM ({text}) w")  # noqa: S608
        values += [name, *given]
    if not statements:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(" UNION ALL ".join(statements), values)
        return {name: WorkCount(min(number, COUNTED - 1), number >= COUNTED)
                for name, number in cursor.fetchall() if number}


def _lists(actor: Actor) -> dict[str, QuerySet[Any]]:
    lists: dict[str, QuerySet[Any]] = {}
    if actor.roles.intersection(READERS):
        lists |= {
            "pending": pending_shown(actor), "appeals": appeals_waiting(actor), "handover": cards_untaken(actor),
            "person-requests": requests_waiting(),
            "sample": texts_open_to(actor),
            "operator-notices": notices_for_us().filter(visible_to(actor, path="case__")),
        }
    if actor.roles.intersection(MAY_SWITCH_ON):
        lists["rules"] = RuleSuspension.objects.filter(ended_at__isnull=True)
    if Role.SUPERVISOR in actor.roles:
        lists |= {
            "stuck": stuck_actions(actor), "quarantine": HeldRequest.objects.filter(state=HeldState.HELD),
            "exports": export_requests(actor).filter(disclosures__isnull=True),
        }
    if actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        lists |= {
            "breaches": open_breaches(),
            "legal-holds": holds_to_confirm(actor),
            "watches": watches_to_start(actor), "account-lookups": lookups_to_permit(actor),
            "models": LearntModel.objects.filter(state=ModelState.PROPOSED).exclude(proposed_by_id=actor.person_id),
            "policy-releases": ReleaseAdoption.objects.filter(state=AdoptionState.PROPOSED).exclude(
                proposed_by_id=actor.person_id),
        }
    if Role.CONTACT in actor.roles:
        lists["notices"] = notices_waiting(actor)
    if Role.OFFICER in actor.roles and actor.organisation_id is not None:
        lists["received"] = received_waiting(actor)
    return lists
