"""Filters of the console's pages: terms, categories and legal bases in the reader's words."""

from django import template
from django.utils.translation import gettext

from jaga.policy import load_release
from jaga.web.console import words

register = template.Library()


@register.filter
def word(term: object, kind: str) -> str:
    """A term in the reader's language, e.g. `case.severity|word:"severity"`."""
    return words.word(term, kind)


@register.filter
def said(msgid: str) -> str:
    """A sentence that an adapter declared, in the reader's language."""
    return gettext(msgid)


@register.filter
def category(key: str) -> str:
    """A category's name in the reader's language."""
    return words.category_label(key, load_release())


@register.filter
def basis(key: str) -> str:
    """A legal basis as it is cited."""
    return words.basis_label(key, load_release())


@register.filter
def file_size(count: int) -> str:
    """A file's size as people say it."""
    return words.size(count)


@register.simple_tag
def voices(reports: int, sources: int) -> str:
    """`3 reports, 2 sources`."""
    return words.voices(reports, sources)
