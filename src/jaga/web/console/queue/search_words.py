"""What the search calls its keys and values, and how it shows a query: chips, completion."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext, override

from jaga.casework.queue.search_terms import (
    KEY_IN,
    OPEN_IN,
    OVERDUE_IN,
    SearchNames,
    SearchTerm,
    plain,
    read_terms,
)
from jaga.core.terms.reports import Channel
from jaga.policy import load_release
from jaga.policy.jurisdiction import jurisdiction
from jaga.records.access.base.installation import listed_platforms
from jaga.records.access.base.request_cache import once
from jaga.records.access.cases.case_view import CaseStage
from jaga.web.console.frame.words import word
from jaga.web.errors import language


@dataclass(frozen=True)
class SearchChip:
    """One term of a query as a person reads it, and the query without it."""

    key: str
    value: str
    minus: bool
    without: str


@dataclass(frozen=True)
class KeyHelp:
    """A key with its values for the help and for completion: what is written, and what it means."""

    key: str
    values: tuple[tuple[str, str], ...]


@once
def search_names() -> SearchNames:
    """The names of all values in every language of the pages, and the reader's own."""
    values: dict[str, dict[str, str]] = {}
    for spoken in jurisdiction().languages:
        with override(spoken.value):
            for key, value, label in _labels():
                values.setdefault(key, {}).setdefault(plain(label), value)
    shown: dict[str, list[str]] = {}
    for key, _, label in _labels():
        shown.setdefault(key, []).append(label)
    return SearchNames(values, shown, {key: in_each[language()] for key, in_each in KEY_IN.items()})


def _labels() -> Iterator[tuple[str, str, str]]:
    """Each key, value, and the value's label in the language now active."""
    for category in load_release().categories:
        yield "category", category.key, category.label.say(language())
    for channel in Channel:
        yield "channel", channel.value, word(channel, "channel")
    for stage in CaseStage:
        yield "state", stage.value, word(stage, "stage")
    for platform in _platforms():
        yield "platform", *platform


@once
def _platforms() -> tuple[tuple[str, str], ...]:
    return tuple((platform.name, platform.display_name) for platform in listed_platforms())


def key_help() -> tuple[KeyHelp, ...]:
    """Every key with values, in the reader's language; the state has one more, for every case that is not finished."""
    names = search_names()
    found: dict[str, list[tuple[str, str]]] = {"state": [(OPEN_IN[language()], gettext("not finished"))]}
    for key, value, label in _labels():
        written = _written(label) if plain(label) else value
        found.setdefault(key, []).append((written, label))
    return tuple(
        KeyHelp(names.keys[key], tuple(found[key]))
        for key in ("category", "state", "channel", "platform")
        if key in found
    )


def _written(label: str) -> str:
    """A label as it is typed after a key: in quotation marks if it has spaces."""
    bare = label.replace('"', "")
    return f'"{bare}"' if " " in bare else bare


def words_of_help() -> dict[str, str]:
    """The keys as they are written in the reader's language, and the word for overdue cases."""
    return {**search_names().keys, "overdue": OVERDUE_IN[language()]}


def completions() -> str:
    """Keys and values for the script of the search box, as JSON: `[["kategori:", [["penipuan", "Penipuan"]]]]`."""
    with_values = {one.key: one.values for one in key_help()}
    names = search_names()
    rows: list[list[object]] = [[f"{key}:", list(with_values.get(key, ()))] for key in names.keys.values()]
    rows.append([OVERDUE_IN[language()], []])
    return json.dumps(rows, ensure_ascii=False)


def chips(typed: str) -> tuple[SearchChip, ...]:
    """The terms of a readable query."""
    terms = read_terms(typed, search_names())
    return tuple(SearchChip(*_chip_text(term), term.minus, _without(typed, term)) for term in terms)


def _without(typed: str, term: SearchTerm) -> str:
    start, end = term.at
    return " ".join(f"{typed[:start]} {typed[end:]}".split())


def _chip_text(term: SearchTerm) -> tuple[str, str]:
    """Key and value in the reader's language."""
    names = search_names()
    if term.category:
        return gettext("category or words"), term.value
    if not term.key:
        return "", OVERDUE_IN[language()] if term.value.lower() in OVERDUE_IN.values() else term.value
    known = {**names.values.get(term.key, {}), **{value: value for _, value, _ in _labels()}}
    value = known.get(plain(term.value), term.value)
    labels = {of: label for key, of, label in _labels() if key == term.key}
    if term.key == "state" and plain(term.value) in OPEN_IN.values():
        return names.keys[term.key], OPEN_IN[language()]
    return names.keys[term.key], labels.get(value, labels.get(term.value, term.value))
