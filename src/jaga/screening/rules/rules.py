"""Rule semantics: the readable definition, one text at a time.

The compiled `rule_set` must equal it.

A condition is about a text, its account's context, or both. On unknown context it is false. Places are half-open code
point spans in the original text.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from jaga.policy.screening_rules import RuleCondition, ScreeningRule, WordList
from jaga.screening.contacts.contacts import Contact, contacts_in
from jaga.screening.phrases.phrases import LexiconFinder, PhraseHit
from jaga.screening.text.block import TextBlock, slow_block
from jaga.screening.text.disguise import Disguised, disguised_in
from jaga.screening.text.signals import Place

_KINDS = {"tel": "phone", "mail": "mail", "link": "link"}
MOST_PLACES = 6
"""Maximum places of one finding: more would mark the whole text and explain nothing."""


@dataclass(frozen=True)
class TextContext:
    """The context of a text: its account and where it was posted. None: unknown."""

    platform: str | None = None
    surface: str | None = None
    age_days: float | None = None
    copies: int | None = None
    decided: int | None = None
    """Restrictions and closures of this account in force."""
    lists: frozenset[str] = frozenset()


NOTHING_KNOWN = TextContext()


@dataclass(frozen=True)
class TextFacts:
    """Everything conditions ask about one text."""

    text: str
    phrases: Mapping[str, PhraseHit]
    lists: Mapping[str, tuple[str, ...]]
    about: TextContext = NOTHING_KNOWN

    @cached_property
    def block(self) -> TextBlock:
        """The text as a block of one."""
        return slow_block([self.text])

    @cached_property
    def folded(self) -> bytes:
        """The form patterns read."""
        return bytes(self.block.folded[:-1])

    @cached_property
    def disguised(self) -> Disguised:
        """Its disguised letters."""
        return disguised_in(self.block, 0)

    @cached_property
    def contacts(self) -> tuple[Contact, ...]:
        """The contacts it names."""
        return contacts_in(self.text)


def kind_of(contact: Contact) -> str:
    """`phone`, `mail`, `link` or `handle`."""
    return contact_kind(contact.value.partition(":")[0])


def contact_kind(kind: str) -> str:
    """The rule term for contacts whose value starts so: `phone`, `mail`, `link` or `handle`."""
    return _KINDS.get(kind, "handle")


def holds(condition: RuleCondition, facts: TextFacts) -> bool:
    """Whether the (expanded) condition is true. Pure and total."""
    if condition.all is not None:
        return all(holds(part, facts) for part in condition.all)
    if condition.any is not None:
        return any(holds(part, facts) for part in condition.any)
    if condition.not_ is not None:
        return not holds(condition.not_, facts)
    if condition.at_least is not None:
        return sum(holds(part, facts) for part in condition.at_least.of) >= condition.at_least.count
    if is_about_words(condition):
        return len(places_of(condition, facts)) >= (condition.count or 1)
    return _holds_about(condition, facts.about)


def is_about_words(condition: RuleCondition) -> bool:
    """Whether this single condition is about the text."""
    return any(
        value is not None
        for value in (condition.phrase, condition.words, condition.pattern, condition.disguised, condition.contact)
    )


def _holds_about(condition: RuleCondition, about: TextContext) -> bool:
    if condition.platform is not None:
        return about.platform in condition.platform
    if condition.surface is not None:
        return about.surface in condition.surface
    if condition.younger_than_days is not None:
        return about.age_days is not None and about.age_days < condition.younger_than_days
    if condition.copies is not None:
        return about.copies is not None and about.copies >= condition.copies
    if condition.decided is not None:
        return about.decided is not None and about.decided >= condition.decided
    return condition.listed in about.lists


def places_of(condition: RuleCondition, facts: TextFacts) -> list[Place]:
    """Where a single condition on words matches: each phrase, pattern or contact once, at its first place."""
    if condition.phrase is not None:
        return _phrase_places((condition.phrase,), facts)
    if condition.words is not None:
        return _phrase_places(facts.lists[condition.words], facts)
    if condition.contact is not None:
        kinds = {kind_of(one): (one.start, one.end) for one in reversed(facts.contacts)}
        return [kinds[kind] for kind in condition.contact if kind in kinds]
    if condition.pattern is not None:
        place = place_of_pattern(condition.pattern, facts.folded)
        return [_span(facts, *place)] if place else []
    found = facts.disguised
    return [_span(facts, found.start, found.end)] if found.letters >= (condition.disguised or 0) else []


def place_of_pattern(pattern: str, folded: bytes) -> Place | None:
    """The leftmost bytes the pattern matches, and of those starting there the longest: the order of alternatives and
    laziness do not matter.
    """
    match = longer = _compiled(pattern).search(folded)
    while longer:
        match, left = longer, len(folded) - longer.end() - 1
        longer = _compiled(pattern, left).match(folded, match.start()) if left >= 0 else None
    return match.span() if match else None


@lru_cache(maxsize=1024)
def _compiled(pattern: str, left: int | None = None) -> re.Pattern[bytes]:
    """The compiled pattern, optionally requiring at most `left` bytes after the match."""
    ending = "" if left is None else rf"(?=[\s\S]{{0,{left}}}\Z)"
    return re.compile(f"(?:{pattern}){ending}".encode(), re.MULTILINE)


def _phrase_places(phrases: Sequence[str], facts: TextFacts) -> list[Place]:
    return [(hit.start, hit.end) for phrase in dict.fromkeys(phrases) if (hit := facts.phrases.get(phrase))]


def _span(facts: TextFacts, start: int, end: int) -> Place:
    """The text's code points for folded bytes."""
    return span_in(facts.block, 0, start, end)


def span_in(block: TextBlock, row: int, start: int, end: int) -> Place:
    """The code points in a text for a non-empty range of its folded bytes."""
    source = block.source[block.starts[row] : block.starts[row + 1]]
    origin = block.origin[block.folds[row] : block.folds[row + 1]]
    first = (source[: origin[start]] & 0xC0 != 0x80).sum()
    last = (source[: origin[end - 1] + 1] & 0xC0 != 0x80).sum()
    return int(first), int(last)


def evidence(condition: RuleCondition, facts: TextFacts) -> list[Place]:
    """The words that made a true condition true, in text order, without those under a `not`."""
    found: dict[Place, None] = {}
    for one in leaves(condition):
        found.update(dict.fromkeys(places_of(one, facts)))
    return tidy(list(found))


def leaves(condition: RuleCondition) -> list[RuleCondition]:
    """The single conditions on words that support it: none under a `not`."""
    if condition.not_ is not None:
        return []
    parts = condition.parts()
    if not parts:
        return [condition] if is_about_words(condition) else []
    return [leaf for _, part in parts for leaf in leaves(part)]


def tidy(places: Sequence[Place]) -> list[Place]:
    """The first few places in text order, each once and none within another."""
    kept: list[Place] = []
    for place in sorted(set(places), key=lambda one: (one[0], -one[1])):
        if not kept or place[1] > kept[-1][1]:  # None before it starts later, so the last one ends last.
            kept.append(place)
    return kept[:MOST_PLACES]


def phrases_in(rules: Sequence[ScreeningRule], lists: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """Every distinct phrase these rules ask for."""
    found, seen = dict[str, None](), set[int]()  # Most conditions stand in several rules, or several times in one.
    waiting = [rule.when for rule in reversed(rules)]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if one.phrase is not None:
            found[one.phrase] = None
        if one.words is not None:
            found.update(dict.fromkeys(lists[one.words]))
        waiting += [part for _, part in reversed(one.parts())]
    return tuple(found)


@dataclass(frozen=True)
class Rules:
    """The rules of one policy release with its word lists; immutable and thread-safe."""

    rules: tuple[ScreeningRule, ...]
    word_lists: tuple[WordList, ...] = field(default=(), repr=False)

    @cached_property
    def lists(self) -> dict[str, tuple[str, ...]]:
        """Word lists by key."""
        return {one.key: one.words for one in self.word_lists}

    @cached_property
    def finder(self) -> LexiconFinder:
        """Finds every phrase a rule asks for."""
        return LexiconFinder(phrases_in(self.rules, self.lists))

    def facts(self, text: str, about: TextContext = NOTHING_KNOWN) -> TextFacts:
        """The facts about a text that these rules need."""
        first: dict[str, PhraseHit] = {}
        for hit in self.finder.find(text):
            first.setdefault(hit.phrase, hit)
        return TextFacts(text, first, self.lists, about)

    def fired(self, text: str, about: TextContext = NOTHING_KNOWN) -> list[tuple[ScreeningRule, list[Place]]]:
        """The rules that match the text, including shadow rules, each with its supporting words."""
        facts = self.facts(text, about)
        return [(rule, evidence(rule.when, facts)) for rule in self.rules if holds(rule.when, facts)]
