"""Template tags and filters of all pages: stored sentences, policy texts, times."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any, Protocol

from babel import Locale
from babel.dates import format_date, format_datetime
from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timezone import get_current_timezone
from django.utils.translation import gettext, ngettext

from jaga.actions.verbs.verification import span_words
from jaga.core.clock import now
from jaga.policy.local_time import zone_label
from jaga.policy.models import LocalText
from jaga.policy.release import jurisdiction
from jaga.web.errors import field_name, fill, language
from jaga.web.intervals import percents

register = template.Library()
_CODE = re.compile(r"\b([0-9A-Z]{5}(?:-[0-9A-Z]{5}){3})\b")


class RoundedRow(Protocol):
    """A row of public figures."""

    @property
    def label(self) -> str: ...
    @property
    def chosen(self) -> int | None: ...
    @property
    def compared(self) -> int | None: ...


@register.simple_tag
def say(msgid: str, params: Mapping[str, object] | None = None) -> str:
    """A stored msgid (of a signal or error) in the reader's language with its params. Django escapes it.

    A rule is called by the policy's reason for it: its key is for those who write rules.
    """
    params = params or {}
    reason = params.get(f"reason_{language().value}") if "rule" in params else None
    return fill(msgid, {**params, "rule": reason} if reason else params)


@register.filter
def local(text: LocalText | None) -> str:
    """A policy text in the reader's language."""
    return text.say(language()) if text else ""


@register.filter
def cited(rule: str) -> str:
    """Where that rule of the jurisdiction stands, in brackets after a space; empty if it is no law there."""
    return jurisdiction().cited(rule).say(language())


@register.filter
def is_home(country: str) -> bool:
    """Whether a contact person who lives there may get requests for data."""
    return country in jurisdiction().home_countries


@register.filter
def wib(moment: datetime | None) -> str:
    """An aware datetime, e.g. `25 November 2026 08.30 WIB`; in the console in the reader's time zone."""
    if moment is None:
        return ""
    pattern, zone = "d MMM y HH.mm" if language() == "id" else "d MMM y HH:mm", get_current_timezone()
    return f"{format_datetime(moment, pattern, tzinfo=zone, locale=language().value)} {zone_label(moment, zone)}"


@register.filter
def day(moment: date | None) -> str:
    """A date in words."""
    if isinstance(moment, datetime):
        moment = moment.astimezone(get_current_timezone()).date()
    return format_date(moment, "d MMMM y", locale=language().value) if moment else ""


@register.filter
def month(first_day: date | None) -> str:
    """A month in words, e.g. `November 2026`."""
    return format_date(first_day, "MMMM y", locale=language().value) if first_day else ""


register.filter("percents", percents)


@register.filter
def rounded(count: int) -> str:
    """A public count in whole tens: `120+` is 120 to 129 or more; 0 is `few`, since none and some look the same."""
    return f"{count}+" if count else gettext("few")


@register.filter
def all_few(rows: Iterable[RoundedRow]) -> list[str]:
    """The names of the rows that show no number in any column: they stand in one sentence below the table."""
    return [row.label for row in rows if not row.chosen and not row.compared]


@register.filter
def weekday(moment: date) -> str:
    """A date with its weekday, e.g. `Rabu, 25 November 2026`."""
    return format_date(moment, "EEEE, d MMMM y", locale=language().value)


@register.filter
def until(moment: datetime | None) -> str:
    """The time to a deadline: `in 3 h 20 min`, or `overdue by 2 d 4 h`. In words, so that colour is never the only
    sign.
    """
    if moment is None:
        return ""
    minutes = int((moment - now()).total_seconds() // 60)
    span = {"span": span_words(abs(minutes))}
    return gettext("in %(span)s") % span if minutes >= 0 else gettext("overdue by %(span)s") % span


@register.filter
def span(minutes: int) -> str:
    """A time in words, e.g. `3 h 20 min`."""
    return span_words(minutes)


@register.filter
def hours(count: int) -> str:
    """`24 hours`, and from three days on `7 days`; 24 and 48 hours stay as in the law."""
    if count >= 72 and count % 24 == 0:
        return ngettext("%(count)s day", "%(count)s days", count // 24) % {"count": count // 24}
    return ngettext("%(count)s hour", "%(count)s hours", count) % {"count": count}


@register.filter
def fours(code: str) -> str:
    """A receipt in groups of four, for reading aloud and copying by hand."""
    return " ".join(code[i : i + 4] for i in range(0, len(code), 4))


@register.filter
def unbroken(text: str) -> SafeString:
    """A letter whose codes (`XXXXX-XXXXX-XXXXX-XXXXX`) never break over two lines, so that nobody copies half of
    one.
    """
    pieces = (
        format_html('<span class="nowrap">{}</span>', piece) if place % 2 else piece
        for place, piece in enumerate(_CODE.split(text))
    )
    return format_html_join("", "{}", ((piece,) for piece in pieces))


@register.filter
def countries(codes: Iterable[str]) -> str:
    """Country names in the reader's language; an unknown code is shown unchanged."""
    names = Locale.parse(language().value).territories
    return ", ".join(names.get(code, code) for code in codes)


@register.filter
def country(code: str) -> str:
    """One country's name."""
    return countries([code]) if code else ""


@register.filter
def get(mapping: Mapping[str, object] | None, key: str) -> object:
    """The value under a variable key; empty if there is none."""
    return mapping.get(key, "") if mapping else ""


@register.filter
def addstr(text: object, more: object) -> str:
    """Two texts joined, also where one is a number."""
    return f"{text}{more}"


@register.filter
def named(field: str) -> str:
    """The field's name and a colon, before the sentence about it; empty for a field without a name."""
    name = field_name(field)
    return f"{name}: " if name else ""


@register.inclusion_tag("parts/field.html", takes_context=True)
def field(context: Mapping[str, Any], name: str, label: str, **how: Any) -> dict[str, Any]:
    """One field of any form: label, hint, errors, control. All forms use it.

    `how`: `hint`, `value`, `type` (of an input; `textarea`, `select`, `file`), `rows`, `most` (characters), `options`
    (pairs of value and label, as from the filter `choices`), `first` (the empty option before them; False: none),
    `accept`, `multiple`, `optional` (True, or words), `required`, `plain` (no automatic capitals), `code` (a code, or
    `"digits"`), `inputmode`, `complete` (what a browser may fill in; nothing), `example`, `least` and `upto` (numbers,
    or days as sent), `latest` (day), `short`, `focus` (on an error), and `id` where it differs from the name. The
    errors are the page's `errors` of that name, or `sentences`.

    `row` and `refused`: a page with a form for each row says which row this is and which one was refused; in the others
    there are no errors, and no value unless it is `kept` for all.
    """
    found = {
        "name": name,
        "id": name,
        "label": label,
        "type": "text",
        "value": "",
        "rows": 4,
        "first": "–",
        "complete": "off",
        "sentences": (context.get("errors") or {}).get(name, ()),
        **how,
    }
    if "row" in how and how["row"] != how["refused"]:
        found |= {"sentences": (), "value": found["value"] if how.get("kept") else ""}
    if found["type"] == "select":
        found["value"] = str(found["value"])
    return found
