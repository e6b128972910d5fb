"""The case page's routing section: queue, reason, and the forms that move the case."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from jaga.casework.queue.queue_rules import placed
from jaga.core.clock import now
from jaga.policy import load_release
from jaga.policy.routing import Queue
from jaga.records.access.queue.routing import CasePlacement, place_of
from jaga.web.console.frame.sections import CasePage
from jaga.web.errors import language

HOURS = (1, 2, 4, 8, 12)


@dataclass(frozen=True)
class Moving:
    """A rejected form: which one, its input and errors."""

    form: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyQuestionFormData:
    """A rejected question about the policy: its text and errors."""

    text: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownPlace:
    """The placement as sentences."""

    place: CasePlacement
    queue: Queue
    why: str
    queues: tuple[Queue, ...]
    hours: tuple[int, ...]
    moving: Moving


def routing_of(page: CasePage) -> Mapping[str, object]:
    """The template context of the routing section."""
    release, place = load_release(), place_of(page.case, page.has, actor=page.actor)
    left = place.due_at - now()
    return {
        "place": ShownPlace(
            place,
            release.routing.queue(page.case.queue),
            placed(page.case, release).why.say(language()),
            release.routing.queues,
            tuple(hours for hours in HOURS if timedelta(hours=hours) < left),
            page.kept_of(Moving) or Moving(),
        )
    }
