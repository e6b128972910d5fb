"""Parses the search box into a query of words, names, contacts and terms such as `category:fraud`.

    700 "free room" -arisan          words, a phrase, and a word that must not occur
    account:mawar  @mawar  mawa*     the beginning of an account name or of a word
    contact:0812-3456-7890           a number, link or address in any notation
    category: channel: platform: state: since: before: overdue K000123
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from types import MappingProxyType

from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.folding import fold
from jaga.core.terms.reports import Channel
from jaga.policy import load_release
from jaga.records.access.cases.case_view import CaseStage
from jaga.records.access.queue.search import SearchQuery
from jaga.records.codes import indicator_key
from jaga.records.models import Platform
from jaga.screening.copies.linking_indicators import contacts_of

MOST_CHARACTERS = 300
_MOST_BYTES = 1000
MOST_TERMS = 12
FEWEST_LETTERS = 2
_TERM = re.compile(r'(-?)(?:([a-z]{2,20}):)?(?:"([^"]*)"?|(\S+))', re.IGNORECASE)
_REFERENCE = re.compile(r"K([0-9]{1,18})", re.IGNORECASE)
_NUMBER = re.compile(r"\+?[\d().\-]{9,25}")
_LINK = ("http", "https")
_DAY, _MONTH = re.compile(r"\d{4}-\d{2}-\d{2}"), re.compile(r"\d{4}-\d{2}")
KEYS: Mapping[str, str] = MappingProxyType({
    "category": "category", "kategori": "category", "channel": "channel", "jalur": "channel",
    "platform": "platform", "layanan": "platform", "state": "state", "keadaan": "state",
    "account": "account", "akun": "account", "contact": "contact", "kontak": "contact",
    "since": "since", "after": "since", "sejak": "since", "before": "before", "sebelum": "before",
})
"""Search keys in both languages, with their canonical name."""
OVERDUE = ("overdue", "terlambat")
OPEN = ("open", "terbuka")
"""The state of every case that is not finished."""
UNKNOWN_VALUE = N_("“%(term)s” is not known here. Known are: %(known)s.")


def read_query(typed: str, zone: tzinfo) -> SearchQuery:
    """Parse a typed query; days are in the reader's time zone.

    Raises InvalidInput (field `q`) naming the faulty term.
    """
    if len(typed) > MOST_CHARACTERS:
        raise _wrong("too_long", N_("At most %(most)s characters."), most=MOST_CHARACTERS)
    terms = list(_TERM.finditer(typed.replace("\0", " ")))
    if not terms:
        raise _wrong("missing", N_("Write what you look for: words, an account, a contact or a case number."))
    if len(terms) > MOST_TERMS:
        raise _wrong("too_many", N_("At most %(most)s terms at a time."), most=MOST_TERMS)
    query = SearchQuery()
    for term in terms:
        query = _with(query, term, zone)
    if query.without and replace(query, without=()) == SearchQuery():
        raise _wrong("only_without", N_("Say also what must be there, not only what must not."))
    return query


def _with(query: SearchQuery, term: re.Match[str], zone: tzinfo) -> SearchQuery:
    minus, key, phrase, bare = term.groups()
    value, whole = phrase if bare is None else bare, term.group()
    if key and key.lower() not in KEYS and key.lower() not in _LINK:
        raise _wrong("unknown_key", N_("“%(key)s:” is not a term of the search. Put it in quotation marks to look "
                                       "for the words themselves. Known are: %(known)s."),
                     key=key, known=", ".join(dict.fromkeys(f"{one}:" for one in KEYS.values())))
    if key and key.lower() in _LINK:
        return _with_words(query, whole.strip("-"), minus)
    if key:
        return _KEYED[KEYS[key.lower()]](query, value.strip(), zone)
    if bare is not None and not minus:
        if bare.lower() in OVERDUE:
            return replace(query, overdue=True)
        if number := _REFERENCE.fullmatch(bare):
            return replace(query, number=int(number[1]))
        if bare.startswith("@") and len(bare) > FEWEST_LETTERS:
            return _account(query, bare, zone)
        if _NUMBER.fullmatch(bare) and contacts_of(bare):
            return _contact(query, bare, zone)
    return _with_words(query, value, minus)


def _with_words(query: SearchQuery, words: str, minus: str) -> SearchQuery:
    folded = " ".join(fold(words).split())
    letters = re.sub(r"\W", "", folded)
    if len(letters) < (FEWEST_LETTERS + 1 if folded.endswith("*") else FEWEST_LETTERS):
        raise _wrong("too_short", N_("“%(term)s” is too short to look for."), term=words)
    _not_too_long(folded)
    if minus:
        return replace(query, without=(*query.without, folded.rstrip("*")))
    return replace(query, words=(*query.words, folded))


def _not_too_long(folded: str) -> None:
    """Refuse a term that PostgreSQL could not index: its words have at most 2,046 bytes, and folding can expand one
    character to eighteen.
    """
    if len(folded.encode()) > _MOST_BYTES:
        raise _wrong("too_long", N_("At most %(most)s characters."), most=MOST_CHARACTERS)


def _one_of(allowed: Iterable[str], value: str) -> str:
    names = list(allowed)
    found = {name.lower(): name for name in names}.get(value.lower())
    if found is None:
        raise _wrong("unknown_value", UNKNOWN_VALUE, term=value, known=", ".join(names))
    return found


def _category(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    return replace(query, category=_one_of((one.key for one in load_release().categories), value))


def _channel(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    return replace(query, channel=Channel(_one_of((one.value for one in Channel), value)))


def _state(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    if value.lower() in OPEN:
        return replace(query, open=True)
    return replace(query, stage=CaseStage(_one_of((one.value for one in CaseStage), value)))


def _platform(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    return replace(query, platform=_one_of(Platform.objects.order_by("name").values_list("name", flat=True), value))


def _account(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    name = fold(value).lstrip("@").rstrip("*")
    if len(name) < FEWEST_LETTERS:
        raise _wrong("too_short", N_("“%(term)s” is too short to look for."), term=value)
    _not_too_long(name)
    return replace(query, names=(*query.names, name))


def _contact(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    found = contacts_of(value)
    if not found:
        raise _wrong("no_contact", N_("“%(term)s” is not a contact that could be compared. Write a telephone number, "
                                      "an e-mail address, a link, or a service and a name: contact:\"telegram: "
                                      "mawar22\"."),
                     term=value)
    return replace(query, contacts=(*query.contacts, *(indicator_key(one.value) for one in found)))


def _since(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    return replace(query, since=_day(value, zone))


def _before(query: SearchQuery, value: str, zone: tzinfo) -> SearchQuery:
    return replace(query, before=_day(value, zone))


_KEYED: Mapping[str, Callable[[SearchQuery, str, tzinfo], SearchQuery]] = MappingProxyType({
    "category": _category, "channel": _channel, "platform": _platform, "state": _state, "account": _account,
    "contact": _contact, "since": _since, "before": _before,
})


def _day(value: str, zone: tzinfo) -> datetime:
    full = f"{value}-01" if _MONTH.fullmatch(value) else value
    try:
        if not _DAY.fullmatch(full):
            raise ValueError(value)
        day = datetime.fromisoformat(full).replace(tzinfo=zone)
        day - timedelta(days=1)  # the first day of the calendar overflows in some time zones
    except (ValueError, OverflowError):
        raise _wrong("no_day", N_("“%(term)s” is not a day. Write it like 2026-03-20, or a month like 2026-03."),
                     term=value) from None
    return day


def _wrong(code: str, sentence: str, **params: object) -> InvalidInput:
    return InvalidInput(FieldError("q", code, sentence, params))
