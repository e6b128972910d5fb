"""Translations with Babel instead of gettext's programs: extract, update and compile catalogues.

Texts in the code are English; `locale/<language>/LC_MESSAGES/django.po` holds the translations.

Faults of translations that a program can find: what repeats itself, two words for one thing, English left standing.

`jaga messages --check` reads the catalogue and the texts of the shipped policy release by it. The words are data, in
`locale/<language>/LC_MESSAGES/glossary.yaml`: terms with the word that stands for each, loanwords, and exceptions.
"""

import ast
import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable
from io import BytesIO
from pathlib import Path

import yaml
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.template.base import Lexer, Token, TokenType
from django.utils.translation import trim_whitespace
from django.utils.translation.template import block_re, constant_re, context_re, endblock_re, inline_re, plural_re

from jaga.app.config import PACKAGE
from jaga.policy.release import shipped_folder

SOURCES = PACKAGE
LOCALE = SOURCES / "locale"
LANGUAGES = ("id",)  # English is in the code.
_PLURALS = {"id": "nplurals=1; plural=0;"}
_IDLE_HEADERS = re.compile(
    rb'"(POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To'
    rb"|Generated-By): .*\n"
)
_TRANSLATIONS_PLACEHOLDER = re.compile(r"%\((\w+)\)")
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
    if "api" in (path.stem, path.parent.name):
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
    wanted = set(
        _TRANSLATIONS_PLACEHOLDER.findall(" ".join([message.id] if isinstance(message.id, str) else message.id))
    )
    for string in strings:
        if set(_TRANSLATIONS_PLACEHOLDER.findall(string)) != wanted:
            yield f"its placeholders are not {sorted(wanted)}"


def _first(text: str | list[str] | tuple[str, ...]) -> str:
    return text if isinstance(text, str) else text[0]


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)


_WORDING_PLACEHOLDER = re.compile(
    r"%\(\w+\)\w|\$\{?\w+\}?|\{[^}]*\}|<[^>]+>|`[^`]+`|\S*[/=]\S+|--\w[\w-]*|\b[A-Z]+_[A-Z_]+\b|\b[a-z]+\.[a-z]+\b"
)
"""What is filled in, marked up, or a name of a file, an address, an option or a setting."""
_REPEATED = re.compile(r"\b([^\W\d_]+(?: [^\W\d_]+){0,5}) \1\b", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|\n+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_SHORTEST = 3
"""Words of a sentence that must not stand twice: shorter ones may (“Ya.”)."""


@dataclass(frozen=True)
class GlossaryTerm:
    """One English word and what it is in the language; `never` are words that other translators might take for it."""

    english: str
    word: str
    never: tuple[str, ...] = ()
    holds: bool = False
    """Whether each text with the English word has to have `word`: for nouns that are never rephrased."""


@dataclass(frozen=True)
class Glossary:
    """The content of a language's `glossary.yaml`."""

    terms: tuple[GlossaryTerm, ...] = ()
    english_words: frozenset[str] = frozenset()
    """Words that mark a text as English."""
    loanwords: frozenset[str] = frozenset()
    """Names and phrases that stay English, in lower-case letters."""
    differ: Mapping[str, str] = field(default_factory=dict)
    """English texts, in lower-case letters without punctuation, that have two translations, each with the reason."""


@dataclass(frozen=True)
class TranslatedText:
    """One text in both languages, and its place in the catalogue."""

    place: str
    english: str
    other: str
    context: str | None = None


def glossary(language: str) -> Glossary:
    """The glossary of that language; an empty one where there is none."""
    path = catalogue(language).with_name("glossary.yaml")
    if not path.exists():
        return Glossary()
    content = yaml.safe_load(path.read_text())
    return Glossary(
        tuple(
            GlossaryTerm(one["en"], one["word"], tuple(one.get("never", ())), one.get("holds", False))
            for one in content["terms"]
        ),
        frozenset(content["english_words"]),
        frozenset(content["loanwords"]),
        content["differ"],
    )


def faults(language: str) -> list[Gap]:
    """All faults of the catalogue and of the release, each with the text in which it is."""
    texts = [*of_catalogue(language), *of_release(shipped_folder(), language)]
    return [Gap(language, text.other, f"{text.place}: {why}") for text, why in check(texts, glossary(language))]


def check(texts: Iterable[TranslatedText], words: Glossary) -> Iterator[tuple[TranslatedText, str]]:
    """Each fault with its text and what is wrong with it."""
    given = list(texts)
    for text in given:
        for why in (*_repeats(text.other), *_english(text, words), *_terms(text, words)):
            yield text, why
    yield from _two_translations(given, words)


def of_catalogue(language: str) -> Iterator[TranslatedText]:
    """Every translated text of the catalogue."""
    for message in read(language):
        if not message.id:
            continue
        english = message.id if isinstance(message.id, str) else message.id[-1]
        for other in [message.string] if isinstance(message.string, str) else message.string or ():
            yield TranslatedText("catalogue", english, other, message.context)


def of_release(folder: Traversable, language: str) -> Iterator[TranslatedText]:
    """Every text that a release gives in both languages, with the name of its file."""
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_dir():
            yield from of_release(entry, language)
        elif entry.name.endswith(".yaml"):
            yield from _in_both(yaml.safe_load(entry.read_text()), entry.name, language)


def _in_both(content: object, place: str, language: str) -> Iterator[TranslatedText]:
    if isinstance(content, dict):
        english, other = content.get("en"), content.get(language)
        if isinstance(english, str) and isinstance(other, str):
            yield TranslatedText(place, english, other)
        for value in content.values():
            yield from _in_both(value, place, language)
    elif isinstance(content, list):
        for value in content:
            yield from _in_both(value, place, language)


def _repeats(text: str) -> Iterator[str]:
    plain = _WORDING_PLACEHOLDER.sub("·", text)
    for found in _REPEATED.findall(plain):
        yield f"“{found}” stands twice in a row"
    seen = set[str]()
    for sentence in map(_normal, _SENTENCE.split(plain)):
        if sentence in seen and len(sentence.split()) >= _SHORTEST:
            yield f"the sentence “{sentence}” stands twice"
        seen.add(sentence)


def _english(text: TranslatedText, words: Glossary) -> Iterator[str]:
    plain = _WORDING_PLACEHOLDER.sub("·", text.other)
    for phrase in sorted(words.loanwords, key=len, reverse=True):
        plain = re.sub(rf"\b{re.escape(phrase)}\b", "·", plain, flags=re.IGNORECASE)
    found = sorted({word.lower() for word in _WORD.findall(plain)} & words.english_words)
    if found:
        yield f"English words: {', '.join(found)}"
    elif text.other == text.english and len(_WORD.findall(plain)) > 1:
        yield "the same as the English text"


def _terms(text: TranslatedText, words: Glossary) -> Iterator[str]:
    for term in words.terms:
        for other in term.never:
            if _occurs(other, text.other):
                yield f"“{other}” for “{term.english}”: write “{term.word}”"
        if term.holds and _occurs(rf"{term.english}s?", text.english) and not _occurs(term.word, text.other):
            yield f"“{term.english}” is “{term.word}” everywhere else"


def _occurs(word: str, text: str) -> bool:
    """Whether a word of the glossary (an expression, taken as a whole word, also with a suffix) occurs in the text."""
    return re.search(rf"\b(?:{word})(?:nya|lah|kah)?\b", text, re.IGNORECASE) is not None


def _two_translations(texts: Iterable[TranslatedText], words: Glossary) -> Iterator[tuple[TranslatedText, str]]:
    """English texts that differ in signs and capitals alone, or in nothing, are one text in the other language too."""
    first = dict[tuple[str, str, str | None], TranslatedText]()
    several = defaultdict[str, set[str]](set)
    for text in texts:
        name = _normal(text.english)
        if not name or name in words.differ:
            continue
        key = ("catalogue" if text.place == "catalogue" else "release", name, text.context)
        earlier = first.setdefault(key, text)
        if _normal(earlier.other) != _normal(text.other) and text.other not in several[name]:
            several[name].add(text.other)
            yield text, f"“{text.english}” is also translated “{earlier.other}”"


def _normal(text: str) -> str:
    """Without signs and capitals."""
    return " ".join(re.findall(r"%\(\w+\)\w|\w+", text.lower()))
