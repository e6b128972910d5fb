"""The policy release: all rules that decisions rest on, identified by one hash. Entry point: `load_release`.

The folder of the release that this installation starts with, and that it is offered afterwards.

The jurisdiction of this installation: jurisdiction.yaml of its release.

It is needed before the release (Django's settings), so it is read from the folder without the rest. Once the adopted
release is known, that one's counts. Its code never changes while an installation lives.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache, cached_property
from importlib.resources import files
from importlib.resources.abc import Traversable
from os import environ
from pathlib import Path
from typing import TypeVar

from jaga.core.caches import built_once
from jaga.core.clock import as_utc
from jaga.core.errors import N_, JagaError, WrongJurisdiction
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language, OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.policy import in_force, limits
from jaga.policy.checks.release import check_draft
from jaga.policy.documents import read_document
from jaga.policy.letters import CONTRACT, LetterTemplate
from jaga.policy.limits import QualityRules, Wellness
from jaga.policy.models import (
    AnswerFirst,
    Category,
    Citation,
    DeadlineRule,
    Deadlines,
    Enforcement,
    Jurisdiction,
    LegalBasis,
    LexiconEntry,
    LocalText,
    OutsideBody,
    Receivers,
    ReferralReceiver,
    Service,
    Wording,
)
from jaga.policy.privacy import DataProtection, Retention
from jaga.policy.problems import PolicyError, ReleaseProblem, UnknownTerm
from jaga.policy.reading import PartialRelease, ReleaseFile, draft_of, read_draft, read_files
from jaga.policy.review import CategoryRule
from jaga.policy.routing import Routing, fit
from jaga.policy.screening_rules import Screening, ScreeningRule, WordList, expand, expand_rules, expand_shared

VARIABLE = "JAGA_RELEASE"
"""The name of a shipped release: a folder of `releases/`, `id` by default. Chosen once, before the first start."""
DEFAULT = "id"
OWN = "JAGA_POLICY"
"""The path of a folder with a release of one's own, instead of a shipped one."""


class UnknownRelease(JagaError, ValueError):
    """`JAGA_RELEASE` names no shipped release."""

    code = "unknown_release"
    sentence = N_("JAGA_RELEASE is “%(given)s”, and no such release is shipped.")
    remedy = N_("Choose one of these: %(names)s.")


@cache
def shipped_names() -> tuple[str, ...]:
    """The releases that Jaga ships."""
    return tuple(sorted(folder.name for folder in _releases().iterdir() if folder.is_dir()))


@cache
def _releases() -> Traversable:
    return files("jaga.policy") / "releases"


def shipped_folder(name: str | None = None) -> Traversable:
    """The folder of a shipped release, by default that of `JAGA_RELEASE`. Raises UnknownRelease."""
    chosen = name or environ.get(VARIABLE) or DEFAULT
    if chosen not in shipped_names():
        raise UnknownRelease(given=chosen, names=", ".join(shipped_names()))
    return _releases() / chosen


def named() -> tuple[str, str]:
    """What the environment names: a folder, a shipped release. For whoever keeps what was read from there."""
    return environ.get(OWN, ""), environ.get(VARIABLE, "")


def named_folder() -> Traversable:
    """The folder that whoever runs Jaga names (`JAGA_POLICY`), else that of the shipped release. Raises ValueError."""
    given = environ.get(OWN)
    return Path(given).absolute() if given else shipped_folder()


FILE = "jurisdiction.yaml"


def jurisdiction() -> Jurisdiction:
    """That of the release in force, or of the folder if no release was looked up.

    Raises PolicyError with all problems, OSError if there is no such file.
    """
    return in_force.current_jurisdiction() or offered_jurisdiction()


def offered_jurisdiction() -> Jurisdiction:
    """That of the folder (cached). Raises PolicyError with all problems, OSError if there is no such file.

    `checks.jurisdiction` says more about it when the whole release is loaded.
    """
    return _read_once_of_jurisdiction(*named())


@cache
def _read_once_of_jurisdiction(*_named: str) -> Jurisdiction:
    return _read(named_folder())


def jurisdiction_in(files: Mapping[str, bytes]) -> Jurisdiction | None:
    """That of a release with these files; None if it cannot be read."""
    return _fitted(files[FILE])[0] if FILE in files else None


def emergency_numbers() -> LocalText:
    """Whom to call when somebody is in danger, for sentences that must not wait for the release."""
    return jurisdiction().emergency_numbers


def cited(rule: str) -> Citation:
    """The citation of a rule of the jurisdiction, as `Jurisdiction.cited`."""
    return jurisdiction().cited(rule)


def require_same(theirs: str) -> None:
    """Raises WrongJurisdiction unless this process has the jurisdiction that an installation recorded."""
    ours = jurisdiction().code
    if theirs != ours:
        names = [name for name in shipped_names() if _read(shipped_folder(name)).code == theirs]
        raise WrongJurisdiction(theirs=theirs, ours=ours, release=names[0] if names else "…")


def _read(folder: Traversable) -> Jurisdiction:
    value, problems = _fitted((folder / FILE).read_bytes())
    if value is None:
        raise PolicyError(str(folder), tuple(problems))
    return value


def _fitted(content: bytes) -> tuple[Jurisdiction | None, Sequence[ReleaseProblem]]:
    document, problems = read_document(FILE, content)
    return (None, problems) if document is None else fit(document, Jurisdiction, ())


def default_language() -> Language:
    """The language of whoever has chosen none."""
    return jurisdiction().languages[0]


def offered_language(wanted: str | None) -> Language:
    """The wanted language if the jurisdiction offers it, otherwise its default."""
    return Language(wanted) if wanted in jurisdiction().languages else default_language()


T = TypeVar("T")


@dataclass(frozen=True)
class PolicyRelease:
    """Versioned rules. Their `hash` is stored with every vote and decision, so that old cases remain explainable."""

    name: str
    version: str
    dated: date
    language: Language
    maintainer: str
    jurisdiction: Jurisdiction
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
    outside_bodies: tuple[OutsideBody, ...]  # for account holders, in the order of the page
    quality: QualityRules
    rules: tuple[CategoryRule, ...]
    routing: Routing
    wellness: Wellness
    data_protection: DataProtection
    retention: Retention
    screening: Screening
    screening_rules: tuple[ScreeningRule, ...]
    word_lists: tuple[WordList, ...]  # used by lexicons and rules
    filter_model: str | None = None  # of the false-alarm filter, as `filter.yaml` has it

    def __hash__(self) -> int:
        """By `hash` alone: caches ask for it at each report, and reading all fields takes milliseconds."""
        return hash(self.hash)

    def category(self, key: str) -> Category:
        """The category with that key. Raises UnknownTerm."""
        return _one("category", key, self.by_key)

    @cached_property
    def by_key(self) -> dict[str, Category]:
        """The categories by key."""
        return {category.key: category for category in self.categories}

    @cached_property
    def first_categories(self) -> frozenset[str]:
        """Categories with urgent priority for every report, since somebody may be in danger now."""
        always = {urgent.category for urgent in self.deadlines.urgent_categories if urgent.when == "always"}
        return frozenset(always | {category.key for category in self.categories if category.victim_first})

    def rule(self, category: str) -> CategoryRule:
        """The rule that reviewers read for that category, with the elements of a closure. Raises UnknownTerm."""
        return _one("rule", category, {rule.category: rule for rule in self.rules})

    def offered_categories(self) -> tuple[Category, ...]:
        """The categories on the public form, in order."""
        return tuple(category for category in self.categories if category.offered_on_form)

    def legal_basis(self, key: str) -> LegalBasis:
        """The legal basis with that key. Raises UnknownTerm."""
        return _one("legal basis", key, {basis.key: basis for basis in self.legal_bases})

    def legal_bases_for(
        self, category: str, on: date, authority: OrganisationKind | None = None
    ) -> tuple[LegalBasis, ...]:
        """The provisions that applied to such conduct on that day; with `authority`, those it may invoke.

        For a label they only allow a request to be filed and counted. Raises UnknownTerm.
        """
        return tuple(basis for basis in self.legal_bases_of(category, authority) if basis.covers(on))

    def legal_bases_of(self, category: str, authority: OrganisationKind | None = None) -> tuple[LegalBasis, ...]:
        """The provisions on such conduct, whatever the day; with `authority`, those it may invoke. Raises UnknownTerm.

        What only an authority's demand can rest on (`only_in_requests`) is left out without `authority`.
        """
        self.category(category)
        return tuple(
            basis
            for basis in self.legal_bases
            if category in basis.categories
            and (authority in basis.authorities if authority else not basis.only_in_requests)
        )

    def may_be_urgent(self, category: str) -> bool:
        """Whether a report in this category may have the urgent deadline. Raises UnknownTerm."""
        self.category(category)
        return any(urgent.category == category for urgent in self.deadlines.urgent_categories)

    def deadline(self, channel: Channel, category: str, urgent: bool, received: datetime) -> DeadlineRule:
        """The deadline of a report (MR5: 24 h from receipt, 4 h if urgent).

        `urgent` is the sender's claim. The category decides whether it counts: some are always urgent, most never
        ("disturbs the public" is not a ground here). Raises UnknownTerm, ValueError for a naive `received`.
        """
        self.category(category)
        rule = next((rule for rule in self.deadlines.urgent_categories if rule.category == category), None)
        hastened = rule is not None and (rule.when == "always" or urgent)
        clocks = self.deadlines.urgent if hastened else self.deadlines.standard
        clock = next(clock for clock in clocks if clock.channel is channel)
        source = clock.source + rule.source if hastened and rule else clock.source
        hours = clock.hours
        if answer := self.answer_first(category):  # the holder's days come in addition to the usual time
            hours, source = hours + answer.days * 24, source + answer.source
        return DeadlineRule(as_utc(received) + timedelta(hours=hours), hours, source, hastened)

    def answer_first(self, category: str) -> AnswerFirst | None:
        """The holder's time to answer before anything is done; None if the holder is not asked."""
        return next((one for one in self.deadlines.answer_first if one.category == category), None)

    def restriction_meets(self, channel: Channel, *, urgent: bool) -> bool:
        """Whether the restriction before a closure meets the deadline of a report from this channel."""
        clocks = self.deadlines.urgent if urgent else self.deadlines.standard
        return next(clock.met_by_restriction for clock in clocks if clock.channel is channel)

    def allowed_decisions(self, category: str) -> tuple[DecisionKind, ...]:
        """The decisions permitted in this category, in the order of the release.

        Raises UnknownTerm.

        Never more than `limits.widest`: only actionable categories have restrictions and closures.
        """
        victim_first = self.category(category).victim_first
        widest = limits.widest(category, victim_first=victim_first)
        ladder = next(ladder for ladder in self.enforcement.ladders if ladder.category == category)
        return tuple(kind for kind in ladder.allowed if kind in widest)

    def may_act(self, category: str) -> bool:
        """Whether anything may be done in this category; otherwise it is a label. Raises UnknownTerm."""
        return not limits.LABEL_DECISIONS.issuperset(self.allowed_decisions(category))

    def needs_second_person(self, category: str, decision: DecisionKind) -> bool:
        """Whether this decision takes two people. Raises UnknownTerm."""
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
        """A phrase for letters, such as `restriction_close`. Raises UnknownTerm, ValueError."""
        wording = _one("wording", key, {wording.key: wording for wording in self.wordings})
        return wording.say(language)

    def helplines(self, language: Language | str) -> str:
        """The helplines in every letter to a holder, one a line, the same for all cases."""
        named = ((one.name.say(Language(language)), one.contact) for one in self.services if one.in_letters)
        return "\n".join(name if contact in name else f"{name}: {contact}" for name, contact in named)

    def receiver(self, key: str) -> ReferralReceiver | None:
        """The receiver with that key, or None."""
        return next((one for one in self.referring.receivers if one.key == key), None)

    def receivers_for(self, category: str, *, urgent: bool) -> tuple[ReferralReceiver, ...]:
        """The receivers for a case of this category and urgency, in the order of the release."""
        return tuple(one for one in self.referring.receivers if one.accepts(category, urgent=urgent))

    def services_for(self, category: str | None = None) -> tuple[Service, ...]:
        """The services for this category, then those for everyone."""
        own = tuple(service for service in self.services if category in service.categories)
        return own + tuple(service for service in self.services if not service.categories)


def load_release(path: Path | None = None) -> PolicyRelease:
    """The release in that folder; by default the one in force (`policy.adoption.in_force`).

    A process that has not looked up what was adopted, such as an offline command, takes the folder of `JAGA_POLICY`.
    Raises PolicyError with all problems, OSError if the folder is not readable, ReleaseNotInForce.
    """
    if path is not None:
        return _load(path, str(path))
    held = in_force.current()
    return held if isinstance(held, PolicyRelease) else _shipped()


def check_release(path: Path | None = None) -> list[ReleaseProblem]:
    """All problems of the release in that folder (default: `JAGA_POLICY`), by file and line.

    Checks between files only use readable ones, so correcting a problem may reveal another. Raises OSError.
    """
    return check_draft(read_release(path))


def read_release(path: Path | None = None) -> PartialRelease:
    """The files of that release with their lines, for checks beyond this package. Raises OSError."""
    return read_draft(path or named_folder())


def release_files(path: Path | None = None) -> dict[str, bytes]:
    """The files of that folder (default: `JAGA_POLICY`) by name, unchecked.

    Raises PolicyError if something in it is not opened, such as a link out of the folder; OSError.
    """
    found, problems = read_files(path or named_folder())
    if problems:
        raise PolicyError(str(path or named_folder()), tuple(problems))
    return found


def release_of(found: Mapping[str, bytes], where: str) -> PolicyRelease:
    """The release in these files; `where` names their place in errors. Raises PolicyError with all problems."""
    return _checked(draft_of(dict(found), []), where)


def _shipped() -> PolicyRelease:
    """The release of the folder that is named, else the shipped one."""
    return _read_once_of_release(*named())


@built_once(8)
def _read_once_of_release(*_named: str) -> PolicyRelease:
    folder = named_folder()
    return _load(folder, str(folder))


def _load(folder: Traversable, where: str) -> PolicyRelease:
    return _checked(read_draft(folder), where)


def _checked(draft: PartialRelease, where: str) -> PolicyRelease:
    if problems := check_draft(draft):
        raise PolicyError(where, tuple(problems))
    return _assemble(draft)


def _value(part: ReleaseFile[T] | None) -> T:
    """The value of a part. A draft without problems has all parts."""
    assert part is not None
    return part.value


def _assemble(draft: PartialRelease) -> PolicyRelease:
    """Build the release from a draft without problems."""
    about = _value(draft.about)
    lists = {words.key: words for words in _value(draft.words).lists}
    shared = expand_shared(_value(draft.shared))
    return PolicyRelease(
        name=about.name,
        version=about.version,
        dated=about.dated,
        language=about.language,
        maintainer=about.maintainer,
        jurisdiction=_value(draft.jurisdiction),
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
        data_protection=_value(draft.data_protection),
        retention=_value(draft.retention),
        screening=_value(draft.screening),
        screening_rules=tuple(rule for part in draft.rules for rule in expand_rules(part.value, shared)),
        word_lists=_value(draft.words).lists,
        filter_model=draft.filter.value.model if draft.filter else None,
    )


def _letters(draft: PartialRelease) -> list[LetterTemplate]:
    return [
        LetterTemplate(key, language, *CONTRACT[key], part.value.subject.say(language), part.value.text.say(language))
        for key, part in draft.letters.items()
        for language in Language
    ]


def _one(kind: str, key: str, by_key: dict[str, T]) -> T:
    try:
        return by_key[key]
    except KeyError:
        raise UnknownTerm(kind=kind, key=key) from None
