"""Console template filters: terms, categories and legal bases in the reader's language."""

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from jaga.core.keys import KeyAction
from jaga.policy import LegalBasis, load_release
from jaga.web.console.frame import highlight, words
from jaga.web.console.frame.display import keys_now
from jaga.web.console.frame.keyboard import caps

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
    """The reader's key for an action (for `rule`, with its number) as key caps; empty if there is none."""
    wanted = f"{action}_{number}" if number is not None else action
    bound = KeyAction(wanted) if wanted in set(KeyAction) else None
    shown = caps(keys_now().get(bound, "")) if bound else ()
    return format_html_join("+", '<kbd data-cap>{}</kbd>', ((cap,) for cap in shown))
