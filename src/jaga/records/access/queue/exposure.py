"""Each person's recent exposure to disturbing material, and what they may be given next.

Reasons for skipping are not included.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.cases import Severity
from jaga.core.terms.people import Clearance, Role
from jaga.policy import load_release
from jaga.policy.wellness import Wellness
from jaga.records.access.base.clearance import READERS, cleared_people
from jaga.records.access.base.current_user import number_of
from jaga.records.bulk import ask_prepared
from jaga.records.models import AccessEvent, Case, Person, Vote

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
