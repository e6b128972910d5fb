"""Rules compiled to columns: a block of texts in, the rules that hold of them out; no Python object a text.

Each thing that conditions ask for (a phrase, a pattern, a kind of contact, a disguise) is a *feature*; a fact is one
feature in one text. Facts come from the phrases' and contacts' hits, from one scan of the block by hyperscan, and from
the disguised letters. A condition about words is an *atom*: so many of its features stand in the text. A rule is a
short program over atoms, run only for texts that have a fact without which it cannot hold. The meaning is that of
`screening.rules`. Worker's side only: it imports numba and hyperscan.
"""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from threading import Lock
from typing import Any, NamedTuple

import hyperscan
import numpy as np
import numpy.typing as npt
from numba import njit

from jaga.policy.screening_rules import CONTACT_KINDS, Condition
from jaga.screening import disguise
from jaga.screening.block import Block, Hits
from jaga.screening.rules import About, Rules, is_about_words, leaves, phrases_in, tidy

Ints = npt.NDArray[np.int32]
Bools = npt.NDArray[np.bool_]
_ATOM, _SOME, _NOT, _COLUMN = range(4)
_count = njit(disguise.count)


class Columns(NamedTuple):
    """What is known about the texts of a block, one value a text; None: nothing is known of any.

    Of a single one nothing is known where `platform` or `surface` is "", `age_days` is NaN, or a count is below 0.
    """

    platform: npt.NDArray[np.str_] | None = None
    surface: npt.NDArray[np.str_] | None = None
    age_days: npt.NDArray[np.float64] | None = None
    copies: npt.NDArray[np.int64] | None = None
    decided: npt.NDArray[np.int64] | None = None
    lists: Mapping[str, Bools] = {}


def columns_of(abouts: Sequence[About]) -> Columns:
    """The same as columns."""
    names = {name for about in abouts for name in about.lists}
    return Columns(
        np.array([about.platform or "" for about in abouts], np.str_),
        np.array([about.surface or "" for about in abouts], np.str_),
        np.array([np.nan if about.age_days is None else about.age_days for about in abouts], np.float64),
        np.array([-1 if about.copies is None else about.copies for about in abouts], np.int64),
        np.array([-1 if about.decided is None else about.decided for about in abouts], np.int64),
        {name: np.array([name in about.lists for about in abouts], np.bool_) for name in names})


class RuleSet:
    """The compiled rules of one release. Immutable after construction; threads may share it, and scan in turns.

    `phrases` are the keys of the `phrase_hits` that it will be given, and must hold all of `phrases_in(rules)`; without
    them, its own. Raises ValueError where a phrase is missing, `hyperscan.error` where a pattern cannot be compiled.
    """

    def __init__(self, rules: Rules, phrases: Sequence[str] | None = None) -> None:
        self.rules = rules.rules
        own = phrases_in(rules.rules, rules.lists)
        self.phrases = tuple(own if phrases is None else phrases)
        if missing := set(own) - set(self.phrases):
            raise ValueError(f"the engine does not look for {sorted(missing)[:5]}")
        self._compiler = _Compiler(rules, self.phrases)
        self._machine = self._compiler.machine()
        self._scan = _scanner(self._compiler.patterns)
        self.weights = np.array([rule.weight for rule in self.rules], np.float64)

    def evaluate(self, block: Block, phrase_hits: Hits, contacts: Hits, columns: Columns | None = None) -> Hits:
        """The rules that hold of each text: for each of them the places that speak for it, key = index of the rule.

        `phrase_hits.key` counts `phrases`; `contacts.key` counts `CONTACT_KINDS`. Sorted by row, rule and
        place.
        """
        facts = self._facts(block, phrase_hits, contacts)
        about = self._columns(columns or Columns(), len(block.folds) - 1)
        rows, rules = _judge(facts.row, facts.key, about, *self._machine)
        return self._places(facts, rows, rules)

    def _facts(self, block: Block, phrase_hits: Hits, contacts: Hits) -> Hits:
        made = self._compiler
        ours = made.phrase_feature[phrase_hits.key] if len(phrase_hits.key) else phrase_hits.key
        kept = ours >= 0
        parts = [Hits(phrase_hits.row[kept], ours[kept], phrase_hits.start[kept], phrase_hits.end[kept]),
                 Hits(contacts.row, made.contacts_from + contacts.key, contacts.start, contacts.end),
                 self._scan(block, made.patterns_from), _disguises(block, made.disguises, made.disguises_from)]
        row, key, start, end = (np.concatenate(column).astype(np.int32) for column in zip(*parts, strict=True))
        order = np.lexsort((-end, start, row))
        return Hits(row[order], key[order], start[order], end[order])

    def _columns(self, columns: Columns, rows: int) -> Bools:
        found = np.zeros((max(1, len(self._compiler.columns)), rows), np.bool_)
        for index, condition in enumerate(self._compiler.columns):
            found[index] = _column(condition, columns)
        return found

    def _places(self, facts: Hits, rows: Ints, rules: Ints) -> Hits:
        """For the few texts of which rules hold: the first place of each feature that speaks for them."""
        out: list[tuple[int, int, int, int]] = []
        pairs = sorted(zip(rows.tolist(), rules.tolist(), strict=True))
        for row, fired in groupby(pairs, lambda pair: pair[0]):
            begin, end = np.searchsorted(facts.row, [row, row + 1])
            keys, first = np.unique(facts.key[begin:end], return_index=True)
            first_of = {key: (int(facts.start[begin + at]), int(facts.end[begin + at]))
                        for key, at in zip(keys.tolist(), first.tolist(), strict=True)}
            for _, rule in fired:
                speaking = [first_of[feature] for feature in self._compiler.speaking[rule] if feature in first_of]
                out += [(row, rule, *place) for place in tidy(speaking)]
        table = np.array(out, np.int32).reshape(-1, 4)
        return Hits(table[:, 0], table[:, 1], table[:, 2], table[:, 3])


def _column(condition: Condition, columns: Columns) -> Bools | bool:
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
        self.patterns = list(dict.fromkeys(one.pattern for one in conditions if one.pattern is not None))
        self.disguises = sorted({one.disguised for one in conditions if one.disguised is not None})
        self.contacts_from = len(own)
        self.patterns_from = self.contacts_from + len(CONTACT_KINDS)
        self.disguises_from = self.patterns_from + len(self.patterns)
        self.features = self.disguises_from + len(self.disguises)
        self._own, self._lists = own, rules.lists
        self.atoms = {one: index for index, one in enumerate(dict.fromkeys(
            one for one in conditions if is_about_words(one)))}
        self.columns = list(dict.fromkeys(one for one in conditions if not is_about_words(one)))
        self.speaking = [[feature for leaf in leaves(rule.when) for feature in self.features_of(leaf)]
                         for rule in rules.rules]
        self._rules = rules.rules

    def features_of(self, condition: Condition) -> list[int]:
        """The features by which a single condition about words holds."""
        if condition.phrase is not None:
            return [self._own[condition.phrase]]
        if condition.words is not None:
            return [self._own[phrase] for phrase in dict.fromkeys(self._lists[condition.words])]
        if condition.contact is not None:
            return [self.contacts_from + CONTACT_KINDS.index(kind) for kind in dict.fromkeys(condition.contact)]
        if condition.pattern is not None:
            return [self.patterns_from + self.patterns.index(condition.pattern)]
        return [self.disguises_from + self.disguises.index(condition.disguised or 0)]

    def machine(self) -> tuple[Ints, ...]:
        """What `_judge` runs: atoms of each feature, rules that a feature may make hold, and the programs."""
        atoms: list[list[int]] = [[] for _ in range(self.features)]
        for condition, atom in self.atoms.items():
            for feature in self.features_of(condition):
                atoms[feature].append(atom)
        rules: list[list[int]] = [[] for _ in range(self.features)]
        code: list[tuple[int, int, int]] = []
        begins = [0]
        for index, rule in enumerate(self._rules):
            for feature in _triggers(rule.when, self.features_of) or ():
                rules[feature].append(index)
            self._write(rule.when, code)
            begins.append(len(code))
        return (*_ragged(atoms), *_ragged(rules), np.array(begins, np.int32),
                np.array(code, np.int32).reshape(-1, 3), np.zeros(len(self.atoms), np.int32))

    def _write(self, condition: Condition, code: list[tuple[int, int, int]]) -> None:
        parts = condition.parts()
        for _, part in parts:
            self._write(part, code)
        if condition.not_ is not None:
            code.append((_NOT, 0, 0))
        elif condition.at_least is not None:
            code.append((_SOME, len(parts), condition.at_least.count))
        elif parts:
            code.append((_SOME, len(parts), len(parts) if condition.all is not None else 1))
        elif is_about_words(condition):
            code.append((_ATOM, self.atoms[condition], condition.count or 1))
        else:
            code.append((_COLUMN, self.columns.index(condition), 0))


def _singles(condition: Condition) -> list[Condition]:
    parts = condition.parts()
    return [one for _, part in parts for one in _singles(part)] if parts else [condition]


def _triggers(condition: Condition, features_of: Callable[[Condition], list[int]]) -> set[int] | None:
    """Features of which at least one stands in every text of which the condition holds; None: there are none such."""
    if condition.not_ is not None:
        return None
    parts = [_triggers(part, features_of) for _, part in condition.parts()]
    if not parts:
        return set(features_of(condition)) if is_about_words(condition) else None
    known = [part for part in parts if part is not None]
    if condition.all is not None:
        return min(known, key=len, default=None)
    fewest = condition.at_least.count if condition.at_least is not None else 1
    return set().union(*known) if len(parts) - len(known) < fewest else None


def _ragged(lists: Sequence[Sequence[int]]) -> tuple[Ints, Ints]:
    begins = np.cumsum([0, *map(len, lists)]).astype(np.int32)
    return begins, np.array([one for each in lists for one in each], np.int32)


@njit(cache=True)
def _judge(rows: Any, keys: Any, about: Any, atom_at: Any, atom_of: Any, rule_at: Any, rule_of: Any, code_at: Any,
           code: Any, nothing: Any) -> Any:
    """Facts sorted by row → the pairs of row and rule that hold."""
    counts = nothing.copy()
    seen = np.full(len(atom_at) - 1, -1, np.int32)
    done = np.full(len(code_at) - 1, -1, np.int32)
    stack = np.zeros(len(code) + 1, np.int32)
    out_row, out_rule = np.zeros(64, np.int32), np.zeros(64, np.int32)
    found, begin = 0, 0
    while begin < len(rows):
        row, end = rows[begin], begin
        while end < len(rows) and rows[end] == row:
            key = keys[end]
            if seen[key] != row:
                seen[key] = row
                for at in range(atom_at[key], atom_at[key + 1]):
                    counts[atom_of[at]] += 1
            end += 1
        for fact in range(begin, end):
            for at in range(rule_at[keys[fact]], rule_at[keys[fact] + 1]):
                rule = rule_of[at]
                if done[rule] == row:
                    continue
                done[rule] = row
                if not _run(rule, row, code_at, code, counts, about, stack):
                    continue
                if found == len(out_row):
                    out_row, out_rule = np.concatenate((out_row, out_row)), np.concatenate((out_rule, out_rule))
                out_row[found], out_rule[found] = row, rule
                found += 1
        for fact in range(begin, end):
            for at in range(atom_at[keys[fact]], atom_at[keys[fact] + 1]):
                counts[atom_of[at]] = 0
        begin = end
    return out_row[:found], out_rule[:found]


@njit(cache=True)
def _run(rule: Any, row: Any, code_at: Any, code: Any, counts: Any, about: Any, stack: Any) -> Any:
    top = 0
    for at in range(code_at[rule], code_at[rule + 1]):
        kind, one, other = code[at, 0], code[at, 1], code[at, 2]
        if kind == _ATOM:
            stack[top] = 1 if counts[one] >= other else 0
            top += 1
        elif kind == _COLUMN:
            stack[top] = 1 if about[one, row] else 0
            top += 1
        elif kind == _NOT:
            stack[top - 1] = 1 - stack[top - 1]
        else:
            total = 0
            for part in range(top - one, top):
                total += stack[part]
            top -= one
            stack[top] = 1 if total >= other else 0
            top += 1
    return stack[0] == 1


def _scanner(patterns: Sequence[str]) -> Callable[[Block, int], Hits]:
    """One scan of a block for all patterns; a callback for each hit."""
    nothing = np.zeros(0, np.int32)
    if not patterns:
        return lambda block, first: Hits(nothing, nothing, nothing, nothing)
    database, turn = compiled(patterns), Lock()  # the scratch memory of a database serves one scan at a time

    def scan(block: Block, first: int) -> Hits:
        found: list[int] = []

        def met(pattern: int, start: int, end: int, flags: int, context: object) -> None:
            found.extend((pattern, start, end))

        buffer: Any = block.folded
        with turn:
            database.scan(buffer, match_event_handler=met)
        if not found:
            return Hits(nothing, nothing, nothing, nothing)
        table = np.array(found, np.int64).reshape(-1, 3)
        row = np.searchsorted(block.folds, table[:, 1], side="right") - 1
        begin = block.folds[row]
        return Hits(row.astype(np.int32), (table[:, 0] + first).astype(np.int32),
                    (table[:, 1] - begin).astype(np.int32), (table[:, 2] - begin).astype(np.int32))

    return scan


def compiled(patterns: Sequence[str]) -> hyperscan.Database:
    """The patterns as one database; their places in the list are their ids. Raises `hyperscan.error`."""
    database = hyperscan.Database()
    flags = hyperscan.HS_FLAG_SOM_LEFTMOST | hyperscan.HS_FLAG_MULTILINE
    database.compile(expressions=[pattern.encode() for pattern in patterns], ids=list(range(len(patterns))),
                     elements=len(patterns), flags=[flags] * len(patterns))
    return database


def _disguises(block: Block, thresholds: Sequence[int], first: int) -> Hits:
    """A fact for each threshold that a text's disguised letters reach. A text all in ASCII costs a look."""
    if not thresholds:
        return Hits(*(np.zeros(0, np.int32),) * 4)
    rows, letters, starts, ends = _drawn(block.source, block.starts, block.folded, block.folds, block.origin)
    parts = [(rows[reached], np.full(reached.sum(), first + index, np.int32), starts[reached], ends[reached])
             for index, least in enumerate(thresholds) for reached in [letters >= least]]
    return Hits(*(np.concatenate(column) for column in zip(*parts, strict=True)))


@njit(cache=True)
def _any_beyond_ascii(source: Any, begin: Any, end: Any) -> Any:
    found = 0
    for at in range(begin, end):
        found |= source[at]
    return found >= 128


@njit(cache=True)
def _drawn(source: Any, starts: Any, folded: Any, folds: Any, origin: Any) -> Any:
    texts = len(starts) - 1
    rows, letters = np.zeros(texts, np.int32), np.zeros(texts, np.int32)
    begins, ends = np.zeros(texts, np.int32), np.zeros(texts, np.int32)
    found = 0
    for row in range(texts):
        if not _any_beyond_ascii(source, starts[row], starts[row + 1]):
            continue
        count, begin, end = _count(source, starts, folded, folds, origin, row)
        if count:
            rows[found], letters[found], begins[found], ends[found] = row, count, begin, end
            found += 1
    return rows[:found], letters[:found], begins[:found], ends[:found]
