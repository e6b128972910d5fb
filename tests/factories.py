"""Small builders that use the verbs: a world of people, a filed report, a case in review, a decided closure."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import psycopg
from django.apps import apps
from django.db import connection
from tests.copied_world import copied, copied_part
from tests.roles import owner_url

from jaga.actions.verbs import attempts, verification
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Vote
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, PUBLIC, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.platforms import (
    STEPS,
    WANTED,
    AccountObservation,
    Capabilities,
    Capability,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, DecisionKind, OutcomeKind, Step, VictimSay, VictimState
from jaga.core.terms.people import Clearance, OrganisationKind, Role
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs import voting
from jaga.people.verbs import officers, people
from jaga.people.verbs.people import NewPlatform, create_organisation, register_platform
from jaga.policy.limits import LONGEST_AT_ONCE_DAYS, WHO_MAY_REPORT
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.queue.models import PersonClearance
from jaga.queue.verbs import leases
from jaga.reporting.verbs import intake
from jaga.signals.verbs import triage

PLATFORM = "obrolan"
ACCOUNT = "@mawar:localhost"
PNG = b"\x89PNG\r\n\x1a\ninvented pixels"
CALLED = officers.CallBack("+62 21 5550100", "buku alamat instansi")  # an invented number
WHY = "Bukti di ruang umum lebih kuat daripada dugaan."
FACTS = "Iklan jasa terlihat di ruang umum."
CATEGORY = "prostitution_advertising"


@dataclass(frozen=True)
class World:
    """All participants."""

    reviewers: tuple[Actor, Actor, Actor]
    supervisor: Actor
    officer: Actor
    minister: Actor
    platform: str = PLATFORM

    @property
    def everyone(self) -> tuple[Actor, ...]:
        return (*self.reviewers, self.supervisor, self.officer, self.minister)


def make_world(capabilities: Capabilities | None = None) -> World:
    """An operator with reviewers and a supervisor, police and ministry with an officer each, and one platform."""
    return _make_world(capabilities) if capabilities else copied(_make_world)


def _make_world(capabilities: Capabilities | None = None) -> World:
    able = capabilities or Capabilities("synapse", {step: Capability(True) for step in Step})
    operator = create_organisation("Operator Contoh", OrganisationKind.OPERATOR, practice=True, actor=CLI)
    police = create_organisation("Polisi Contoh", OrganisationKind.POLICE, practice=True, actor=CLI)
    ministry = create_organisation("Kementerian Contoh", OrganisationKind.MINISTRY, practice=True, actor=CLI)

    def person(name: str, organisation: int, role: Role) -> Actor:
        made = people.create_person(people.NewPerson(name, name.title(), organisation, (role,)), actor=CLI)
        if role is Role.OFFICER:
            officers.register_officer(made.pk, CALLED, actor=CLI)
        return people.actor_for(made)

    register_platform(
        NewPlatform(PLATFORM, "Obrolan Contoh", operator.pk, "localhost", able, watched=True, practice=True), actor=CLI
    )
    made = World(
        (
            person("sinta", operator.pk, Role.REVIEWER),
            person("bayu", operator.pk, Role.REVIEWER),
            person("tirta", operator.pk, Role.REVIEWER),
        ),
        person("wulan", operator.pk, Role.SUPERVISOR),
        person("budi", police.pk, Role.OFFICER),
        person("dewi", ministry.pk, Role.OFFICER),
    )
    clear(*made.reviewers, made.supervisor)
    return made


def clear(*actors: Actor) -> None:
    """Give these people the child-safety clearance; that a reason is required is tested with the verb."""
    moment = now()
    PersonClearance.objects.bulk_create(
        PersonClearance(
            person_id=actor.person_id,
            clearance=Clearance.CHILD_SAFETY,
            reason="Terlatih.",
            given_at=moment,
            expires_at=moment + timedelta(days=30),
        )
        for actor in actors
    )


def lose_clearance_of(actor: Actor) -> None:
    """Remove this person's clearance, so that they see no restricted case."""
    PersonClearance.objects.filter(person_id=actor.person_id or 0).update(ended_at=now())


def new_report(**changes: Any) -> intake.NewReport:
    """A public report with the minimum of fields, and a text."""
    new = intake.NewReport(PLATFORM, ACCOUNT, CATEGORY, "192.0.2.0", text="open BO, nego")
    return replace(new, **changes)


def report(**changes: Any) -> intake.FiledReport:
    """A filed public report."""
    return intake.file_report(new_report(**changes), actor=PUBLIC)


def new_request(kind: OrganisationKind = OrganisationKind.POLICE, **changes: Any) -> requests.NewRequest:
    """A request with all fields of MR5 art. 16(4)."""
    basis = load_release().legal_bases_for(CATEGORY, today(), kind)[0].key
    new = requests.NewRequest(
        PLATFORM,
        ACCOUNT,
        CATEGORY,
        "B/17/2026",
        today(),
        basis,
        "Akun ini mengiklankan layanan di ruang umum.",
        ACCOUNT,
        screenshots=(Upload(PNG),),
        letter=Upload(b"%PDF-1.4 invented"),
    )
    return replace(new, **changes)


def in_review(**changes: Any) -> int:
    """A reported case that triage has put into the queue."""
    return copied_case("in review", changes, lambda: _in_review(**changes))


def _in_review(**changes: Any) -> int:
    case_id = report(**changes).case_id
    triage.triage_case(case_id, actor=SYSTEM)
    return case_id


def copied_case(state: str, changes: dict[str, Any], make: Callable[[], int]) -> int:
    """The case, by its rows if it was made before from the same texts."""
    if not all(isinstance(value, str | bool | None) for value in changes.values()):
        return make()
    return copied_part((state, *sorted(changes.items())), make)


def ballot(case_id: int, kind: DecisionKind, /, **changes: Any) -> voting.Ballot:
    """A ballot with facts and the first fitting legal basis. A restriction takes one person unless its days require
    more.
    """
    case = Case.objects.get(pk=case_id)
    bases = load_release().legal_bases_for(case.category, case.conduct_on)
    asked = case.victim_state == VictimState.PROPOSED and kind is DecisionKind.RESTRICT
    days = changes.get("restrict_days", LONGEST_AT_ONCE_DAYS) if kind is DecisionKind.RESTRICT else None
    long = kind is DecisionKind.RESTRICT and (days is None or not 0 < days <= LONGEST_AT_ONCE_DAYS)
    made = voting.Ballot(
        kind,
        bases[0].key if bases else "",
        FACTS,
        restrict_days=days,
        elements=elements_for(case.category, DecisionKind.CLOSE if long else kind),
        victim=VictimSay.CONFIRM if asked else None,
        why=WHY,
    )
    return replace(made, **changes)


def elements_for(category: str, kind: DecisionKind) -> tuple[str, ...]:
    """All elements of the rule, as a vote for a closure needs them, and any measure in categories with certain
    reporters.
    """
    measure = kind is DecisionKind.CLOSE or (kind is DecisionKind.RESTRICT and category in WHO_MAY_REPORT)
    return tuple(one.key for one in load_release().rule(category).elements) if measure else ()


def vote(case_id: int, kind: DecisionKind, actor: Actor, **changes: Any) -> voting.Voted:
    """Take the lease and vote."""
    lease = leases.take_lease(case_id, actor=actor)
    return voting.cast_vote(case_id, lease.fence, ballot(case_id, kind, **changes), actor=actor)


def wait_for(case_id: int, undo_until: datetime | None = None) -> PendingDecision:
    """By SQL: the row without which the database permits no irreversible decision on the case's two votes."""
    first, second = Vote.objects.filter(case_id=case_id).order_by("pk")[:2]
    return PendingDecision.objects.create(
        case_id=case_id,
        vote=first,
        other=second,
        both=True,
        adjudicated=False,
        made_at=first.cast_at,
        undo_until=undo_until or first.cast_at,
    )


def decided_closure(world: World, **changes: Any) -> int:
    """A case that two reviewers have decided to close, before anything is done on the platform."""
    people = tuple(reviewer.person_id for reviewer in world.reviewers[:2])
    return copied_case(f"decided by {people}", changes, lambda: _decided_closure(world, **changes))


def _decided_closure(world: World, **changes: Any) -> int:
    case_id = _in_review(**changes)
    for reviewer in world.reviewers[:2]:
        vote(case_id, DecisionKind.CLOSE, reviewer)
    return case_id


def observed(state: AccountState) -> AccountObservation:
    """An adapter's observation, just now."""
    return AccountObservation(state, (RouteObservation("admin", state.value),), now())


def carry_through(case_id: int) -> None:
    """Carry out all open actions of a case as on a platform without faults."""
    for task in attempts.open_tasks(case_id):
        attempts.start_attempt(task.action_id, actor=SYSTEM)
        for step in STEPS[task.kind]:
            attempts.record_step(task.action_id, step, StepResult(OutcomeKind.DONE, "seen"), actor=SYSTEM)
        seen = observed(WANTED[task.kind] or AccountState.ACTIVE)
        verification.record_verification(task.action_id, seen, actor=SYSTEM)


def resolved_closure(world: World, **changes: Any) -> int:
    """A closed account."""
    people = tuple(reviewer.person_id for reviewer in world.reviewers[:2])
    return copied_case(f"closed by {people}", changes, lambda: _resolved_closure(world, **changes))


def _resolved_closure(world: World, **changes: Any) -> int:
    case_id = _decided_closure(world, **changes)
    carry_through(case_id)
    return case_id


def the_action(case_id: int) -> Action:
    """The case's only action."""
    return Action.objects.get(decision__case_id=case_id)


def rows() -> dict[str, str]:
    """A digest of all our tables and of the deferred jobs: equal only if no row changed."""
    _make_digest(owner_url())
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM tests_own.all_rows()")
        return dict(cursor.fetchall())


@cache
def _make_digest(url: str) -> None:
    """As a function, whose plan lasts as long as the connection: to plan a hundred tables takes longer than to read a
    test's few rows, and psycopg drops prepared statements at each rollback.
    """
    tables = sorted(model._meta.db_table for model in apps.get_app_config("records").get_models())
    parts = [
        f"SELECT '{table}', md5(string_agg(to_jsonb(r)::text, chr(10) ORDER BY to_jsonb(r)::text)) FROM {table} r"
        for table in (*tables, "procrastinate_jobs")
    ]
    with psycopg.connect(url, autocommit=True) as owner:
        owner.execute("CREATE SCHEMA IF NOT EXISTS tests_own")
        owner.execute(
            "CREATE OR REPLACE FUNCTION tests_own.all_rows() RETURNS TABLE (place text, digest text)"
            f" LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY {' UNION ALL '.join(parts)}; END $$".encode()
        )
