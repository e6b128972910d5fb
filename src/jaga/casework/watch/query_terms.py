"""Reads a query over what watches flagged, as typed or from an address, and saves it under a name."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, timedelta

from jaga.core.actors import Actor
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.folding import fold
from jaga.core.foreign import LARGEST_NUMBER
from jaga.core.terms.watch import SourceKind
from jaga.policy import load_release
from jaga.policy.limits import WATCH_FOUND_DAYS
from jaga.policy.local_time import today
from jaga.records.access.watch.queries import TopOf, WatchQuery, may_look_into_cases, queried_watches
from jaga.records.keyed_words import words_in

FIELDS = ("days", "since", "until", "platform", "kind", "watch", "rule", "category", "words", "case", "contact", "top")
FIRST_DAYS = 7
"""The days of a query that names none."""
LONGEST_WORDS, MOST_WORDS = 100, 8
_RULE = re.compile(r"[a-z0-9_:.\-]{1,160}")
# An account's name or a way to reach somebody: a sign of one, or as many digits as a telephone number.
_SOMEBODY = re.compile(r"[@:/\\]|\w\.\w|(?:\d[\s.\-()]*){7,}")


def read_watch_query(asked: Mapping[str, str], *, actor: Actor) -> WatchQuery:
    """The query with these fields; missing and empty ones do not limit it. `days` are the last ones, for saved queries;
    without any day it is of the last seven.

    Raises NotPermitted; InvalidInput, also for a name of an account: two people look that up
    (`casework.watch.lookups`).
    """
    given = {name: asked.get(name, "").strip() for name in FIELDS}
    errors: list[FieldError] = []
    until = _day("until", given["until"], errors) or today()
    days = min(_number("days", given["days"], errors) or FIRST_DAYS, WATCH_FOUND_DAYS)
    oldest = today() - timedelta(days=WATCH_FOUND_DAYS - 1)
    first = _day("since", given["since"], errors)
    if first is None:  # the first days of the calendar have none so many days before them
        first = max(until - timedelta(days=days - 1), oldest) if until > oldest else until
    if first < oldest or until > today():
        errors.append(
            FieldError(
                "since" if first < oldest else "until",
                "not_kept",
                N_("Flagged texts are kept for %(days)s days: choose days from %(oldest)s to today."),
                {"days": WATCH_FOUND_DAYS, "oldest": oldest.isoformat()},
            )
        )
    elif first > until:
        errors.append(FieldError("since", "reversed", N_("The first day is after the last one.")))
    numbers = {name: _number(name, given[name], errors) for name in ("watch", "case", "contact")}
    watches = queried_watches(actor=actor)
    if given["platform"] and given["platform"] not in {one.platform_name for one in watches}:
        errors.append(FieldError("platform", "unknown", N_("No watch reads that app. Choose one from the list.")))
    if numbers["watch"] is not None and numbers["watch"] not in {one.watch_id for one in watches}:
        errors.append(FieldError("watch", "unknown", N_("There is no such watch. Choose one from the list.")))
    kind = _kind(given["kind"], errors)
    if given["category"] and given["category"] not in {one.key for one in load_release().categories}:
        errors.append(FieldError("category", "unknown", N_("There is no such category. Choose one from the list.")))
    if given["rule"] and not _RULE.fullmatch(given["rule"]):
        errors.append(FieldError("rule", "unknown", N_("There is no such rule. Choose one from the list.")))
    errors.extend(_about_words(given["words"], actor))
    if given["top"] not in set(TopOf):
        errors.append(FieldError("top", "unknown", N_("There is no such list. Choose one.")))
    if errors:
        raise InvalidInput(*errors)
    return WatchQuery(
        first,
        until,
        given["platform"],
        kind,
        numbers["watch"],
        given["rule"],
        given["category"],
        tuple(words_in(fold(given["words"]))),
        numbers["case"],
        numbers["contact"],
        TopOf(given["top"]),
    )


def _day(name: str, text: str, errors: list[FieldError]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        errors.append(FieldError(name, "not_a_day", N_("This is not a day. Write it as 2026-03-20.")))
        return None


def _number(name: str, text: str, errors: list[FieldError]) -> int | None:
    if not text:
        return None
    if text.isascii() and text.isdecimal() and int(text[:20]) <= LARGEST_NUMBER:
        return int(text)
    errors.append(FieldError(name, "unknown", N_("This is not a number from a list. Choose one there.")))
    return None


def _kind(text: str, errors: list[FieldError]) -> SourceKind | None:
    try:
        return SourceKind(text) if text else None
    except ValueError:
        errors.append(FieldError("kind", "unknown", N_("There is no such source. Choose one from the list.")))
        return None


def _about_words(text: str, actor: Actor) -> Iterator[FieldError]:
    if not text:
        return
    if not may_look_into_cases(actor):
        yield FieldError("words", "not_permitted", N_("Only people who may open cases can search for words."))
    elif len(text) > LONGEST_WORDS or len(words_in(fold(text))) > MOST_WORDS:
        yield FieldError(
            "words",
            "too_many",
            N_("At most %(words)s words, %(letters)s letters together."),
            {"words": MOST_WORDS, "letters": LONGEST_WORDS},
        )
    elif _SOMEBODY.search(text):
        yield FieldError(
            "words",
            "an_account",
            N_(
                "Accounts, numbers and links are not searched here. An account with"
                " a case is found by search; one without needs a look-up by two"
                " people."
            ),
        )
    elif not words_in(fold(text)):
        yield FieldError("words", "no_word", N_("There is no word in it."))
