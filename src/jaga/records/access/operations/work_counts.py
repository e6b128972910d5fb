"""How much waits for a person in each list of the console, in two queries: the counters of the navigation."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.alarms import CLOCK_ALARMS, LAPSE_ALARMS
from jaga.core.terms.authorities import HeldState
from jaga.core.terms.people import Role
from jaga.core.terms.policy import AdoptionState
from jaga.core.terms.screening import ModelState
from jaga.records.access.actions.alarm_messages import late_messages, unaddressed_alarms
from jaga.records.access.actions.case_alarms import case_alarms
from jaga.records.access.actions.stuck import stuck_actions
from jaga.records.access.appeals.appeals import appeals_waiting
from jaga.records.access.authorities.disclosures import export_requests
from jaga.records.access.base.clearance import READERS, clearances_of, visible_to
from jaga.records.access.cases.blind import taken_for_blind_review
from jaga.records.access.decisions.pending import pending_shown
from jaga.records.access.operators.notices import notices_for_us
from jaga.records.access.operators.portal import notices_waiting
from jaga.records.access.privacy.breaches import open_breaches
from jaga.records.access.privacy.holds import holds_to_confirm
from jaga.records.access.privacy.person_requests import requests_waiting
from jaga.records.access.queue.queues import queues_of
from jaga.records.access.queue.shift_handover import cards_untaken
from jaga.records.access.queue.waiting import counting, waiting_for
from jaga.records.access.referrals import received_waiting, referral_duties
from jaga.records.access.watch.lookups import lookups_to_permit
from jaga.records.access.watch.people_sample import texts_open_to
from jaga.records.access.watch.rule_measures import MAY_SWITCH_ON
from jaga.records.access.watch.watches import watches_to_start
from jaga.records.bulk import ask_with_kept_plan, with_words_written
from jaga.records.models import HeldRequest, LearntModel, ReleaseAdoption, RuleSuspension

COUNTED = 100
"""Rows read of each list at most."""
EXACT = frozenset({"case-alarms", "clock-alarms", "referrals"})
"""Lists that are counted to their end, for the sentences above a page."""
KEPT = 30
"""Seconds for which a person's statement is kept, because making it takes longer than running it. The rows and the
person's rights are always those of the moment; only what becomes due by time may be counted so much later."""


Statement = tuple[str, list[Any]]


@dataclass(frozen=True)
class WorkCount:
    """A counter; with `more`, a lower bound."""

    number: int
    more: bool


def count_work(actor: Actor) -> Mapping[str, WorkCount]:
    """What waits in each of the actor's lists, by the name of the page; lists in which nothing waits are missing.

    Each list has only what its page shows this person. Beside the pages: `case-alarms` and `clock-alarms`, and of
    alarms that reached nobody `late-messages` and `unaddressed-alarms`. Two queries, which read at most `COUNTED` rows
    of a list that is not `EXACT`.
    """
    readers = actor.roles.intersection(READERS)
    skipped = waiting_for(actor).skipped if readers else ()
    queue, lists = _statements(
        actor,
        clearances_of(actor),
        taken_for_blind_review(actor),
        skipped,
        queues_of(actor) if readers else (),
        int(now().timestamp()) // KEPT,
    )
    rows: list[tuple[str, int]] = []
    if queue[0]:
        # Not prepared: a plan for all moments reads the whole queue for what is deferred until one of them.
        with connection.cursor() as cursor:
            cursor.execute(*queue)
            rows += cursor.fetchall()
    if lists[0]:
        rows += ask_with_kept_plan(*lists)
    return {
        name: WorkCount(number, more=False) if name in EXACT else WorkCount(min(number, COUNTED - 1), number >= COUNTED)
        for name, number in rows
        if number
    }


@lru_cache(maxsize=256)
def _statements(actor: Actor, *_depends_on: Hashable) -> tuple[Statement, Statement]:
    """The actor's statements with their values, for the queue and for all other lists; "" if they have none.

    The arguments are all that they depend on. A list that depends on anything else of the database must say so in SQL.
    """
    found = counting(waiting_for(actor), COUNTED) if actor.roles.intersection(READERS) else None
    queue: Statement = ("", [])
    if found:
        queue = (f"SELECT 'queue', count(*) FROM (SELECT * FROM ({found[0]}) q LIMIT {COUNTED}) w", found[1])  # noqa: S608
    statements: list[str] = []
    values: list[Any] = []
    for name, rows in _lists(actor).items():
        rows = rows.order_by().values("pk")
        try:
            text, given = (rows if name in EXACT else rows[:COUNTED]).query.sql_with_params()
        except EmptyResultSet:
            continue
        written, others = with_words_written(text, given)
        statements.append(f"SELECT '{name}', count(*) FROM ({written}) w")  # noqa: S608
        values += others
    return queue, (" UNION ALL ".join(statements), values)


def _lists(actor: Actor) -> dict[str, QuerySet[Any]]:
    lists: dict[str, QuerySet[Any]] = {}
    if actor.roles.intersection(READERS):
        lists |= {
            "pending": pending_shown(actor),
            "appeals": appeals_waiting(actor),
            "handover": cards_untaken(actor),
            "person-requests": requests_waiting(),
            "sample": texts_open_to(actor),
            "operator-notices": notices_for_us().filter(visible_to(actor, path="case__")),
            "referrals": referral_duties(actor),
        }
    if actor.roles.intersection(MAY_SWITCH_ON):
        lists["rules"] = RuleSuspension.objects.filter(ended_at__isnull=True)
    if Role.SUPERVISOR in actor.roles:
        lists |= {
            "case-alarms": case_alarms(actor, LAPSE_ALARMS),
            "clock-alarms": case_alarms(actor, CLOCK_ALARMS),
            "stuck": stuck_actions(actor),
            "held-requests": HeldRequest.objects.filter(state=HeldState.HELD),
            "exports": export_requests(actor).filter(disclosures__isnull=True),
        }
    if actor.roles & {Role.SUPERVISOR, Role.ADMINISTRATOR}:
        lists |= {
            "breaches": open_breaches(),
            "late-messages": late_messages(),
            "unaddressed-alarms": unaddressed_alarms(),
            "legal-holds": holds_to_confirm(actor),
            "watches": watches_to_start(actor),
            "account-lookups": lookups_to_permit(actor),
            "models": LearntModel.objects.filter(state=ModelState.PROPOSED).exclude(proposed_by_id=actor.person_id),
            "policy-releases": ReleaseAdoption.objects.filter(state=AdoptionState.PROPOSED).exclude(
                proposed_by_id=actor.person_id
            ),
        }
    if Role.CONTACT in actor.roles:
        lists["notices"] = notices_waiting(actor)
    if Role.OFFICER in actor.roles and actor.organisation_id is not None:
        lists["received"] = received_waiting(actor)
    return lists
