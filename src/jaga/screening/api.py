"""The public interface of screening as a library. It needs no Django, no database and no installation.

    screener = Screener()
    for text, result in zip(texts, screener.screen(texts), strict=True):
        print(text, result.score, result.category, [signal.explain("en") for signal in result.signals])

The names in `__all__` are stable: a change of their meaning is announced in CHANGELOG.md. All other modules of
`jaga.screening` may change with each version. docs/screening-library.md is the manual.
"""

import gettext
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import pyarrow as pa

from jaga.core.errors import N_, JagaError
from jaga.core.terms.people import Language
from jaga.policy.problems import PolicyError
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.base.row_errors import SENTENCES, RowError, beginning, code
from jaga.screening.engine import engine, released
from jaga.screening.engine.spoken import spoken_signals
from jaga.screening.rules.rules import NOTHING_KNOWN, TextContext
from jaga.screening.text.readable import as_bytes
from jaga.screening.text.signals import Place, TextSignal

__all__ = [
    "NotCompiled",
    "PolicyError",
    "PolicyRelease",
    "Screener",
    "ScreeningResult",
    "ScreeningSignal",
    "TextContext",
]


class NotCompiled(JagaError):
    """The translations of a checkout are compiled when it is first run; a wheel always has them."""

    code = "not_compiled"
    status = 500
    sentence = N_("The translations of this checkout are not compiled.")
    remedy = N_("Run `jaga messages` once, or install the package.")


@dataclass(frozen=True)
class ScreeningSignal:
    """One finding in one text. It says what was found and why; what to do about it is for people to decide."""

    source: str
    """`lexicon` or `rule`."""
    version: str
    """The hash of the policy release that it rests on."""
    category: str
    weight: float
    """0 to 1."""
    places: tuple[Place, ...]
    """Half-open spans of code points in the text as it was given: `text[start:end]`."""
    _found: TextSignal = field(repr=False)

    def explain(self, language: Language | str = Language.ENGLISH) -> str:
        """Which words were found and which entry or rule they match, then the policy's reason for it.

        Raises ValueError for an unknown language, NotCompiled in a checkout that never ran.
        """
        spoken = Language(language)
        sentence = _translated(self._found.msgid, spoken) % self._found.params
        return f"{sentence} {self._found.params[f'reason_{spoken.value}']}"


@dataclass(frozen=True)
class ScreeningResult:
    """What was found in one text."""

    score: float
    """0 to 1: 1 minus the product of (1 - weight) over the independent signals. It sorts; it is not a verdict."""
    category: str | None
    """Of the strongest signal; None where there is no signal."""
    victim_first: bool
    """Whether people should look at it as a possible victim's case first."""
    signals: tuple[ScreeningSignal, ...]
    """In the order of the text."""
    contacts: tuple[str, ...]
    """Ways to reach somebody, each in one canonical form: `tel:+62…`, `telegram:…`, `link:host`."""
    errors: tuple[str, ...]
    """What was wrong with the text itself: `missing`, `surrogate`, `nul`, `cut` (docs/screening-files.md)."""
    filtered: bool = False
    """Whether the release's false-alarm filter lowered the score, since the text as a whole reads as harmless."""

    def explain_errors(self, language: Language | str = Language.ENGLISH) -> list[str]:
        """A sentence for each of the `errors`. Raises ValueError for an unknown language, NotCompiled."""
        return [_translated(SENTENCES[RowError[error.upper()]], Language(language)) for error in self.errors]


class Screener:
    """Screens texts against one policy release. Threads may share it.

    Making one compiles the release's word lists and rules. The first one on a machine also compiles the kernels, which
    takes a minute or two; they are kept on disk, so that later processes start in seconds.
    """

    def __init__(self, release: PolicyRelease | Path | str | None = None) -> None:
        """`release` is a release, the folder of one, or None for the one that is shipped.

        Raises PolicyError with every fault of the release, OSError where its folder cannot be read.
        """
        self.release = (
            release if isinstance(release, PolicyRelease) else load_release(None if release is None else Path(release))
        )
        self._engine = released.engine_of(self.release)

    def screen(self, texts: Iterable[str], contexts: Sequence[TextContext] | None = None) -> list[ScreeningResult]:
        """One result for each text, in the same order. `contexts` says what is known of each text's account and place.

        Every string is taken: empty, of any length (the first 64 KiB are read), with NULs or lone surrogates. Raises
        ValueError where there is not one context for each text.
        """
        readable = [_readable(text) for text in texts]
        given = [NOTHING_KNOWN] * len(readable) if contexts is None else list(contexts)
        if len(given) != len(readable):
            raise ValueError(f"{len(readable)} texts, but {len(given)} contexts")
        table = self.screen_table(
            pa.table(
                {
                    "text": pa.array([text for text, _ in readable], pa.large_string()),
                    **({} if contexts is None else released.columns_of(given)),
                }
            )
        )
        return [
            self._result(text, errors, row) for (text, errors), row in zip(readable, table.to_pylist(), strict=True)
        ]

    def screen_table(self, table: pa.Table) -> pa.Table:
        """The same for many texts, without a Python object for each: the column `text` of an Arrow table.

        The result has the rows in the same order and the columns `error`, `score`, `victim_first`, `category`,
        `signals`, `filtered`, `contacts` and `signature`. Columns of the table that `TextContext` names are read as
        context. Raises ValueError where there is no column `text` of strings or bytes.
        """
        return engine.screen_table(table, self._engine)

    def _result(self, text: str, errors: RowError, row: dict[str, Any]) -> ScreeningResult:
        found = spoken_signals(text, row["signals"], self._engine)
        return ScreeningResult(
            score=row["score"],
            category=row["category"],
            victim_first=row["victim_first"],
            filtered=row["filtered"],
            signals=tuple(
                ScreeningSignal(one.source, one.version, one.category, one.weight, tuple(one.places), one)
                for one in found
            ),
            contacts=tuple(row["contacts"]),
            errors=tuple(code(error) for error in RowError if error & errors),
        )


def _readable(text: str) -> tuple[str, RowError]:
    """The part of the text that is screened, and its faults."""
    read = beginning(text)
    raw, errors = as_bytes(read)
    if not text:
        errors |= RowError.MISSING
    if "\0" in read:
        errors |= RowError.NUL
    if len(read) < len(text):
        errors |= RowError.CUT
    return raw.decode(), errors


def _translated(msgid: str, language: Language) -> str:
    return msgid if language is Language.ENGLISH else _catalogue(language).gettext(msgid)


@cache
def _catalogue(language: Language) -> gettext.NullTranslations:
    """The compiled catalogue of the package. Raises NotCompiled."""
    with as_file(files("jaga") / "locale") as folder:
        try:
            return gettext.translation("django", folder, [language.value])
        except FileNotFoundError:
            raise NotCompiled from None
