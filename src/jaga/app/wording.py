"""Faults of translations that a program can find: what repeats itself, two words for one thing, English left standing.

`jaga messages --check` reads the catalogue and the texts of the shipped policy release by it. The words are data, in
`locale/<language>/LC_MESSAGES/glossary.yaml`: terms with the word that stands for each, loanwords, and exceptions.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources.abc import Traversable

import yaml

from jaga.app import translations
from jaga.app.translations import Gap
from jaga.policy.shipped import shipped_folder

_PLACEHOLDER = re.compile(
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
    path = translations.catalogue(language).with_name("glossary.yaml")
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
    for message in translations.read(language):
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
    plain = _PLACEHOLDER.sub("·", text)
    for found in _REPEATED.findall(plain):
        yield f"“{found}” stands twice in a row"
    seen = set[str]()
    for sentence in map(_normal, _SENTENCE.split(plain)):
        if sentence in seen and len(sentence.split()) >= _SHORTEST:
            yield f"the sentence “{sentence}” stands twice"
        seen.add(sentence)


def _english(text: TranslatedText, words: Glossary) -> Iterator[str]:
    plain = _PLACEHOLDER.sub("·", text.other)
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
