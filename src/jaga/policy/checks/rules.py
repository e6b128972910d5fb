"""Checks of rules/: names exist, patterns are in the supported language, and each rule depends on text.

`screening.engine.proving` checks that examples match (`jaga policy check`), since it may import the engine.

Checks of texts/: each text has its own id and a category that rules may look for.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

from jaga.core.errors import N_
from jaga.policy import limits
from jaga.policy.checks.texts import NEVER_SOUGHT, short_phrase, too_short
from jaga.policy.letters import LabelledFile
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease, ReleaseFile
from jaga.policy.screening_rules import (
    LONGEST,
    RuleCondition,
    RuleFile,
    SharedNames,
    WrittenRule,
    faults_of,
    needs_words,
    walk,
    written_out,
)
from jaga.policy.shapes import LONGEST_WRITTEN_OUT, NamedShape, shape_names, with_shapes, written_shape


def texts_hash(files: Sequence[LabelledFile]) -> str:
    """SHA-256 over the texts and whether each is an offence: what a false-alarm filter is learnt from."""
    return _hash_of(tuple(sorted((one.category is not None, one.text) for file in files for _, one in file.texts)))


@lru_cache(maxsize=8)  # drafts of a release mostly have the same texts
def _hash_of(texts: tuple[tuple[bool, str], ...]) -> str:
    return hashlib.sha256(b"".join(json.dumps([offence, text]).encode() + b"\n" for offence, text in texts)).hexdigest()


def check_filter(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """The false-alarm filter was learnt from the texts of this release, and spares categories that exist."""
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    for at, key in enumerate(draft.screening.value.filter_spares if draft.screening and known is not None else ()):
        if key not in (known or ()):
            yield draft.screening.document.problem(  # type: ignore[union-attr]
                ("filter_spares", at),
                fill(N_("there is no category `%(category)s`"), category=key),
                N_("Use a key of categories.yaml."),
            )
    yield from _check_nearly(draft)
    if draft.filter and draft.filter.value.texts != texts_hash(draft.texts):
        yield draft.filter.document.problem(
            ("texts",), N_("the filter was trained on other texts"), N_("Run `jaga policy learn-filter` on the folder.")
        )


def _check_nearly(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """What nearly fulfils a rule has fewer points than the rule, and a weight that flags."""
    for file in draft.rules:
        for at, rule in enumerate(file.value.rules):
            if rule.nearly is None:
                continue
            if rule.when.points is None or rule.nearly >= rule.when.points.least:
                yield file.document.problem(
                    ("rules", at, "nearly"),
                    N_("`nearly` is for rules with `points`, and lower than their `least`"),
                    N_("Lower it, or remove it."),
                )
            if draft.screening and rule.weight < draft.screening.value.flagged_from:
                yield file.document.problem(
                    ("rules", at, "nearly"),
                    N_("the rule's weight is below `flagged_from`, so that this flags nothing"),
                    N_("Remove `nearly`, or raise the weight."),
                )


def check_labelled_texts(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Ids are unique; categories exist, and screening looks for them.

    `screening.engine.proving` runs the rules on the texts (`jaga policy check`).
    """
    known = {category.key for category in draft.categories.value.categories} if draft.categories else None
    seen: set[str] = set()
    for file in draft.texts:
        for line, one in file.texts:
            if one.id in seen:
                yield ReleaseProblem(
                    file.name, line, fill(N_("`%(key)s` is listed twice"), key=one.id), N_("Keep one.")
                )
            seen.add(one.id)
            if one.category is None or known is None:
                continue
            if one.category not in known:
                yield ReleaseProblem(
                    file.name,
                    line,
                    fill(N_("there is no category `%(category)s`"), category=one.category),
                    N_("Use a key of categories.yaml."),
                )
            elif one.category in limits.UNSOUGHT_CATEGORIES:
                yield ReleaseProblem(
                    file.name,
                    line,
                    fill(N_("screening never looks for `%(category)s`"), category=one.category),
                    N_("Remove the text."),
                )


_Place = tuple[str | int, ...]


def check_rules(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Every name in a condition exists, keys are unique, and every rule needs text."""
    conditions: dict[str, RuleCondition] = {}
    shapes: dict[str, str] = {}
    if (part := draft.shared) is not None:
        for index, shape in enumerate(part.value.shapes):
            for at, what, remedy in _shape_faults(shape, ("shapes", index), shapes):
                yield part.document.problem(at, what, remedy)
        for index, one in enumerate(part.value.conditions):
            place: _Place = ("conditions", index)
            if one.key in conditions:
                yield part.document.problem(
                    (*place, "key"), fill(N_("`%(key)s` is listed twice"), key=one.key), N_("Keep one.")
                )
            faults = [*_condition_faults(draft, one.when, (*place, "when"), SharedNames(conditions, shapes))]
            for at, what, remedy in faults:
                yield part.document.problem(at, what, remedy)
            conditions[one.key] = one.when if faults else written_out(one.when, SharedNames(conditions, shapes))
    seen: set[str] = set()
    shared = SharedNames(conditions, shapes)
    for rules in draft.rules:
        yield from _category(draft, rules)
        for at, what, remedy in _unless_faults(rules.value.unless, (), shared):
            yield rules.document.problem(at, what, remedy)
        for index, rule in enumerate(rules.value.rules):
            for at, what, remedy in _rule_faults(draft, rule, ("rules", index), shared, seen):
                yield rules.document.problem(at, what, remedy)


def _shape_faults(shape: NamedShape, place: _Place, shapes: dict[str, str]) -> Iterator[tuple[_Place, str, str]]:
    """Its own; it is then added to those known."""
    if shape.key in shapes:
        yield (*place, "key"), fill(N_("`%(key)s` is listed twice"), key=shape.key), N_("Keep one.")
    faults = [*_pattern_faults(shape.pattern, (*place, "pattern"), shapes)] if shape.pattern is not None else []
    yield from faults
    shapes[shape.key] = "a" if faults else written_shape(shape, shapes)


def _pattern_faults(pattern: str, place: _Place, shapes: Mapping[str, str]) -> Iterator[tuple[_Place, str, str]]:
    """Unknown shapes, or what is wrong with the pattern as it is and with its shapes inserted."""
    if unknown := [name for name in shape_names(pattern) if name not in shapes]:
        yield (
            place,
            fill(N_("no shape `%(shape)s` is defined above"), shape=unknown[0]),
            (N_("Use a key of `shapes` in rules/shared.yaml; a shape can only use those above it.")),
        )
        return
    if len(pattern) > LONGEST:
        yield place, *faults_of(pattern)[0]
        return
    for what, remedy in faults_of(with_shapes(pattern, shapes), LONGEST_WRITTEN_OUT):
        yield place, what, remedy


def _unless_faults(unless: tuple[str, ...], place: _Place, shared: SharedNames) -> Iterator[tuple[_Place, str, str]]:
    for at, key in enumerate(unless):
        if key not in shared.conditions:
            yield (
                (*place, "unless", at),
                fill(N_("there is no shared condition `%(key)s`"), key=key),
                (N_("Use a key of rules/shared.yaml.")),
            )


def _category(draft: PartialRelease, part: ReleaseFile[RuleFile]) -> Iterator[ReleaseProblem]:
    if draft.categories is None:
        return
    flags = {category.key: category.victim_first for category in draft.categories.value.categories}
    category, branch = part.value.category, part.value.branch
    if category in limits.UNSOUGHT_CATEGORIES:
        yield part.document.problem(
            ("category",), fill(N_("screening never looks for `%(category)s`"), category=category), NEVER_SOUGHT
        )
    if category not in flags:
        yield part.document.problem(
            ("category",),
            fill(N_("there is no category `%(category)s`"), category=category),
            N_("Use a key of categories.yaml."),
        )
    elif (branch == "victim_first") != flags[category]:
        yield part.document.problem(
            ("branch",),
            fill(N_("this branch does not fit `%(category)s`"), category=category),
            N_("Write `victim_first` for victim-first categories and `none` for all others."),
        )


def _rule_faults(
    draft: PartialRelease, rule: WrittenRule, place: _Place, shared: SharedNames, seen: set[str]
) -> Iterator[tuple[_Place, str, str]]:
    if rule.key in seen:
        yield (
            (*place, "key"),
            fill(N_("two rules have the key `%(key)s`"), key=rule.key),
            N_("Give each rule its own key: signals name the rule by it."),
        )
    seen.add(rule.key)
    faults = [*_condition_faults(draft, rule.when, (*place, "when"), shared)]
    yield from faults
    yield from _unless_faults(rule.unless, place, shared)
    if not faults and not needs_words(written_out(rule.when, shared)):
        yield (
            (*place, "when"),
            N_("the rule could match any text"),
            (N_("Require a phrase, words, a pattern, a disguise or a contact; places and accounts are only context.")),
        )


def _condition_faults(
    draft: PartialRelease, condition: RuleCondition, place: _Place, shared: SharedNames
) -> Iterator[tuple[_Place, str, str]]:
    lists = {words.key for words in draft.words.value.lists} if draft.words else None
    accounts = {one.key for one in draft.screening.value.account_lists} if draft.screening else None
    for within, one in walk(condition):
        at = (*place, *within)
        if one.condition is not None and one.condition not in shared.conditions:
            yield (
                (*at, "condition"),
                fill(N_("no shared condition `%(condition)s` is defined above"), condition=one.condition),
                (N_("Use a key of rules/shared.yaml; a condition can only use those above it.")),
            )
        if one.words is not None and lists is not None and one.words not in lists:
            yield (
                (*at, "words"),
                fill(N_("there is no word list `%(words)s`"), words=one.words),
                N_("Use a key of lexicons/words.yaml."),
            )
        if one.listed is not None and accounts is not None and one.listed not in accounts:
            yield (
                (*at, "listed"),
                fill(N_("there is no list of accounts `%(listed)s`"), listed=one.listed),
                (
                    N_(
                        "Jaga keeps no such lists, so the condition would never match. If files that you screen name "
                        "one "
                        "in their column `lists`, add it under `account_lists` in screening.yaml."
                    )
                ),
            )
        if one.phrase is not None and one.phrase != " ".join(one.phrase.casefold().split()):
            yield (
                (*at, "phrase"),
                fill(N_("“%(phrase)s” is not in plain lower-case letters"), phrase=one.phrase),
                (N_("Screening turns texts into plain lower-case letters; write the phrase so too.")),
            )
        if one.phrase is not None and too_short(one.phrase):
            yield (*at, "phrase"), *short_phrase(one.phrase)
        if one.pattern is not None:
            yield from _pattern_faults(one.pattern, (*at, "pattern"), shared.shapes)
