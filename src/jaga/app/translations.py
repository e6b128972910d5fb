"""Translations with Babel instead of gettext's programs: extract, update and compile catalogues.

Texts in the code are English; `locale/<language>/LC_MESSAGES/django.po` holds the translations.
"""

import ast
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import trim_whitespace
from django.utils.translation.template import block_re, constant_re, context_re, endblock_re, inline_re, plural_re

from jaga.app.config import PACKAGE

SOURCES = PACKAGE
LOCALE = SOURCES / "locale"
LANGUAGES = ("id",)  # English is in the code.
_PLURALS = {"id": "nplurals=1; plural=0;"}
_IDLE_HEADERS = re.compile(
    rb'"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To'
    rb"|Generated-By): .*\n"
)
_PLACEHOLDER = re.compile(r"%\((\w+)\)")
_KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext_lazy": ((1, "c"), 2, 3),
}

Text = str | tuple[str, ...]


@dataclass(frozen=True)
class Gap:
    """A text that readers of `language` would not get correctly, and why."""

    language: str
    text: str
    why: str


def catalogue(language: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def collect(sources: Path = SOURCES) -> Catalog:
    """All texts to translate in Python files and Django templates below `sources`."""
    found = Catalog(project="Jaga", charset="utf-8")
    for path in sorted(sources.rglob("*.py")) + sorted(sources.rglob("templates/**/*.*")):
        place = str(path.relative_to(sources.parent.parent))
        texts = _of_python(path) if path.suffix == ".py" else of_template(path.read_text())
        for line, text, context in texts:
            found.add(text, locations=[(place, line)], context=context)
    return found


def _of_python(path: Path) -> Iterator[tuple[int, Text, str | None]]:
    with path.open("rb") as file:
        for line, text, _, context in extract("python", file, _KEYWORDS):
            if text and text != ("",):
                yield line, text, context
    if path.parent == SOURCES / "web" / "api":
        yield from ((line, text, None) for line, text in _of_operations(ast.parse(path.read_text())))


def _of_operations(module: ast.Module) -> Iterator[tuple[int, str]]:
    """Summary and docstring of each operation of the API, which its page shows in the reader's language."""
    for function in module.body:
        calls = [one for one in getattr(function, "decorator_list", ()) if isinstance(one, ast.Call)]
        for summary in (part.value for call in calls for part in call.keywords if part.arg == "summary"):
            assert isinstance(summary, ast.Constant), "the summary of an operation is a literal"
            yield summary.lineno, str(summary.value)
            if isinstance(function, ast.FunctionDef) and (text := ast.get_docstring(function)):
                yield function.lineno, text


def of_template(source: str) -> Iterator[tuple[int, Text, str | None]]:
    """The texts of one Django template: (line, text or (singular, plural), context)."""
    tokens = iter(Lexer(source).tokenize())
    for token in tokens:
        block = block_re.match(token.contents) if token.token_type is TokenType.BLOCK else None
        inline = inline_re.match(token.contents) if token.token_type is TokenType.BLOCK else None
        line = token.lineno or 1
        if block:
            text = _block(tokens, "trimmed" in token.split_contents())
            yield line, text, _unquoted(block[1]) if block[1] else None
        elif inline:
            context = context_re.match(inline[2]) if inline[2] else None
            yield line, _unquoted(inline[1]).replace("%", "%%"), _unquoted(context[1]) if context else None
        if token.token_type in (TokenType.BLOCK, TokenType.VAR):
            for constant in constant_re.findall(token.contents):
                yield line, _unquoted(constant).replace("%", "%%"), None


def _block(tokens: Iterable[Token], trimmed: bool) -> Text:
    """The text of a {% blocktranslate %} block as Django looks it up."""
    parts: list[list[str]] = [[]]
    for token in tokens:
        if token.token_type is TokenType.TEXT:
            parts[-1].append(token.contents.replace("%", "%%"))
        elif token.token_type is TokenType.VAR:
            parts[-1].append(f"%({token.contents})s")
        elif endblock_re.match(token.contents):
            break
        elif plural_re.match(token.contents):
            parts.append([])
    texts = ["".join(part) for part in parts]
    if trimmed:
        texts = [trim_whitespace(text) for text in texts]
    return texts[0] if len(texts) == 1 else tuple(texts)


def _unquoted(literal: str) -> str:
    literal = literal.removeprefix("_(").removesuffix(")") if literal.startswith("_(") else literal
    return literal[1:-1].replace(f"\\{literal[0]}", literal[0])


def read(language: str) -> Catalog:
    """The existing catalogue, or an empty one."""
    path = catalogue(language)
    if not path.exists():
        return Catalog(locale=language, project="Jaga", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update() -> list[Path]:
    """Update every catalogue from the code; returns the changed ones.

    Obsolete translations are dropped, as the history keeps them.
    """
    found = collect()
    changed = []
    for language in LANGUAGES:
        current, path = read(language), catalogue(language)
        current.update(found, no_fuzzy_matching=True)
        current.obsolete.clear()
        content = _written(current)
        if not path.exists() or path.read_bytes() != content:
            path.parent.mkdir(parents=True, exist_ok=True)
            _replace(path, content)
            changed.append(path)
    return changed


def _written(current: Catalog) -> bytes:
    current.header_comment = "# Jaga. Collected by `jaga messages`; only msgstr lines are written by hand."
    current.mime_headers = [("Plural-Forms", _PLURALS[str(current.locale)])]
    output = BytesIO()
    # Sorted by text and without file names, so that two changes rarely touch the same lines.
    write_po(output, current, width=110, sort_output=True, no_location=True, ignore_obsolete=True)
    # Dates would change on every run and add nothing to the history.
    return _IDLE_HEADERS.sub(b"", output.getvalue())


def compile_all() -> list[Path]:
    """Compile each catalogue newer than its compiled form; returns those written."""
    written = []
    for language in LANGUAGES:
        source = catalogue(language)
        target = source.with_suffix(".mo")
        if not source.exists() or (target.exists() and _is_compiled(source, target)):
            continue
        output = BytesIO()
        write_mo(output, read(language))
        _replace(target, output.getvalue())
        written.append(target)
    return written


def _is_compiled(source: Path, target: Path) -> bool:
    """Whether the compiled file is current.

    An installed package brings its own, in a folder that need not be writable.
    """
    return target.stat().st_mtime >= source.stat().st_mtime or not os.access(target.parent, os.W_OK)


def missing() -> list[Gap]:
    """Every text that is not extracted, not translated, or whose translation drops or adds a placeholder."""
    found = collect()
    gaps = []
    for language in LANGUAGES:
        current = read(language)
        for message in found:
            if not message.id:
                continue
            translation = current.get(message.id, message.context)
            gaps += [Gap(language, _first(message.id), why) for why in _faults(message, translation)]
    return gaps


def _faults(message: Message, translation: Message | None) -> Iterator[str]:
    if translation is None:
        yield "not collected: run `jaga messages`"
        return
    strings = [translation.string] if isinstance(translation.string, str) else list(translation.string or ())
    if not strings or not all(strings) or translation.fuzzy:
        yield "not translated"
        return
    wanted = set(_PLACEHOLDER.findall(" ".join([message.id] if isinstance(message.id, str) else message.id)))
    for string in strings:
        if set(_PLACEHOLDER.findall(string)) != wanted:
            yield f"its placeholders are not {sorted(wanted)}"


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
