"""No case is drawn to be judged again by chance: that would keep its data. And days on which deletions run."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from tests.roles import acting_as

from jaga.core.clock import frozen, now
from jaga.core.terms.privacy import DataKind
from jaga.decisions.verbs import consequences as sampling
from jaga.privacy.models import RetentionClock, RetentionErasure
from jaga.privacy.verbs import sweep
from jaga.privacy.verbs.erasure import carry_out_erasures

DAY = timedelta(days=1)


@contextmanager
def days_later(days: int) -> Iterator[None]:
    """So many days later, with a clock that nobody doubts."""
    with at(now() + days * DAY):
        yield


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """At this moment, with a clock that nobody doubts."""
    with frozen(moment):
        RetentionClock.objects.update_or_create(
            pk=1, defaults={"seen_at": now(), "doubted_at": None, "anchor_boot": ""}
        )
        yield


def sweep_all() -> None:
    """Today's sweep, until nothing is left."""
    while sweep.sweep_retention():
        pass
    sweep.sweep_retention()


def sweep_as_the_worker() -> None:
    """The same with the rights that the worker has, and then the erasures."""
    with acting_as("worker"):
        sweep_all()
        carry_out_erasures()


def deleted(case_id: int) -> set[DataKind]:
    return {DataKind(kind) for kind in RetentionErasure.objects.filter(case=case_id).values_list("kind", flat=True)}


@pytest.fixture(autouse=True)
def nothing_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "lot", lambda _: 1.0)
