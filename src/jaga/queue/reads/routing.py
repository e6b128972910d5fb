"""Routing on the case page: queue and reason, assignee, deferral and team notes.

Each person's recent exposure to disturbing material, and what they may be given next.

Reasons for skipping are not included.

Questions about the policy: those of one case, those that wait for a policy officer, and the latest answers.

Who has a case open, and a person's own draft on it.

The queues: which ones a person works in, and which ones too few people can see.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Vote
from jaga.cases.reads.case_view import takes_case
from jaga.cases.reads.gate import Related
from jaga.core.actors import Actor
from jaga.core.cases import VOTING_STATES, CaseState
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.cases import NoteKind, Severity
from jaga.core.terms.people import Clearance, Role
from jaga.people.models import Person
from jaga.policy.limits import Wellness
from jaga.policy.release import load_release
from jaga.policy.routing import Queue
from jaga.quality.models import AccessEvent
from jaga.queue.models import CaseNote, Draft, PersonSkill, PolicyQuestion, Skip
from jaga.store.bulk import ask_prepared
from jaga.store.reads import READERS, clearances_of, cleared_people, number_of, once, visible_to

AT_WORK = timedelta(minutes=30)
"""A person with access log entries this recent counts as at work."""


_SUMS = """
SELECT person_id, severity, sum(seconds)::bigint FROM records_exposure
WHERE person_id = ANY(%s::bigint[]) AND at > %s GROUP BY person_id, severity
"""
_SEVERE = """
SELECT person_id, at, seconds FROM records_exposure
WHERE person_id = ANY(%s::bigint[]) AND at > %s AND severity >= %s AND seconds > 0 ORDER BY at
"""


@dataclass(frozen=True)
class ExposureView:
    """One person's exposure this shift in weighted minutes, and the resulting limits."""

    minutes: int
    budget: int
    severe_minutes: int  # Within the rotation period, unweighted.
    rotation_after: int
    spent: bool
    lighter_until: datetime | None  # A rotation applies until then.
    by_severity: tuple[tuple[Severity, int], ...] = ()  # Minutes, the most severe first.

    @property
    def lighter_only(self) -> bool:
        """Whether severe cases are withheld for now."""
        return self.spent or self.lighter_until is not None

    @property
    def left(self) -> int:
        """Weighted minutes left in the budget."""
        return max(0, self.budget - self.minutes)

    @property
    def shown(self) -> int:
        """The meter's value, capped at the budget."""
        return min(self.minutes, self.budget)


@dataclass(frozen=True)
class WorkloadView:
    """One person's load, for planning."""

    name: str
    exposure: ExposureView
    at_work: bool


def exposure_of(actor: Actor) -> ExposureView:
    """The actor's own exposure. Raises NotPermitted for anyone who does not judge cases."""
    person = actor.require(*READERS)
    return _exposures([person])[person]


def list_loads(*, actor: Actor) -> tuple[WorkloadView, ...]:
    """The load of everyone who judges cases, highest first.

    Raises NotPermitted for anyone but a supervisor.

    Minutes only: cases, skips and their reasons stay private.
    """
    actor.require(Role.SUPERVISOR)
    people = list(_judges())
    exposures = _exposures([person.pk for person in people])
    working = set(_judges().filter(_at_work()).values_list("pk", flat=True))
    loads = [WorkloadView(person.display_name, exposures[person.pk], person.pk in working) for person in people]
    return tuple(sorted(loads, key=lambda load: (-load.exposure.minutes, load.name)))


def anyone_else_for(case: Case, *, actor: Actor) -> bool:
    """Whether a colleague at work could take this case: cleared, without a vote on it, and with budget left."""
    voted = Vote.objects.filter(case=case).values("person")
    others = _judges().filter(_at_work()).exclude(pk=number_of(actor)).exclude(pk__in=voted)
    if case.clearance:
        others = others.filter(pk__in=cleared_people(Clearance(case.clearance)).values("pk"))
    return any(not exposure.lighter_only for exposure in _exposures([other.pk for other in others]).values())


def may_be_given(actor: Actor) -> Q:
    """A filter for cases the actor may be given: all, or during a rotation only lighter ones and urgent ones about a
    possible victim.
    """
    if not exposure_of(actor).lighter_only:
        return Q()
    return Q(severity__lt=load_release().wellness.severe_from) | Q(urgent=True, victim_first=True)


def _judges() -> QuerySet[Person]:
    """Everyone who judges cases."""
    return Person.objects.filter(is_active=True, roles__role__in=READERS).distinct()


def _at_work() -> Exists:
    """A filter over people: they have a recent access log entry."""
    return Exists(AccessEvent.objects.filter(person=OuterRef("pk"), at__gt=now() - AT_WORK))


def _exposures(people: Iterable[int]) -> Mapping[int, ExposureView]:
    rules, moment, numbers = load_release().wellness, now(), list(people)
    counted: dict[int, dict[Severity, int]] = {number: {} for number in numbers}
    for person, severity, seconds in ask_prepared(_SUMS, [numbers, moment - rules.shift]):
        counted[person][Severity(severity)] = seconds
    within = timedelta(minutes=rules.rotation.within_minutes)
    severe: dict[int, list[tuple[datetime, int]]] = {number: [] for number in numbers}
    for person, at, seconds in ask_prepared(_SEVERE, [numbers, moment - within, int(rules.severe_from)]):
        severe[person].append((at, seconds))
    return {number: _view(rules, counted[number], severe[number]) for number in numbers}


def _view(rules: Wellness, seconds: Mapping[Severity, int], severe: list[tuple[datetime, int]]) -> ExposureView:
    weighted = sum(rules.weights.of(severity) * spent for severity, spent in seconds.items())
    total = sum(spent for _, spent in severe)
    return ExposureView(
        round(weighted / 60),
        rules.budget_minutes,
        total // 60,
        rules.rotation.after_minutes,
        weighted >= rules.budget_minutes * 60,
        _lighter_until(rules, severe, total),
        tuple((severity, round(spent / 60)) for severity, spent in sorted(seconds.items(), reverse=True)),
    )


def _lighter_until(rules: Wellness, severe: list[tuple[datetime, int]], total: int) -> datetime | None:
    """When enough of the severe material falls outside the rotation period; None if severe cases may be given now."""
    limit, until = rules.rotation.after_minutes * 60, None
    for at, seconds in severe:
        if total < limit:
            break
        total -= seconds
        until = at + timedelta(minutes=rules.rotation.within_minutes)
    return until


AUDIENCE = (*READERS, Role.POLICY)
POLICY_QUESTIONS_SHOWN = 50


@dataclass(frozen=True)
class PolicyQuestionView:
    """A question. `case_id` is None for a policy officer who does not work on cases and so cannot open it."""

    question_id: int
    case_id: int | None
    reference: str
    category: str
    asked_by: str
    text: str
    asked_at: datetime
    answered_by: str
    answer: str
    answered_at: datetime | None
    may_answer: bool


@dataclass(frozen=True)
class PolicyQuestionsView:
    """Questions that wait, oldest first, and the latest answers, newest first."""

    waiting: tuple[PolicyQuestionView, ...]
    answered: tuple[PolicyQuestionView, ...]


@takes_case
def questions_of(case: Case, *, actor: Actor) -> tuple[PolicyQuestionView, ...]:
    """The questions of a case already fetched with a permission check, newest first."""
    rows = PolicyQuestion.objects.filter(visible_to(actor, path="case__"), case=case).order_by("-pk")[
        :POLICY_QUESTIONS_SHOWN
    ]
    return _views(rows, actor)


def list_policy_questions(*, actor: Actor) -> PolicyQuestionsView:
    """Questions of all cases that the actor may see. Raises NotPermitted for whoever neither works on cases nor answers
    questions.
    """
    actor.require(*AUDIENCE)
    rows = PolicyQuestion.objects.filter(visible_to(actor, path="case__"))
    return PolicyQuestionsView(
        _views(rows.filter(answered_at__isnull=True).order_by("asked_at", "pk")[:POLICY_QUESTIONS_SHOWN], actor),
        _views(rows.filter(answered_at__isnull=False).order_by("-answered_at", "-pk")[:POLICY_QUESTIONS_SHOWN], actor),
    )


def access_policy_question(question_id: int, *, actor: Actor) -> PolicyQuestionView:
    """One question, for policy officers. Raises NotPermitted, NotFound."""
    actor.require(Role.POLICY)
    found = _views(PolicyQuestion.objects.filter(visible_to(actor, path="case__"), pk=question_id), actor)
    if not found:
        raise NotFound
    return found[0]


def _views(rows: Iterable[PolicyQuestion], actor: Actor) -> tuple[PolicyQuestionView, ...]:
    found = (
        PolicyQuestion.objects.filter(pk__in=[row.pk for row in rows])
        .select_related("case", "asked_by", "answered_by")
        .in_bulk()
    )
    works = bool(actor.roles.intersection(READERS))
    return tuple(
        PolicyQuestionView(
            row.pk,
            row.case_id if works else None,
            row.case.reference,
            row.category,
            row.asked_by.display_name,
            row.text,
            row.asked_at,
            row.answered_by.display_name if row.answered_by else "",
            row.answer,
            row.answered_at,
            row.answered_at is None and Role.POLICY in actor.roles and row.asked_by_id != actor.person_id,
        )
        for row in (found[one.pk] for one in rows)
    )


@takes_case
def draft_of(case: Case, *, actor: Actor) -> Mapping[str, Sequence[str]] | None:
    """The actor's own draft on the case, by form field, or None. Nobody sees another person's draft."""
    fields: Mapping[str, Sequence[str]] | None = (
        Draft.objects.filter(case=case, person_id=number_of(actor)).values_list("fields", flat=True).first()
    )
    return fields


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


NOTES_SHOWN = 50
PEOPLE_SHOWN = 200


@dataclass(frozen=True)
class TeamNoteView:
    """A team note."""

    person: str
    kind: NoteKind
    text: str
    at: datetime


@dataclass(frozen=True)
class CasePlacement:
    """Where a case waits. `waits`: it can still be moved."""

    waits: bool
    queue_key: str
    by_hand: bool
    assignee: str
    assigned_to_me: bool
    snoozed_until: datetime | None
    snoozed_by: str
    snooze_reason: str
    escalated_at: datetime | None
    skipped_until: datetime | None
    due_at: datetime
    notes: tuple[TeamNoteView, ...]
    people: tuple[tuple[int, str], ...]  # People a supervisor may assign it to.


@takes_case
def place_of(case: Case, has: Collection[Related], *, actor: Actor) -> CasePlacement:
    """The placement of a case already fetched with a permission check. `has` comes from `beside`."""
    person, moment = actor.require(*READERS), now()
    waits = case.state in VOTING_STATES
    held = case.snoozed_until if waits and case.snoozed_until and case.snoozed_until > moment else None
    skipped = (
        Skip.objects.filter(case=case, person_id=person, until__gt=moment).values_list("until", flat=True).first()
        if Related.OWN_SKIP in has
        else None
    )
    return CasePlacement(
        waits,
        case.queue,
        case.queue_fixed,
        case.assigned_to.display_name if case.assigned_to else "",
        case.assigned_to_id == person,
        held,
        case.snoozed_by.display_name if held and case.snoozed_by else "",
        case.snooze_reason if held else "",
        case.escalated_at if waits else None,
        skipped,
        case.due_at,
        notes_of(case) if Related.NOTES in has else (),
        _people(case) if waits and Role.SUPERVISOR in actor.roles else (),
    )


def notes_of(case: Case) -> tuple[TeamNoteView, ...]:
    """Team notes on a case already fetched with a permission check, newest first."""
    rows = CaseNote.objects.filter(case=case).select_related("person").order_by("-pk")[:NOTES_SHOWN]
    return tuple(TeamNoteView(row.person.display_name, NoteKind(row.kind), row.text, row.at) for row in rows)


def people_to_assign(*, actor: Actor) -> tuple[tuple[int, str], ...]:
    """Everybody a supervisor may assign cases to; who lacks a case's clearance is refused for that case.

    Raises NotPermitted.
    """
    actor.require(Role.SUPERVISOR)
    rows = Person.objects.filter(is_active=True, roles__role__in=[role.value for role in READERS]).distinct()
    return tuple(rows.order_by("display_name", "pk").values_list("pk", "display_name")[:PEOPLE_SHOWN])


def _people(case: Case) -> tuple[tuple[int, str], ...]:
    roles = [role.value for role in READERS]
    rows = (
        cleared_people(Clearance(case.clearance))
        if case.clearance
        else Person.objects.filter(is_active=True, roles__role__in=roles).distinct()
    )
    return tuple(rows.order_by("display_name", "pk").values_list("pk", "display_name")[:PEOPLE_SHOWN])
