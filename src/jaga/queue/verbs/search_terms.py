"""Parses the search box into a query of words, names, contacts and terms such as `category:fraud`.

    700 "free room" -arisan          words, a phrase, and a word that must not occur
    account:mawar  @mawar  mawa*     the beginning of an account name or of a word
    contact:0812-3456-7890           a number, link or address in any notation
    category: channel: platform: state: since: before: overdue K000123

Keys and values can be written in any language of the pages (`kategori:penipuan`), values also as their label
(`kategori:"iklan prostitusi"`). A category's label without a key finds its cases and texts that contain the words.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from jaga.cases.models.cases import Platform
from jaga.cases.reads.case_view import CaseStage
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import fold
from jaga.core.terms.people import Language
from jaga.core.terms.reports import Channel
from jaga.policy.release import load_release
from jaga.queue.reads.search import NamedCategory, SearchQuery
from jaga.screening.copies.nearness import contacts_of
from jaga.store.codes import WORD_BEGINNINGS, can_begin, indicator_key, words_in

MOST_CHARACTERS = 300
_MOST_BYTES = 1000
MOST_TERMS = 12
FEWEST_LETTERS = 2
_TERM = re.compile(r'(-?)(?:([a-z]{2,20}):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_REFERENCE = re.compile(r"K([0-9]{1,18})", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d().\-]{9,25}")
_LINK = ("http", "https")
_LONGEST_LABEL = 6  # Words of a category's label.
_DAY, _MONTH = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}")
KEY_IN: Mapping[str, Mapping[Language, str]] = MappingProxyType(
    {
        "category": {Language.ENGLISH: "category", Language.INDONESIAN: "kategori"},
        "channel": {Language.ENGLISH: "channel", Language.INDONESIAN: "jalur"},
        "platform": {Language.ENGLISH: "platform", Language.INDONESIAN: "layanan"},
        "state": {Language.ENGLISH: "state", Language.INDONESIAN: "keadaan"},
        "account": {Language.ENGLISH: "account", Language.INDONESIAN: "akun"},
        "contact": {Language.ENGLISH: "contact", Language.INDONESIAN: "kontak"},
        "since": {Language.ENGLISH: "since", Language.INDONESIAN: "sejak"},
        "before": {Language.ENGLISH: "before", Language.INDONESIAN: "sebelum"},
    }
)
"""Each search key by its canonical name, as it is written in each language."""
KEYS: Mapping[str, str] = MappingProxyType(
    {
        **{written: key for key, in_each in KEY_IN.items() for written in in_each.values()},
        "app": "platform",
        "aplikasi": "platform",
        "status": "state",
        "saluran": "channel",
        "after": "since",
    }
)
"""Search keys in both languages, with their canonical name."""
OVERDUE_IN: Mapping[Language, str] = MappingProxyType({Language.ENGLISH: "overdue", Language.INDONESIAN: "terlambat"})
OPEN_IN: Mapping[Language, str] = MappingProxyType({Language.ENGLISH: "open", Language.INDONESIAN: "terbuka"})
"""The state of every case that is not finished."""
UNKNOWN_VALUE = N_("“%(term)s” is not known here. Known are: %(known)s.")


@dataclass(frozen=True)
class SearchNames:
    """What people call the values of the keys, for a reader.

    `values`: for each key the values by their `plain` names in every language. `shown`: for each key the names in the
    reader's language, and `keys` the keys themselves; messages list them. Without names only the values count.
    """

    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    shown: Mapping[str, Sequence[str]] = field(default_factory=dict)
    keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SearchTerm:
    """One term as it was typed.

    `key` is canonical, "" for words; `category` is the one that the words name. `at` is its place in the text.
    """

    raw: str
    at: tuple[int, int]
    minus: bool
    key: str
    value: str
    quoted: bool
    category: str = ""


NO_NAMES = SearchNames()


def plain(name: str) -> str:
    """A name as it is compared: folded, with single spaces instead of signs."""
    return " ".join(re.sub(r"[\W_]+", " ", fold(name)).split())


def read_terms(typed: str, names: SearchNames = NO_NAMES) -> tuple[SearchTerm, ...]:
    """The terms of a typed query, unchecked except for their keys; words that make up a category's label are one.

    Raises InvalidInput (field `q`) for unknown keys.
    """
    text = typed.replace("\0", " ")
    terms = [_term(found, names) for found in _TERM.finditer(text)]
    categories, joined = names.values.get("category", {}), 0
    while joined < len(terms):
        for end in range(min(len(terms), joined + _LONGEST_LABEL), joined, -1):
            run = terms[joined:end]
            label = plain(" ".join(one.value for one in run))
            if (
                label in categories
                and not any(one.key or one.minus for one in run)
                and (len(run) == 1 or not any(one.quoted for one in run))
            ):
                at = (run[0].at[0], run[-1].at[1])
                terms[joined:end] = [
                    SearchTerm(
                        text[slice(*at)],
                        at,
                        minus=False,
                        key="",
                        quoted=run[0].quoted,
                        value=" ".join(one.value for one in run),
                        category=categories[label],
                    )
                ]
                break
        joined += 1
    return tuple(terms)


def _term(found: re.Match[str], names: SearchNames) -> SearchTerm:
    minus, key, phrase, bare = found.groups()
    raw, value = found.group(), phrase if bare is None else bare
    if key and key.lower() in _LINK:
        return SearchTerm(raw, found.span(), bool(minus), "", raw.removeprefix("-"), quoted=False)
    if key and key.lower() not in KEYS:
        raise _wrong(
            "unknown_key",
            N_(
                "“%(key)s:” is not a term of the search. Put it in quotation marks to look "
                "for the words themselves. Known are: %(known)s."
            ),
            key=key,
            known=", ".join(f"{names.keys.get(one, one)}:" for one in KEY_IN),
        )
    return SearchTerm(raw, found.span(), bool(minus), KEYS[key.lower()] if key else "", value, quoted=bare is None)


def read_query(typed: str, zone: tzinfo, names: SearchNames = NO_NAMES) -> SearchQuery:
    """Parse a typed query; days are in the reader's time zone.

    Raises InvalidInput (field `q`) naming the faulty term.
    """
    if len(typed) > MOST_CHARACTERS:
        raise _wrong("too_long", N_("At most %(most)s characters."), most=MOST_CHARACTERS)
    if sum(1 for _ in _TERM.finditer(typed.replace("\0", " "))) > MOST_TERMS:
        raise _wrong("too_many", N_("At most %(most)s terms at a time."), most=MOST_TERMS)
    terms = read_terms(typed, names)
    if not terms:
        raise _wrong("missing", N_("Write what you look for: words, an account, a contact or a case number."))
    query = SearchQuery()
    for term in terms:
        query = _with(query, term, _Reader(zone, names))
    if query.without and replace(query, without=()) == SearchQuery():
        raise _wrong("only_without", N_("Say also what must be there, not only what must not."))
    return query


@dataclass(frozen=True)
class _Reader:
    zone: tzinfo
    names: SearchNames


def _with(query: SearchQuery, term: SearchTerm, reader: _Reader) -> SearchQuery:
    if term.key:
        return _KEYED[term.key](query, term.value.strip(), reader)
    if term.category:
        return _with_named(query, term)
    if not term.quoted and not term.minus:
        bare = term.value
        if bare.lower() in OVERDUE_IN.values():
            return replace(query, overdue=True)
        if number := _REFERENCE.fullmatch(bare):
            return replace(query, number=int(number[1]))
        if bare.startswith("@") and len(bare) > FEWEST_LETTERS:
            return _account(query, bare, reader)
        if _NUMBER.fullmatch(bare) and contacts_of(bare):
            return _contact(query, bare, reader)
    return _with_words(query, term.value, term.minus)


def _with_named(query: SearchQuery, term: SearchTerm) -> SearchQuery:
    words = [term.value] if term.quoted else term.value.split()
    folded = tuple(" ".join(fold(one).split()) for one in words)
    return replace(query, named=(*query.named, NamedCategory(folded, term.category)))


def _with_words(query: SearchQuery, words: str, minus: bool) -> SearchQuery:
    folded = " ".join(fold(words).split())
    begins = folded.endswith("*")
    if len("".join(words_in(folded))) < (FEWEST_LETTERS + 1 if begins else FEWEST_LETTERS):
        raise _wrong("too_short", N_("“%(term)s” is too short to look for."), term=words)
    if begins and not minus and not can_begin(folded):
        raise _wrong(
            "beginning",
            N_(
                "“%(term)s”: a beginning has %(least)s to %(most)s letters before the star. Write "
                "as many, or the whole word without a star."
            ),
            term=words,
            least=WORD_BEGINNINGS[0],
            most=WORD_BEGINNINGS[-1],
        )
    _not_too_long(folded)
    if minus:
        return replace(query, without=(*query.without, folded.rstrip("*")))
    return replace(query, words=(*query.words, folded))


def _not_too_long(folded: str) -> None:
    """Refuse a term that folding made very long: it can expand one character to eighteen."""
    if len(folded.encode()) > _MOST_BYTES:
        raise _wrong("too_long", N_("At most %(most)s characters."), most=MOST_CHARACTERS)


def _one_of(key: str, allowed: Iterable[str], value: str, names: SearchNames) -> str:
    values = list(allowed)
    called = {plain(name): name for name in values}
    found = {**names.values.get(key, {}), **called}.get(plain(value))
    if found not in values:
        raise _wrong("unknown_value", UNKNOWN_VALUE, term=value, known=", ".join(names.shown.get(key) or values))
    return found


def _category(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    return replace(
        query, category=_one_of("category", (one.key for one in load_release().categories), value, reader.names)
    )


def _channel(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    return replace(query, channel=Channel(_one_of("channel", (one.value for one in Channel), value, reader.names)))


def _state(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    if plain(value) in OPEN_IN.values():
        return replace(query, open=True)
    return replace(query, stage=CaseStage(_one_of("state", (one.value for one in CaseStage), value, reader.names)))


def _platform(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    names = Platform.objects.order_by("name").values_list("name", flat=True)
    return replace(query, platform=_one_of("platform", names, value, reader.names))


def _account(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    name = fold(value).lstrip("@").rstrip("*")
    if len(name) < FEWEST_LETTERS:
        raise _wrong("too_short", N_("“%(term)s” is too short to look for."), term=value)
    _not_too_long(name)
    return replace(query, names=(*query.names, name))


def _contact(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    found = contacts_of(value)
    if not found:
        raise _wrong(
            "no_contact",
            N_(
                "“%(term)s” is not a contact that could be compared. Write a telephone number, "
                'an e-mail address, a link, or a service and a name: contact:"telegram: '
                'mawar22".'
            ),
            term=value,
        )
    return replace(query, contacts=(*query.contacts, *(indicator_key(one.value) for one in found)))


def _since(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    return replace(query, since=_day(value, reader.zone))


def _before(query: SearchQuery, value: str, reader: _Reader) -> SearchQuery:
    return replace(query, before=_day(value, reader.zone))


_KEYED: Mapping[str, Callable[[SearchQuery, str, _Reader], SearchQuery]] = MappingProxyType(
    {
        "category": _category,
        "channel": _channel,
        "platform": _platform,
        "state": _state,
        "account": _account,
        "contact": _contact,
        "since": _since,
        "before": _before,
    }
)


def _day(value: str, zone: tzinfo) -> datetime:
    full = f"{value}-01" if _MONTH.fullmatch(value) else value
    try:
        if not _DAY.fullmatch(full):
            raise ValueError(value)
        day = datetime.fromisoformat(full).replace(tzinfo=zone)
        day - timedelta(days=1)  # the first day of the calendar overflows in some time zones
    except (ValueError, OverflowError):
        raise _wrong(
            "no_day", N_("“%(term)s” is not a day. Write it like 2026-03-20, or a month like 2026-03."), term=value
        ) from None
    return day


def _wrong(code: str, sentence: str, **params: object) -> InvalidInput:
    return InvalidInput(FieldError("q", code, sentence, params))
