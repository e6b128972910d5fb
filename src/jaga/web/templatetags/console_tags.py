"""Console template filters: terms, categories and legal bases in the reader's language."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from jaga.core.keys import KeyAction
from jaga.policy.models import LegalBasis
from jaga.policy.release import load_release
from jaga.web.frame import sections as highlight
from jaga.web.frame import words
from jaga.web.frame.display import caps, keys_now
from jaga.web.templatetags.jaga_tags import local, say

register = template.Library()


@register.filter
def word(term: object, kind: str) -> str:
    """A term in the reader's language, e.g. `case.severity|word:"severity"`."""
    return words.word(term, kind)


@register.filter
def translated(msgid: str) -> str:
    """A sentence declared by an adapter, in the reader's language."""
    return gettext(msgid)


@register.filter
def category(key: str) -> str:
    """A category's name in the reader's language."""
    return words.category_label(key, load_release())


@register.filter
def basis(key: str) -> str:
    """A legal basis as cited."""
    return words.basis_label(key, load_release())


@register.filter
def basis_choice(basis: LegalBasis) -> str:
    """A legal basis where one is chosen, with its days."""
    return words.basis_choice(basis)


@register.filter
def one_line(text: str) -> str:
    """A name or text for one line of a list: characters that turn its direction are shown by a sign."""
    return highlight.one_line(text)


@register.filter
def file_size(count: int) -> str:
    """A human-readable file size."""
    return words.size(count)


@register.simple_tag
def source_count(reports: int, sources: int) -> str:
    """`3 reports, 2 sources`."""
    return words.source_count(reports, sources)


@register.simple_tag
def key(action: str, number: int | None = None) -> SafeString:
    """The key for an action (for `rule`, with its number) as key caps; empty if keys are off."""
    wanted = f"{action}_{number}" if number is not None else action
    bound = KeyAction(wanted) if wanted in set(KeyAction) else None
    shown = caps(keys_now().get(bound, "")) if bound else ()
    return format_html_join(_PLUS, "<kbd data-cap>{}</kbd>", ((cap,) for cap in shown))


_PLUS = mark_safe("<span data-cap>+</span>")
_LABELS: Mapping[str, Callable[[Any], object]] = {
    "": lambda found: found,
    "translate": gettext,
    "say": say,
    "local": local,
    "category": category,
    "basis_choice": basis_choice,
}


@register.filter
def choices(rows: Iterable[Any], how: str) -> list[tuple[str, object]]:
    """The options of a field: pairs of value and label, from the places that `how` names, one after the other.

    A place is `.` (the row itself), an attribute, or the number in a tuple, or several with dots; `+` joins two with a
    comma. Before the label's place stands how it is said, where it is no text yet: `local:label`, `translate:1`,
    `word.severity:.`.
    """
    value, label = how.split(" ")
    way, _, place = label.rpartition(":")
    name, _, kind = way.partition(".")
    return [
        (str(_at(row, value)), word(_at(row, place), kind) if name == "word" else _LABELS[name](_at(row, place)))
        for row in rows
    ]


def _at(row: Any, place: str) -> Any:
    if "+" in place:
        return ", ".join(str(_at(row, one)) for one in place.split("+"))
    for part in filter(None, place.split(".")):
        row = row[int(part)] if part.isdecimal() else getattr(row, part)
    return row
