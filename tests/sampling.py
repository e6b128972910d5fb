"""A week of watched texts, drawn and judged."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from tests.factories import PLATFORM
from tests.watching import running, seen

from jaga.cases.models.cases import Platform
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import frozen
from jaga.core.observations import ObservedBatch
from jaga.core.terms.people import Role
from jaga.people.verbs import people
from jaga.policy.local_time import today
from jaga.watch.models.watches import Watch
from jaga.watch.verbs import people_sample, reading
from jaga.watch.verbs import people_sample as candidates

MONDAY = datetime(2026, 11, 2, 3, tzinfo=UTC)
NEXT = MONDAY + timedelta(days=7)
LATER = NEXT + timedelta(hours=1)


def judges(number: int = 3) -> list[Actor]:
    """Reviewers without anything to do with each other."""
    operator = Platform.objects.get(name=PLATFORM).operator_id
    return [
        people.actor_for(
            people.create_person(
                people.NewPerson(f"penilai{at}", f"Penilai {at}", operator, (Role.REVIEWER,)), actor=CLI
            )
        )
        for at in range(number)
    ]


def watching() -> int:
    """The number of a watch that runs for two months."""
    found = Watch.objects.filter(started_at__isnull=False).values_list("pk", flat=True).first()
    return found or running(until=today() + timedelta(days=60))


def watched_week(monkeypatch: pytest.MonkeyPatch, texts: Sequence[str], start: datetime = MONDAY) -> None:
    """These texts are seen on the Monday of a week, all candidates, and drawn after its end."""
    monkeypatch.setattr(candidates, "SAMPLE_SHARE", 1.0)
    with frozen(start):
        reading.take_in(
            watching(),
            ObservedBatch(
                tuple(seen(text, f"${start.date()}-{at}", f"@akun{at}:localhost") for at, text in enumerate(texts)), "c"
            ),
            actor=SYSTEM,
        )
    with frozen(start + timedelta(days=7)):
        people_sample.draw_sample(actor=SYSTEM)


def judge_all(people: Sequence[Actor], answer: str, moment: datetime = LATER) -> int:
    """Each of these people gives the same answer to all that waits for them; returns how many judgements."""
    done = 0
    with frozen(moment):
        for person in people:
            while (number := people_sample.take_text(actor=person)) is not None:
                people_sample.judge_text(number, answer, actor=person)
                done += 1
    return done
