"""Kinds of invented cases, drawn once from a seed and used for all of them.

Signals come from the real screening, queues from the release's routing, decisions from what the policy permits.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from jaga.core.terms.cases import DecisionKind, Severity
from jaga.core.terms.reports import Channel, ReportForm
from jaga.policy.limits import must_be_seconded, widest
from jaga.policy.local_time import today
from jaga.policy.release import PolicyRelease
from jaga.policy.routing import RoutingFacts
from jaga.screening.engine.screen import screen_texts
from jaga.screening.text.signals import Screened
from jaga_practice.filling.texts import CHANNELS, PLACES, PLATFORMS, ROOMS, TEXTS, WEIGHTS

PROFILES = 4_000
_EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
_OUTCOMES = {
    DecisionKind.DISMISS: 50,
    DecisionKind.CLOSE: 27,
    DecisionKind.RESTRICT: 18,
    DecisionKind.PRESERVE: 3,
    DecisionKind.REFER: 2,
}
_FORMS = {Channel.WATCH: ReportForm.OBSERVATION, Channel.FLAGGER: ReportForm.NOTICE}
Term = TypeVar("Term", bound=str)


@dataclass(frozen=True)
class Profile:
    """A kind of case."""

    category: str
    channel: Channel
    form: ReportForm
    language: str
    platform: str
    severity: Severity
    victim_first: bool
    urgent: bool
    queue: str
    clearance: str
    hours: int
    text: str
    place: str
    screened: Screened
    outcome: DecisionKind
    seconded: bool
    first_vote: DecisionKind  # for a case that waits for a second vote
    basis: str
    elements: tuple[str, ...]


def draw(release: PolicyRelease, seed: int) -> list[Profile]:
    """Draw kinds of cases with realistic frequencies; deterministic for a seed and release."""
    chance = random.Random(seed)  # noqa: S311 - invented data, not secrets
    drawn = [(_one(chance, WEIGHTS), _one(chance, CHANNELS), _one(chance, PLATFORMS)) for _ in range(PROFILES)]
    texts = [_published(chance, category) for category, _, _ in drawn]
    read = screen_texts([text for _, text, _ in texts], release)
    return [
        _profile(chance, release, kind, words, found) for kind, words, found in zip(drawn, texts, read, strict=True)
    ]


def _published(chance: random.Random, category: str) -> tuple[str, str, str]:
    language, text = chance.choice(TEXTS[category])
    filled = text.format(place=chance.choice(PLACES), price=chance.choice((150, 200, 300, 350, 400, 500, 700)))
    return language, filled, chance.choice(ROOMS).format(place=chance.choice(PLACES))


def _profile(
    chance: random.Random,
    release: PolicyRelease,
    kind: tuple[str, str, str],
    published: tuple[str, str, str],
    found: Screened,
) -> Profile:
    (key, channel, platform), (language, text, place) = kind, published
    category = release.category(key)
    victim_first = category.victim_first or found.victim_first
    severity = max(category.severity, Severity.HIGH) if victim_first else category.severity
    deadline = release.deadline(Channel(channel), key, urgent=False, received=_EPOCH)
    queue = release.routing.place(
        RoutingFacts(key, channel, language, severity, victim_first, channel == "flagger", platform)
    ).queue
    narrow = widest(key, victim_first=victim_first)
    may = [one for one in _OUTCOMES if one in release.allowed_decisions(key) and one in narrow]
    outcome = DecisionKind(_one(chance, {one: _OUTCOMES[one] for one in may}))
    bases = release.legal_bases_for(key, today())
    first = next((one for one in (DecisionKind.CLOSE, DecisionKind.PRESERVE) if one in may), DecisionKind.DISMISS)
    return Profile(
        key,
        Channel(channel),
        _FORMS.get(Channel(channel), ReportForm.REPORT),
        language,
        platform,
        severity,
        victim_first,
        deadline.urgent,
        queue.key,
        queue.clearance.value if queue.clearance else "",
        deadline.hours,
        text,
        place,
        found,
        outcome,
        # one person may restrict a week in ninety days, and accounts occur many times here
        outcome is DecisionKind.RESTRICT
        or release.needs_second_person(key, outcome)
        or must_be_seconded(key, outcome, victim_first=victim_first),
        first,
        bases[0].key if bases else "",
        tuple(one.key for one in release.rule(key).elements),
    )


def _one(chance: random.Random, weights: Mapping[Term, int]) -> Term:
    return chance.choices(list(weights), list(weights.values()))[0]
