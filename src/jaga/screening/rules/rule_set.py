"""Compiled rules: a block of texts in, matching rules out, without a Python object per text.

Each thing conditions ask for (a phrase, a pattern, a kind of contact, a disguise) is a *feature*; a *fact* is a feature
in one text. Facts come from phrase and contact hits, from patterns (`pattern_scan`) and from disguised letters
(`disguise_kernel`). A condition on words is an *atom*: a number of its features must occur. A rule is a short program
over atoms, run only for texts in which it may hold (`bounds`). `screening.rules.rules` defines the meaning. Worker
only: it imports numba and hyperscan.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.policy.screening_rules import CONTACT_KINDS, AtLeast, RuleCondition
from jaga.screening.rules.bounds import Bounds, bounds_of, candidates, demands
from jaga.screening.rules.pattern_scan import PatternScan
from jaga.screening.rules.rules import MOST_PLACES, Rules, TextContext, is_about_words, leaves, phrases_in
from jaga.screening.text.block import NO_HITS, Hits, TextBlock
from jaga.screening.text.disguise_kernel import disguises

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
_ATOM, _NOTHING, _NOT, _COLUMN, _ADD, _TOO_FEW, _ENOUGH, _ALL, _ANY = range(9)


class ContextColumns(NamedTuple):
    """The context of a block's texts, one value per text; None: unknown for all.

    A single value is unknown if `platform` or `surface` is "", `age_days` is NaN, or a count is negative.
    """

    platform: npt.NDArray[np.str_] | None = None
    surface: npt.NDArray[np.str_] | None = None
    age_days: npt.NDArray[np.float64] | None = None
    copies: npt.NDArray[np.int64] | None = None
    decided: npt.NDArray[np.int64] | None = None
    lists: Mapping[str, Bools] = {}


def columns_of(abouts: Sequence[TextContext]) -> ContextColumns:
    """Contexts as columns."""
    names = {name for about in abouts for name in about.lists}
    return ContextColumns(
        np.array([about.platform or "" for about in abouts], np.str_),
        np.array([about.surface or "" for about in abouts], np.str_),
        np.array([np.nan if about.age_days is None else about.age_days for about in abouts], np.float64),
        np.array([-1 if about.copies is None else about.copies for about in abouts], np.int64),
        np.array([-1 if about.decided is None else about.decided for about in abouts], np.int64),
        {name: np.array([name in about.lists for about in abouts], np.bool_) for name in names},
    )


class RuleSet:
    """The compiled rules of one release.

    Immutable; thread-safe, scans take turns.

    `phrases` are the keys of the `phrase_hits` passed in and must include `phrases_in(rules)`, which is the default.
    With `keep` compiled patterns are cached for the next start. Raises ValueError for a missing phrase,
    `hyperscan.error` for a pattern that cannot be compiled.
    """

    def __init__(self, rules: Rules, phrases: Sequence[str] | None = None, *, keep: bool = False) -> None:
        self.rules = rules.rules
        own = phrases_in(rules.rules, rules.lists)
        self.phrases = tuple(own if phrases is None else phrases)
        if missing := set(own) - set(self.phrases):
            raise ValueError(f"the engine does not look for {sorted(missing)[:5]}")
        self._compiler = _Compiler(rules, self.phrases)
        self._machine, self._bounds = self._compiler.machine(), self._compiler.bounds()
        asked = self._compiler.asked
        self._patterns = PatternScan(self._compiler.patterns[:asked], keep=keep)
        self._exceptions = PatternScan(self._compiler.patterns[asked:], keep=keep)
        self.weights = np.array([rule.weight for rule in self.rules], np.float64)

    def evaluate(
        self, block: TextBlock, phrase_hits: Hits, contacts: Hits, columns: ContextColumns | None = None
    ) -> Hits:
        """The rules that match each text, with the places supporting them; key = rule index.

        `phrase_hits.key` indexes `phrases`; `contacts.key` indexes `CONTACT_KINDS`. Sorted by row, rule and place.
        """
        facts = self._facts(block, phrase_hits, contacts)
        if not len(facts.row):
            return NO_HITS
        about = self._columns(columns or ContextColumns(), len(block.folds) - 1)
        found = self._judged(facts, about)
        if self._compiler.asked == len(self._compiler.patterns) or not len(found.row):
            return found
        # Patterns that only except are looked for where a rule holds without them: they can but end one.
        rows = np.unique(found.row).astype(np.int64)
        excepted = self._exceptions.find(block, self._compiler.patterns_from + self._compiler.asked, rows)
        if not len(excepted.row):
            return found
        again = np.flatnonzero(np.isin(facts.row, excepted.row))
        changed = self._judged(
            Hits(*(np.concatenate((column[again], more)) for column, more in zip(facts, excepted, strict=True))), about
        )
        kept = np.flatnonzero(~np.isin(found.row, excepted.row))
        both = Hits(*(np.concatenate((column[kept], more)) for column, more in zip(found, changed, strict=True)))
        return Hits(*(column[np.argsort(both.row, kind="stable")] for column in both))

    def _judged(self, facts: Hits, about: Bools) -> Hits:
        order = np.argsort(facts.row, kind="stable")
        may = candidates(order, facts.row, facts.key, self._bounds)
        return Hits(*_judge(order, *facts, about, *may, *self._machine))

    def _facts(self, block: TextBlock, phrase_hits: Hits, contacts: Hits) -> Hits:
        """All facts but those of exceptions, unordered; one may occur at several places."""
        made = self._compiler
        ours = made.phrase_feature[phrase_hits.key] if len(phrase_hits.key) else phrase_hits.key
        kept = np.flatnonzero(ours >= 0)
        parts = [
            Hits(phrase_hits.row[kept], ours[kept], phrase_hits.start[kept], phrase_hits.end[kept]),
            Hits(contacts.row, contacts.key + np.int32(made.contacts_from), contacts.start, contacts.end),
            self._patterns.find(block, made.patterns_from),
            disguises(block, made.disguises, made.disguises_from),
        ]
        return Hits(*(np.concatenate(column) for column in zip(*parts, strict=True)))

    def _columns(self, columns: ContextColumns, rows: int) -> Bools:
        found = np.zeros((max(1, len(self._compiler.columns)), rows), np.bool_)
        for index, condition in enumerate(self._compiler.columns):
            found[index] = _column(condition, columns)
        return found


def _column(condition: RuleCondition, columns: ContextColumns) -> Bools | bool:
    if condition.platform is not None:
        return False if columns.platform is None else np.isin(columns.platform, condition.platform)
    if condition.surface is not None:
        return False if columns.surface is None else np.isin(columns.surface, condition.surface)
    if condition.younger_than_days is not None:
        return False if columns.age_days is None else columns.age_days < condition.younger_than_days
    if condition.copies is not None:
        return False if columns.copies is None else columns.copies >= condition.copies
    if condition.decided is not None:
        return False if columns.decided is None else columns.decided >= condition.decided
    return columns.lists.get(condition.listed or "", False)


class _Compiler:
    """Numbers features and atoms, and writes the programs."""

    def __init__(self, rules: Rules, phrases: Sequence[str]) -> None:
        conditions = [one for rule in rules.rules for one in _singles(rule.when)]
        own = {phrase: index for index, phrase in enumerate(phrases_in(rules.rules, rules.lists))}
        self.phrase_feature = np.array([own.get(phrase, -1) for phrase in phrases], np.int32)
        asked = {one.pattern for rule in rules.rules for one in _asked(rule.when)}
        patterns = dict.fromkeys(one.pattern for one in conditions if one.pattern is not None)
        self.patterns = sorted(patterns, key=lambda one: one not in asked)
        self.asked = sum(one in asked for one in patterns)
        """How many of the patterns, which stand first, rules ask for; the others stand in exceptions only."""
        self.disguises = sorted({one.disguised for one in conditions if one.disguised is not None})
        self.contacts_from = len(own)
        self.patterns_from = self.contacts_from + len(CONTACT_KINDS)
        self.disguises_from = self.patterns_from + len(self.patterns)
        self.features = self.disguises_from + len(self.disguises)
        self._own, self._lists = own, rules.lists
        self.atoms: dict[tuple[RuleCondition, ...], int] = {}
        self.columns = list(dict.fromkeys(one for one in conditions if not is_about_words(one)))
        self._rules = rules.rules

    def features_of(self, condition: RuleCondition) -> list[int]:
        """The features that satisfy a single condition on words."""
        if condition.phrase is not None:
            return [self._own[condition.phrase]]
        if condition.words is not None:
            return [self._own[phrase] for phrase in dict.fromkeys(self._lists[condition.words])]
        if condition.contact is not None:
            return [self.contacts_from + CONTACT_KINDS.index(kind) for kind in dict.fromkeys(condition.contact)]
        if condition.pattern is not None:
            return [self.patterns_from + self.patterns.index(condition.pattern)]
        return [self.disguises_from + self.disguises.index(condition.disguised or 0)]

    def machine(self) -> tuple[npt.NDArray[Any], ...]:
        """The tables `_judge` runs: each feature's atoms, the programs, the number of atoms, and whether a feature's
        words support a rule.
        """
        code: list[tuple[int, int, int]] = []
        begins = [0]
        speaks = np.zeros((len(self._rules), self.features), np.bool_)
        for index, rule in enumerate(self._rules):
            speaks[index, [feature for leaf in leaves(rule.when) for feature in self.features_of(leaf)]] = True
            self._write(rule.when, code)
            begins.append(len(code))
        atoms: list[list[int]] = [[] for _ in range(self.features)]
        for conditions, atom in self.atoms.items():
            for feature in {feature for one in conditions for feature in self.features_of(one)}:
                atoms[feature].append(atom)
        return (
            *_ragged(atoms),
            np.array(begins, np.int32),
            np.array(code, np.int32).reshape(-1, 3),
            np.zeros(len(self.atoms), np.int32),
            speaks,
        )

    def bounds(self) -> Bounds:
        """Which rules may hold, by the features of a text."""
        often = self._often()
        return bounds_of([demands(rule.when, self._known_features, often) for rule in self._rules], self.features)

    def _known_features(self, condition: RuleCondition) -> list[int] | None:
        return self.features_of(condition) if is_about_words(condition) else None

    def _often(self) -> list[float]:
        """How often each feature may occur, roughly: short phrases more; patterns and contacts as four letters."""
        return [2.0 ** -len(phrase) for phrase in self._own] + [2.0**-4] * (self.features - len(self._own))

    def _write(self, condition: RuleCondition, code: list[tuple[int, int, int]]) -> None:
        if condition.at_least is not None:
            self._write_at_least(condition.at_least, code)
        elif condition.not_ is not None:
            self._write(condition.not_, code)
            code.append((_NOT, 0, 0))
        elif condition.all is not None:
            self._write_all(_flat(condition), code)
        elif condition.any is not None:
            self._write_any(_flat(condition), code)
        elif is_about_words(condition):
            code.append((_ATOM, self._atom((condition,)), condition.count or 1))
        else:
            code.append((_COLUMN, self.columns.index(condition), 0))

    def _atom(self, conditions: tuple[RuleCondition, ...]) -> int:
        """The number of the features of all these conditions."""
        return self.atoms.setdefault(conditions, len(self.atoms))

    def _write_all(self, parts: Sequence[RuleCondition], code: list[tuple[int, int, int]]) -> None:
        """Most rules fail at their first words. Their exceptions, of which there are many, are asked for together."""
        excepted = [
            part
            for one in parts
            if one.not_ is not None
            for part in ([one.not_] if one.not_.all is not None else _flat(one.not_))
        ]
        writers = [partial(self._write, one, code) for one in parts if one.not_ is None]
        self._write_each([*writers, partial(self._write_none, excepted, code)] if excepted else writers, _ALL, code)

    def _write_none(self, parts: Sequence[RuleCondition], code: list[tuple[int, int, int]]) -> None:
        self._write_any(parts, code)
        code.append((_NOT, 0, 0))

    def _write_any(self, parts: Sequence[RuleCondition], code: list[tuple[int, int, int]]) -> None:
        """Words of which one is enough are counted together."""
        words = tuple(dict.fromkeys(one for one in parts if is_about_words(one) and (one.count or 1) == 1))
        writers = [partial(self._write, one, code) for one in parts if one not in words]
        self._write_each(
            [partial(code.append, (_ATOM, self._atom(words), 1)), *writers] if words else writers, _ANY, code
        )

    @staticmethod
    def _write_each(writers: Sequence[Callable[[], None]], kind: int, code: list[tuple[int, int, int]]) -> None:
        """The first part that decides ends it."""
        jumps = []
        for number, write in enumerate(writers):
            if number:
                jumps.append(len(code))
                code.append((kind, 0, 0))
            write()
        for at in jumps:
            code[at] = (kind, len(code), 0)

    def _write_at_least(self, written: AtLeast, code: list[tuple[int, int, int]]) -> None:
        """A sum that ends as soon as it is decided. A part that is listed several times, as in scorecards, is run once
        and multiplied. The heaviest come first, and last what holds in nearly every text.
        """
        times = Counter(written.of)
        left, jumps = len(written.of), list[int]()
        code.append((_NOTHING, 0, 0))
        for part in sorted(times, key=lambda one: (one.not_ is not None, -times[one])):
            self._write(part, code)
            left -= times[part]
            jumps += (len(code) + 1, len(code) + 2)
            code += ((_ADD, times[part], 0), (_TOO_FEW, 0, written.count - left), (_ENOUGH, 0, written.count))
        for at in jumps:
            code[at] = (code[at][0], len(code), code[at][2])


def _flat(condition: RuleCondition) -> list[RuleCondition]:
    """The parts of an `all` or `any`, with those of the same kind within it; of another condition itself."""
    same = "all" if condition.all is not None else "any"
    parts = getattr(condition, same)
    if parts is None:
        return [condition]
    return [one for part in parts for one in (_flat(part) if getattr(part, same) is not None else (part,))]


def _singles(condition: RuleCondition) -> list[RuleCondition]:
    parts = condition.parts()
    return [one for _, part in parts for one in _singles(part)] if parts else [condition]


def _asked(condition: RuleCondition, wanted: bool = True) -> list[RuleCondition]:
    """The single conditions that help the condition to hold; the others can only prevent it."""
    if condition.not_ is not None:
        return _asked(condition.not_, not wanted)
    parts = condition.parts()
    return [one for _, part in parts for one in _asked(part, wanted)] if parts else [condition] * wanted


def _ragged(lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    begins = np.cumsum([0, *map(len, lists)]).astype(np.int32)
    return begins, np.array([one for each in lists for one in each], np.int32)


@njit(cache=True)
def _judge(
    order: Any,
    rows: Any,
    keys: Any,
    starts: Any,
    ends: Any,
    about: Any,
    may_rows: Any,
    may_rules: Any,
    atom_at: Any,
    atom_of: Any,
    code_at: Any,
    code: Any,
    nothing: Any,
    speaks: Any,
) -> Any:
    """Facts and their order by row, and the rules that may hold → row, rule, start and end of the words of matching
    rules.
    """
    counts = nothing.copy()
    last_row = np.full(len(atom_at) - 1, -1, np.int32)
    first, last = np.zeros_like(last_row), np.zeros_like(last_row)
    stack, held = np.zeros(len(code) + 1, np.int32), np.zeros(len(code_at) - 1, np.int32)
    out, found, begin, may = np.zeros((4, 64), np.int32), np.int64(0), 0, 0
    while may < len(may_rows):
        row = may_rows[may]
        while rows[order[begin]] < row:
            begin += 1
        end = begin
        while end < len(order) and rows[order[end]] == row:
            fact = order[end]
            key, end = keys[fact], end + 1
            if last_row[key] != row:
                for at in range(atom_at[key], atom_at[key + 1]):
                    counts[atom_of[at]] += 1
            elif first[key] < starts[fact] or (first[key] == starts[fact] and last[key] >= ends[fact]):
                continue
            last_row[key], first[key], last[key] = row, starts[fact], ends[fact]
        holding = 0
        while may < len(may_rows) and may_rows[may] == row:
            if _run(may_rules[may], row, code_at, code, counts, about, stack):
                held[holding] = may_rules[may]
                holding += 1
            may += 1
        for rule in np.sort(held[:holding]) if holding else held[:0]:
            if found + MOST_PLACES > out.shape[1]:
                out = np.concatenate((out, np.zeros_like(out)), axis=1)
            found = _places(out, found, row, rule, keys, order[begin:end], speaks, first, last)
        for fact in order[begin:end]:
            key = keys[fact]
            for at in range(atom_at[key], atom_at[key + 1]):
                counts[atom_of[at]] = 0
        begin = end
    return out[0, :found], out[1, :found], out[2, :found], out[3, :found]


@njit(cache=True)
def _places(
    out: Any, found: Any, row: Any, rule: Any, keys: Any, facts: Any, speaks: Any, first: Any, last: Any
) -> Any:
    """For one rule, the places of its features that `rules.tidy` keeps: each ends after the previous one."""
    beyond = -1
    for _ in range(MOST_PLACES):
        best = -1
        for fact in facts:
            key = keys[fact]
            if not speaks[rule, key] or last[key] <= beyond:
                continue
            if best < 0 or first[key] < first[best] or (first[key] == first[best] and last[key] > last[best]):
                best = key
        if best < 0:
            break
        out[0, found], out[1, found], out[2, found], out[3, found] = row, rule, first[best], last[best]
        found += 1
        beyond = last[best]
    return found


@njit(cache=True)
def _run(rule: Any, row: Any, code_at: Any, code: Any, counts: Any, about: Any, stack: Any) -> Any:
    top, at = 0, code_at[rule]
    while at < code_at[rule + 1]:
        kind, one, other = code[at, 0], code[at, 1], code[at, 2]
        at += 1
        if kind == _ATOM:
            stack[top] = 1 if counts[one] >= other else 0
            top += 1
        elif kind == _COLUMN:
            stack[top] = 1 if about[one, row] else 0
            top += 1
        elif kind == _NOT:
            stack[top - 1] = 1 - stack[top - 1]
        elif kind == _NOTHING:
            stack[top] = 0
            top += 1
        elif kind == _ADD:
            stack[top - 2] += one * stack[top - 1]
            top -= 1
        elif kind == _TOO_FEW:
            if stack[top - 1] < other:
                stack[top - 1], at = 0, one
        elif kind == _ENOUGH:
            if stack[top - 1] >= other:
                stack[top - 1], at = 1, one
        elif (stack[top - 1] == 0) == (kind == _ALL):  # Or `_ANY`.
            at = one  # Decided: the value stays, and the other parts are skipped.
        else:
            top -= 1
    return stack[0] == 1
