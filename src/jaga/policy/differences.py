"""What changes from one release to another, in words: for whoever confirms its adoption.

Complete by construction: every value of every part is compared, whatever its schema says, so that a field added later
is not overlooked; and a file that differs only in comments or layout is named, too.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from difflib import SequenceMatcher
from enum import Enum
from functools import cache, partial
from typing import Any

from jaga.core.errors import N_
from jaga.policy.problems import fill, in_words
from jaga.policy.release import PolicyRelease

LONGEST = 160
"""Characters shown of a value that is new or gone; a longer text that changes is shown where it changes."""
AROUND = 4
"""Words shown before and after a change in a long text."""
_KEYS = ("key", "phrase", "category", "channel", "group", "region", "strikes")
_ONE = {
    "categories": N_("Category"),
    "legal_bases": N_("Legal basis"),
    "letters": N_("Letter"),
    "wordings": N_("Wording"),
    "lexicon": N_("Phrase"),
    "services": N_("Service"),
    "outside_bodies": N_("Outside body"),
    "rules": N_("Rule for reviewers"),
    "screening_rules": N_("Screening rule"),
    "word_lists": N_("Word list"),
}
"""Parts with a list of things: what one of them is called."""
_TITLES = {
    "categories": N_("Categories"),
    "deadlines": N_("Deadlines"),
    "legal_bases": N_("Legal bases"),
    "enforcement": N_("Measures and how many people they take"),
    "rules": N_("Rules for reviewers"),
    "screening_rules": N_("Screening rules"),
    "lexicon": N_("Phrases"),
    "word_lists": N_("Word lists"),
    "screening": N_("Bounds of the screening"),
    "letters": N_("Letters"),
    "wordings": N_("Wordings"),
    "services": N_("Services"),
    "referring": N_("Receivers of referrals"),
    "outside_bodies": N_("Outside bodies"),
    "routing": N_("Queues"),
    "quality": N_("Quality"),
    "wellness": N_("Wellness"),
    "data_protection": N_("Law on personal data"),
    "retention": N_("Retention"),
    "about": N_("The release"),
    "files": N_("Files"),
}
"""Every part, in the order in which it is read."""
_ABOUT = ("name", "version", "dated", "language", "maintainer", "jurisdiction")
Files = Mapping[str, bytes]


@dataclass(frozen=True)
class ReleaseDifference:
    """The changes of one part; `lines` in English until `translated` does them."""

    title: str
    lines: tuple[str, ...]

    def translated(self, translate: Callable[[str], str]) -> tuple[str, tuple[str, ...]]:
        """Title and lines as `translate` gives them."""
        return translate(self.title), tuple(in_words(line, translate) for line in self.lines)


def differences(
    old: PolicyRelease,
    new: PolicyRelease,
    old_files: Files,
    new_files: Files,
) -> tuple[ReleaseDifference, ...]:
    """The changes by part, in the order of reading; empty only if the two have the same hash."""
    found: dict[str, Sequence[str]] = {}
    for part in _TITLES.keys() - {"about", "files"}:
        before, after = getattr(old, part), getattr(new, part)
        found[part] = list(_of_list(_ONE[part], before, after) if part in _ONE else _of_values(before, after))
    found["about"] = list(
        _of_values({key: getattr(old, key) for key in _ABOUT}, {key: getattr(new, key) for key in _ABOUT})
    )
    found["files"] = list(_of_files(old_files, new_files, anything=any(found.values())))
    return tuple(ReleaseDifference(title, tuple(found[part])) for part, title in _TITLES.items() if found[part])


def _of_list(one: str, old: Sequence[object], new: Sequence[object]) -> Iterator[str]:
    before, after = _named(old), _named(new)
    for key in after:
        if key not in before:
            yield fill(N_("%(what)s “%(key)s” is new."), what=fill(one), key=key)
    for key in before:
        if key not in after:
            yield fill(N_("%(what)s “%(key)s” is gone."), what=fill(one), key=key)
    for key, value in after.items():
        if key in before:
            yield from _changes(before[key], value, partial(_place_in, one, key))
    if [key for key in before if key in after] != [key for key in after if key in before]:
        yield fill(N_("The order is another."))


def _place_in(one: str, key: str, field: str) -> str:
    return fill(N_("%(what)s “%(key)s”, %(field)s"), what=fill(one), key=key, field=field)


def _of_values(old: object, new: object) -> Iterator[str]:
    yield from _changes(old, new, lambda field: field)


def _changes(old: object, new: object, place: Callable[[str], str]) -> Iterator[str]:
    """One line for each value that differs. `place` names a field."""
    before, after = _leaves(old), _leaves(new)
    for field, value in after.items():
        if field not in before:
            yield fill(N_("%(place)s is added: “%(after)s”."), place=place(field), after=_short(value))
        elif before[field] != value:
            for was, becomes in _changed_words(before[field], value):
                yield fill(
                    N_("%(place)s was “%(before)s” and becomes “%(after)s”."),
                    place=place(field),
                    before=was,
                    after=becomes,
                )
            if before[field].split() == value.split():
                yield fill(N_("%(place)s: only spaces or line breaks differ."), place=place(field))
    for field, value in before.items():
        if field not in after:
            yield fill(N_("%(place)s is taken out: “%(before)s”."), place=place(field), before=_short(value))


def _of_files(old: Files, new: Files, *, anything: bool) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield fill(N_("%(file)s is new."), file=name)
        elif name not in new:
            yield fill(N_("%(file)s is gone."), file=name)
        elif old[name] != new[name]:
            yield fill(N_("%(file)s is changed."), file=name)
    if not anything and old != new:
        yield fill(N_("Only comments, examples or the layout differ; no rule does."))


def _named(values: Sequence[object]) -> dict[str, object]:
    """The things of a list by key; a letter also by its language. A repeated key is numbered."""
    found: dict[str, object] = {}
    for value in values:
        key = _key(value) or "–"
        name, number = key, 1
        while name in found:
            number += 1
            name = f"{key} ({number})"
        found[name] = value
    return found


def _key(value: object) -> str:
    named = next((getattr(value, name) for name in _KEYS if isinstance(getattr(value, name, None), str)), "")
    language = getattr(value, "language", None)
    return f"{named} ({language})" if named and isinstance(language, str) else str(named)


def _leaves(value: object) -> dict[str, str]:
    """Every value below, by its place as in the file, such as `standard.police.hours`."""
    found = dict[str, str]()
    _add_leaves(value, "", found)
    return found


def _add_leaves(value: object, place: str, found: dict[str, str]) -> None:
    """No generator: of a release's thirty thousand values each would pass through all levels above it."""
    if value is None or value == () or value == "":  # most fields of most things
        return
    if isinstance(value, str | int):
        found[place] = _plain(value)
    elif names := _names(value):
        for name in names:
            _add_leaves(getattr(value, name), f"{place}.{name}" if place else name, found)
    elif isinstance(value, Mapping):
        for key, part in value.items():
            _add_leaves(part, f"{place}.{key}" if place else str(key), found)
    elif isinstance(value, tuple | list) and any(map(_names, value)):
        for key, part in (_named(value) if all(map(_key, value)) else dict(enumerate(value, 1))).items():
            _add_leaves(part, f"{place}.{key}", found)
    else:
        found[place] = _plain(value)


def _names(value: object) -> tuple[str, ...]:
    kind: Any = type(value)
    return _field_names(kind)


@cache
def _field_names(kind: type) -> tuple[str, ...]:
    """Of a dataclass; empty for any other class."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _plain(value: object) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, frozenset | set):
        return ", ".join(sorted(map(_plain, value)))
    if isinstance(value, tuple | list):
        return ", ".join(map(_plain, value))
    return str(value)


def _short(text: str) -> str:
    cut = " ".join(text.split())
    return cut if len(cut) <= LONGEST else f"{cut[:LONGEST]}…"


def _changed_words(before: str, after: str) -> Iterator[tuple[str, str]]:
    """Short values whole; of a long text each place that changes, uncut, with a few words around it."""
    old, new = before.split(), after.split()
    if old == new:
        return
    if max(len(before), len(after)) <= LONGEST:
        yield _short(before), _short(after)
        return
    for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _within(old, i, j), _within(new, k, m)


def _within(words: Sequence[str], start: int, end: int) -> str:
    """These words with `AROUND` before and after."""
    first, last = max(0, start - AROUND), min(len(words), end + AROUND)
    return f"{'… ' if first else ''}{' '.join(words[first:last])}{' …' if last < len(words) else ''}"
