"""The policy release in force: everything that a decision rests on, under one hash."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar

from jaga.core.clock import as_utc
from jaga.core.terms import Channel, DecisionKind, Language, OrganisationKind
from jaga.policy import limits
from jaga.policy.checks.release import check_draft
from jaga.policy.letters import CONTRACT, LetterTemplate
from jaga.policy.lexicons import WordList, expand
from jaga.policy.models import (
    AnswerFirst,
    Category,
    DeadlineRule,
    Deadlines,
    Enforcement,
    LegalBasis,
    LexiconEntry,
    OutsideBody,
    Receivers,
    ReferralReceiver,
    Service,
    Wording,
)
from jaga.policy.problems import PolicyError, ReleaseProblem, UnknownTerm
from jaga.policy.quality import QualityRules
from jaga.policy.reading import PartialRelease, ReleaseFile, read_draft
from jaga.policy.review import CategoryRule
from jaga.policy.routing import Routing
from jaga.policy.screening_rules import Screening, ScreeningRule, expand_rules, expand_shared
from jaga.policy.wellness import Wellness

T = TypeVar("T")


@dataclass(frozen=True)
class PolicyRelease:
    """Versioned rules. `hash` stands on every vote and decision, so that old cases stay judgeable."""

    name: str
    version: str
    dated: date
    language: Language
    maintainer: str
    jurisdiction: str
    hash: str
    categories: tuple[Category, ...]  # in the order of the form
    legal_bases: tuple[LegalBasis, ...]
    deadlines: Deadlines
    enforcement: Enforcement
    letters: tuple[LetterTemplate, ...]
    wordings: tuple[Wording, ...]
    lexicon: tuple[LexiconEntry, ...]
    services: tuple[Service, ...]
    referring: Receivers
    outside_bodies: tuple[OutsideBody, ...]  # to whom a holder can turn, in the order of the page
    quality: QualityRules
    rules: tuple[CategoryRule, ...]
    routing: Routing
    wellness: Wellness
    screening: Screening
    screening_rules: tuple[ScreeningRule, ...]
    word_lists: tuple[WordList, ...]  # of the lexicons; rules name them too

    def category(self, key: str) -> Category:
        """The category with that key. Raises UnknownTerm."""
        return _one("category", key, self.by_key)

    @cached_property
    def by_key(self) -> dict[str, Category]:
        """The categories by their keys."""
        return {category.key: category for category in self.categories}

    @cached_property
    def first_categories(self) -> frozenset[str]:
        """Those in which somebody may be harmed right now, whoever reports: the urgent lane's."""
        always = {urgent.category for urgent in self.deadlines.urgent_categories if urgent.when == "always"}
        return frozenset(always | {category.key for category in self.categories if category.victim_first})

    def rule(self, category: str) -> CategoryRule:
        """What reviewers read beside a case of that category, and what must be so to close. Raises UnknownTerm."""
        return _one("rule", category, {rule.category: rule for rule in self.rules})

    def offered_categories(self) -> tuple[Category, ...]:
        """What the public form offers, in its order."""
        return tuple(category for category in self.categories if category.offered_on_form)

    def legal_basis(self, key: str) -> LegalBasis:
        """The legal basis with that key. Raises UnknownTerm."""
        return _one("legal basis", key, {basis.key: basis for basis in self.legal_bases})

    def legal_bases_for(
        self, category: str, on: date, authority: OrganisationKind | None = None
    ) -> tuple[LegalBasis, ...]:
        """The provisions that covered such conduct on the day of the conduct; with `authority`, those it may invoke.

        For a label they only let a request be filed and counted. Raises UnknownTerm for an unknown category.
        """
        self.category(category)
        return tuple(
            basis
            for basis in self.legal_bases
            if category in basis.categories
            and basis.covers(on)
            and (authority is None or authority in basis.authorities)
        )

    def may_be_urgent(self, category: str) -> bool:
        """Whether a report in this category may have the urgent deadline. Raises UnknownTerm."""
        self.category(category)
        return any(urgent.category == category for urgent in self.deadlines.urgent_categories)

    def deadline(self, channel: Channel, category: str, urgent: bool, received: datetime) -> DeadlineRule:
        """When a report must have been decided (MR5: 24 h from receipt, 4 h where urgent).

        `urgent` is what the sender claims. The category decides whether that counts: some are urgent whatever the
        sender says, most never are ("disturbs the public" is no ground here). Raises UnknownTerm for an unknown
        category, ValueError for a naive `received`.
        """
        self.category(category)
        rule = next((rule for rule in self.deadlines.urgent_categories if rule.category == category), None)
        hastened = rule is not None and (rule.when == "always" or urgent)
        clocks = self.deadlines.urgent if hastened else self.deadlines.standard
        clock = next(clock for clock in clocks if clock.channel is channel)
        source = clock.source + rule.source if hastened and rule else clock.source
        hours = clock.hours
        if answer := self.answer_first(category):  # people have as long as elsewhere, besides the holder's days
            hours, source = hours + answer.days * 24, source + answer.source
        return DeadlineRule(as_utc(received) + timedelta(hours=hours), hours, source, hastened)

    def answer_first(self, category: str) -> AnswerFirst | None:
        """How long the holder has to answer before anything is done; None where nothing is asked before."""
        return next((one for one in self.deadlines.answer_first if one.category == category), None)

    def restriction_meets(self, channel: Channel, *, urgent: bool) -> bool:
        """Whether the clock of a report that came this way is met by the restriction that goes before a closure."""
        clocks = self.deadlines.urgent if urgent else self.deadlines.standard
        return next(clock.met_by_restriction for clock in clocks if clock.channel is channel)

    def allowed_decisions(self, category: str) -> tuple[DecisionKind, ...]:
        """What may be decided in this category, in the order of the release. Raises UnknownTerm.

        Never more than `limits.widest`: outside the narrow list there is no restrict and no close, whoever asks.
        """
        victim_first = self.category(category).victim_first
        widest = limits.widest(category, victim_first=victim_first)
        ladder = next(ladder for ladder in self.enforcement.ladders if ladder.category == category)
        return tuple(kind for kind in ladder.allowed if kind in widest)

    def needs_second_person(self, category: str, decision: DecisionKind) -> bool:
        """Whether this decision takes two people. Raises UnknownTerm for an unknown category."""
        victim_first = self.category(category).victim_first
        ladder = next(ladder for ladder in self.enforcement.ladders if ladder.category == category)
        return decision in ladder.second_person or limits.must_be_seconded(
            category, decision, victim_first=victim_first
        )

    def letter(self, key: str, language: Language | str) -> LetterTemplate:
        """The letter in that language. Raises UnknownTerm, ValueError for an unknown language."""
        spoken = Language(language)
        return _one("letter", key, {letter.key: letter for letter in self.letters if letter.language is spoken})

    def wording(self, key: str, language: Language | str) -> str:
        """A phrase that letters are filled with, e.g. `restriction_close`. Raises UnknownTerm, ValueError."""
        wording = _one("wording", key, {wording.key: wording for wording in self.wordings})
        return wording.id if Language(language) is Language.INDONESIAN else wording.en

    def helplines(self, language: Language | str) -> str:
        """Those that every letter to a holder names, one a line: the same ones whatever the case is about."""
        named = ((one.name.say(Language(language)), one.contact) for one in self.services if one.in_letters)
        return "\n".join(name if contact in name else f"{name}: {contact}" for name, contact in named)

    def receiver(self, key: str) -> ReferralReceiver | None:
        """The receiver with that key; None for one that this release does not have."""
        return next((one for one in self.referring.receivers if one.key == key), None)

    def receivers_for(self, category: str, *, urgent: bool) -> tuple[ReferralReceiver, ...]:
        """To whom a case of this category and urgency may be referred, in the order of the release."""
        return tuple(one for one in self.referring.receivers if one.accepts(category, urgent=urgent))

    def services_for(self, category: str | None = None) -> tuple[Service, ...]:
        """Where to find help: the services for everyone, and those for this category first."""
        own = tuple(service for service in self.services if category in service.categories)
        return own + tuple(service for service in self.services if not service.categories)


def load_release(path: Path | None = None) -> PolicyRelease:
    """The release in that folder; without one, the shipped release (read once).

    Raises PolicyError with every fault found, OSError where the folder cannot be read.
    """
    return _shipped() if path is None else _load(path, str(path))


def check_release(path: Path | None = None) -> list[ReleaseProblem]:
    """Every fault of the release in that folder (default: the shipped one), by file and line; none if it is sound.

    Faults between files are looked for among those files that could be read, so correcting one may reveal another.
    Raises OSError where the folder cannot be read.
    """
    return check_draft(read_release(path))


def read_release(path: Path | None = None) -> PartialRelease:
    """What the files of that release say and on which lines, for checks beyond this package. Raises OSError."""
    return read_draft(path or shipped_folder())


def shipped_folder() -> Traversable:
    """Where the shipped release lies."""
    return files("jaga.policy") / "releases" / "id"


@cache
def _shipped() -> PolicyRelease:
    return _load(shipped_folder(), "jaga/policy/releases/id")


def _load(folder: Traversable, where: str) -> PolicyRelease:
    draft = read_draft(folder)
    if problems := check_draft(draft):
        raise PolicyError(where, tuple(problems))
    return _assemble(draft)


def _value(part: ReleaseFile[T] | None) -> T:
    """The part's value. In a draft without problems every part was read."""
    assert part is not None
    return part.value


def _assemble(draft: PartialRelease) -> PolicyRelease:
    """The release of a draft without problems."""
    about = _value(draft.about)
    lists = {words.key: words for words in _value(draft.words).lists}
    shared = expand_shared(_value(draft.shared))
    return PolicyRelease(
        name=about.name,
        version=about.version,
        dated=about.dated,
        language=about.language,
        maintainer=about.maintainer,
        jurisdiction=about.jurisdiction,
        hash=draft.hash,
        categories=tuple(sorted(_value(draft.categories).categories, key=lambda category: category.order)),
        legal_bases=_value(draft.legal_bases).legal_bases,
        deadlines=_value(draft.deadlines),
        enforcement=_value(draft.enforcement),
        letters=tuple(_letters(draft)),
        wordings=_value(draft.wordings).wordings,
        lexicon=tuple(entry for part in draft.lexicons for entry in expand(part.value, lists)),
        services=_value(draft.services).services,
        referring=_value(draft.receivers),
        outside_bodies=_value(draft.bodies).bodies,
        quality=_value(draft.quality),
        rules=_value(draft.review).rules,
        routing=_value(draft.routing),
        wellness=_value(draft.wellness),
        screening=_value(draft.screening),
        screening_rules=tuple(rule for part in draft.rules for rule in expand_rules(part.value, shared)),
        word_lists=_value(draft.words).lists,
    )


def _letters(draft: PartialRelease) -> list[LetterTemplate]:
    return [
        LetterTemplate(key, language, *CONTRACT[key], part.value.subject.say(language), part.value.text.say(language))
        for key, part in draft.letters.items()
        for language in Language
    ]


def _one(kind: str, key: str, known: dict[str, T]) -> T:
    try:
        return known[key]
    except KeyError:
        raise UnknownTerm(kind=kind, key=key) from None
