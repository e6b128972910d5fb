"""A breach played in a practice installation, step by step, with the same verbs as a real one.

It shows a team what they would see. The breach is marked as a drill: it is in the list, and in no counter.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.people import Role
from jaga.core.terms.privacy import BreachGroup, BreachScopeKind
from jaga.people.models import Person
from jaga.people.verbs.people import actor_for
from jaga.privacy.reads.breaches import access_breach
from jaga.privacy.verbs.breaches import (
    NewBreach,
    NewScope,
    NotEverybodyTold,
    add_scope,
    breach_letters,
    close_breach,
    declare_breach,
    list_people_concerned,
    record_notice,
)
from jaga.quality.models import AccessEvent
from jaga.store.models import Installation

LOOKED_BACK = timedelta(days=30)


class OnlyInPractice(Conflict):
    """A drill in an installation with real people."""

    code = "drill_only_in_practice"
    sentence = N_("A drill is played in a practice installation only, and this is none.")
    remedy = N_("Start one beside it with `make run` and play it there. A real breach is declared in the console.")


class NothingToPlay(Conflict):
    """No supervisor, or nobody has opened a case yet."""

    code = "nothing_to_play"
    sentence = N_("Nobody has opened a case here yet, so there is no breach to practise.")
    remedy = N_("Let the story of `jaga run` go on for a minute, or open some cases, and try again.")


@dataclass(frozen=True)
class DrillStep:
    """What a team does, and what it sees."""

    title: str
    lines: tuple[str, ...]


def play_breach() -> Iterator[DrillStep]:
    """Play one breach: a stranger used the account of whoever opened most cases. Each step is done when it is read.

    Raises OnlyInPractice, NothingToPlay.
    """
    if not Installation.objects.filter(practice=True).exists():
        raise OnlyInPractice
    actor, person = _supervisor(), _staff()
    moment = now()
    breach_id = declare_breach(
        NewBreach(
            "A stranger signed in with the password of one of us.",
            "words of reports, account names, decisions",
            "The password was changed and every session was ended.",
            "Be careful with messages that speak of a report. We never ask for a code.",
            moment - timedelta(hours=3),
            moment - LOOKED_BACK,
            moment,
            drill=True,
        ),
        actor=actor,
    )
    seen = access_breach(breach_id, actor=actor)
    yield DrillStep(
        f"1. Declare it: console, Breaches, {seen.listed.reference}",
        (
            f"found {seen.listed.found_at:%Y-%m-%d %H:%M}Z; to be told by {seen.listed.due_at:%Y-%m-%d %H:%M}Z",
            f"time left: {_left(seen.listed.due_at - moment)}",
        ),
    )
    add_scope(breach_id, NewScope(BreachScopeKind.PERSON, person.username), actor=actor)
    seen = access_breach(breach_id, actor=actor)
    yield DrillStep(
        f"2. Say what it concerns: the account {person.username}",
        (
            f"{seen.counts.cases} cases by the access log, {seen.counts.lists} lists opened",
            *(f"{group.value}: {people}" for group, people, _ in seen.groups if group is not BreachGroup.AUTHORITY),
        ),
    )
    found = list_people_concerned(breach_id, actor=actor)
    yield DrillStep(
        "3. Open the list, as a supervisor (it is logged)",
        (f"{len(found.people)} people in cases that you may see, {found.hidden} cases under another clearance",),
    )
    letters = breach_letters(breach_id, actor=actor)
    yield DrillStep(
        "4. Copy the letters, and send them yourself",
        tuple(
            f"{'authority' if one.to_authority else 'people'} ({one.language.value}): {one.subject}" for one in letters
        ),
    )
    yield DrillStep("5. Closing it before everybody is recorded", (_refused(breach_id, actor),))
    for group, _, _ in seen.groups:
        record_notice(breach_id, group, "Drill: nobody was written to.", sent=False, actor=actor)
    yield DrillStep(
        "6. Record for each group whether it was told", tuple(f"{group.value}: recorded" for group, _, _ in seen.groups)
    )
    close_breach(breach_id, "Drill: say here what took long, and who was missing.", actor=actor)
    closed = access_breach(breach_id, actor=actor)
    yield DrillStep(
        "7. Close it with what was learnt",
        (f"closed {closed.listed.closed_at:%Y-%m-%d %H:%M}Z" if closed.listed.closed_at else "open",),
    )


def _refused(breach_id: int, actor: Actor) -> str:
    try:
        close_breach(breach_id, "Drill: too early, so this is refused.", actor=actor)
    except NotEverybodyTold as refused:
        return f"refused, as it should be: {refused.sentence}"
    return "closed: every group was recorded before"


def _supervisor() -> Actor:
    row = Person.objects.filter(is_active=True, roles__role=Role.SUPERVISOR).order_by("pk").first()
    if row is None:
        raise NothingToPlay
    return actor_for(row)


def _staff() -> Person:
    """Whoever opened most cases of late."""
    most = (
        AccessEvent.objects.filter(case__isnull=False, case__canary=False, at__gte=now() - LOOKED_BACK)
        .values("person")
        .annotate(times=Count("pk"))
        .order_by("-times", "person")
        .first()
    )
    if most is None:
        raise NothingToPlay
    return Person.objects.get(pk=most["person"])


def _left(left: timedelta) -> str:
    hours, minutes = divmod(int(left.total_seconds()) // 60, 60)
    return f"{hours} h {minutes:02d} min"
