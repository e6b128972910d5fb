"""The screening engine: a table of texts in, a table of results out, row for row.

Pure; it never acts.

An `Engine` is built once per policy release. `screen_table` splits a table into blocks, folds each once, lets every
stage read it and joins the findings. Stages process whole blocks as arrays, without a Python object per text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from jaga.screening.contacts.kernel import Contacts
from jaga.screening.text.block import NO_HITS, TEXTS, Hits, TextBlock
from jaga.screening.text.findings import Findings, Kind, Summary, chosen, in_code_points, joined, ordered, summed
from jaga.screening.text.fold import ERRORS, fold_block
from jaga.screening.text.signals import Place

MOST_BYTES = 1 << 22
"""Bytes of one block; a longer text gets its own block."""
_ERRORS = pa.array(ERRORS)
_NAME = pa.dictionary(pa.int32(), pa.string())
_SIGNAL = pa.struct(
    [
        ("source", _NAME),
        ("version", _NAME),
        ("category", _NAME),
        ("key", _NAME),
        ("weight", pa.float64()),
        ("start", pa.int32()),
        ("end", pa.int32()),
    ]
)
SCHEMA = pa.schema(
    [
        ("error", _NAME),
        ("score", pa.float64()),
        ("victim_first", pa.bool_()),
        ("category", _NAME),
        ("signals", pa.list_(_SIGNAL)),
        ("filtered", pa.bool_()),
    ]
)
"""First columns of `screen_table`'s result; the engine's `columns` follow."""


class StageInput(NamedTuple):
    """A stage's input: one block, what earlier steps found in it, and its table rows."""

    block: TextBlock
    phrases: Hits
    contacts: Contacts
    rows: pa.Table
    """Of the same texts: the columns the caller provided (platform, surface, age_days, ...)."""


class PhraseSearch(Protocol):
    """Finds the phrases the stages ask for."""

    def find(self, block: TextBlock) -> Hits: ...


class EngineStage(Protocol):
    """Turns facts into signals: the lexicon, the rules, the classifier."""

    @property
    def kinds(self) -> Sequence[Kind]: ...

    def signals(self, given: StageInput) -> Findings: ...

    def sentence(self, kind: int, text: str, places: Sequence[Place]) -> tuple[str, Mapping[str, str]]:
        """The explanation of that kind at those places, as a msgid and its params. Spans count code points."""
        ...


class OutputColumn(Protocol):
    """Adds one output value per text: the signature, the contacts."""

    @property
    def field(self) -> pa.Field: ...

    def values(self, given: StageInput) -> pa.Array: ...


class ScoreFilter(Protocol):
    """Reads texts as a whole: confirms tentative findings, and takes the flag from texts that read as harmless."""

    flagged_from: float
    """The score from which a text is flagged: what is flagged already needs no tentative findings."""
    spares: frozenset[str]
    """Categories whose texts it leaves alone."""

    def lowered(
        self,
        source: npt.NDArray[np.uint8],
        starts: npt.NDArray[np.int64],
        score: npt.NDArray[np.float64],
        spared: npt.NDArray[np.bool_],
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
        """The scores, and which of them were lowered."""
        ...

    def confirmed(
        self, source: npt.NDArray[np.uint8], starts: npt.NDArray[np.int64], rows: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.bool_]:
        """Which of these rows read like an offence."""
        ...


class NoHits:
    """Finds no phrases: for an engine without stages that need them."""

    def find(self, block: TextBlock) -> Hits:
        return NO_HITS


def no_contacts(block: TextBlock) -> Contacts:
    """Finds no contacts: for an engine without stages that need them."""
    return Contacts(NO_HITS, np.empty(0, np.int64), {})


@dataclass(frozen=True)
class Engine:
    """The stages of one policy release. Immutable and thread-safe."""

    phrases: PhraseSearch = field(default_factory=NoHits)
    contacts: Callable[[TextBlock], Contacts] = no_contacts
    stages: tuple[EngineStage, ...] = ()
    columns: tuple[OutputColumn, ...] = ()
    filter: ScoreFilter | None = None

    @cached_property
    def schema(self) -> pa.Schema:
        """The schema of `screen_table`'s result."""
        return pa.schema([*SCHEMA, *(column.field for column in self.columns)])

    @cached_property
    def spoken(self) -> Mapping[tuple[str, str, str, str], tuple[EngineStage, int]]:
        """The stage and kind for a signal's source, version, category and key."""
        return {kind[:4]: (stage, number) for stage in self.stages for number, kind in enumerate(stage.kinds)}

    @cached_property
    def spared(self) -> npt.NDArray[np.bool_]:
        """For each kind of `names` whether the filter leaves its category alone; at the end False, for no kind."""
        spares = self.filter.spares if self.filter is not None else frozenset()
        return np.array([*(kind.category in spares for stage in self.stages for kind in stage.kinds), False], np.bool_)

    @cached_property
    def names(self) -> "Names":
        return Names([kind for stage in self.stages for kind in stage.kinds])


class Names:
    """The names of all stages' kinds, as dictionaries for Arrow dictionary columns."""

    def __init__(self, kinds: Sequence[Kind]) -> None:
        self.urgent = np.array([kind.victim_first for kind in kinds], np.bool_)
        self.tentative = np.array([kind.tentative for kind in kinds], np.bool_)
        self.categories = _numbered([kind.category for kind in kinds])[1]
        self._of = {
            name: _numbered([getattr(kind, name) for kind in kinds])
            for name in ("source", "version", "category", "key")
        }

    def column(
        self, name: str, kind: npt.NDArray[np.int32], missing: npt.NDArray[np.bool_] | None = None
    ) -> pa.DictionaryArray:
        """This name for each kind; null where `missing`, where the kind is -1."""
        values, number = self._of[name]
        indices = np.append(number, np.int32(0))[kind]
        return pa.DictionaryArray.from_arrays(pa.array(indices, pa.int32(), mask=missing), values)


def _numbered(names: Sequence[str]) -> tuple[pa.Array, npt.NDArray[np.int32]]:
    """The distinct names, and for each of `names` its index among them."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return pa.array(list(numbers), pa.string()), np.array([numbers[name] for name in names], np.int32)


def screen_table(table: pa.Table, engine: Engine) -> pa.Table:
    """Screen the column `text` (string, binary or their large variants); the other columns are context for rules.

    The result has the same number of rows in the same order, with `SCHEMA`: the text's errors (null: none; invalid
    UTF-8 is screened all the same), the score, whether to propose the victim-first procedure, the strongest signal's
    category, all signals by place, and whether the false-alarm filter lowered the score. A kind found at several places
    yields one signal per place but counts once. Spans count code points; an invalid UTF-8 byte counts as one. Raises
    ValueError if there is no `text` column of such a type.
    """
    if "text" not in table.column_names:
        raise ValueError("the table has no column `text`")
    parts = [_screen_part(part, engine) for part in _parts(table)]
    return pa.concat_tables(parts) if parts else engine.schema.empty_table()


def _parts(table: pa.Table) -> Iterator[pa.Table]:
    """The table split into blocks of at most `TEXTS` rows and, unless it is a single text, `MOST_BYTES` bytes."""
    for batch in table.to_batches(max_chunksize=TEXTS):
        rows = pa.Table.from_batches([batch])
        _, starts = _bytes(rows["text"])
        first = 0
        while first < len(rows):
            last = max(first + 1, int(np.searchsorted(starts, starts[first] + MOST_BYTES, side="right")) - 1)
            yield rows.slice(first, last - first)
            first = last


def _bytes(column: pa.ChunkedArray) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.int64]]:
    """The bytes of all texts concatenated, without a copy, and the n + 1 offsets."""
    if column.type not in (pa.string(), pa.binary(), pa.large_string(), pa.large_binary()):
        raise ValueError(f"`text` is of type {column.type}, not string or binary")
    array = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    wide = np.int64 if column.type in (pa.large_string(), pa.large_binary()) else np.int32
    _, offsets, data = array.buffers()
    if len(array) == 0 or offsets is None:
        return np.empty(0, np.uint8), np.zeros(1, np.int64)
    starts = np.frombuffer(offsets, wide, len(array) + 1, array.offset * np.dtype(wide).itemsize).astype(np.int64)
    source = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return source[starts[0] : starts[-1]], starts - starts[0]


def _screen_part(rows: pa.Table, engine: Engine) -> pa.Table:
    source, starts = _bytes(rows["text"])
    block, errors = fold_block(source, starts)
    if rows["text"].null_count:
        errors[rows["text"].is_null().to_numpy()] = ERRORS.index("no_text")
    given = StageInput(block, engine.phrases.find(block), engine.contacts(block), rows)
    parts = [stage.signals(given) for stage in engine.stages]
    everything = joined(parts, [len(stage.kinds) for stage in engine.stages])
    near = engine.names.tentative[everything.kind] if len(everything.kind) else np.zeros(0, np.bool_)
    found, first = ordered(chosen(everything, ~near) if near.any() else everything, len(rows))
    summary = summed(found, first, block, engine.names.categories, engine.names.urgent)
    if engine.filter is not None and near.any():
        likely = _confirmed(engine.filter, source, starts, everything.row[near], summary.score)
        if likely.any():
            found, first = ordered(chosen(everything, ~near | likely[everything.row]), len(rows))
            summary = summed(found, first, block, engine.names.categories, engine.names.urgent)
    filtered = np.zeros(len(rows), np.bool_)
    if engine.filter is not None:
        spared = summary.victim_first | engine.spared[np.append(found.kind, np.int32(-1))[summary.strongest]]
        score, filtered = engine.filter.lowered(source, starts, summary.score, spared)
        summary = summary._replace(score=score)
    columns = [
        _error(errors),
        *_summary(summary, found, engine.names),
        _signals(found, first, block, engine.names),
        pa.array(filtered),
    ]
    return pa.Table.from_arrays([*columns, *(column.values(given) for column in engine.columns)], schema=engine.schema)


def _confirmed(
    judge: ScoreFilter,
    source: npt.NDArray[np.uint8],
    starts: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    score: npt.NDArray[np.float64],
) -> npt.NDArray[np.bool_]:
    """Per text: whether the tentative findings in `rows` count, since it is not flagged without them and reads like an
    offence.
    """
    open_ = np.unique(rows).astype(np.int64)
    open_ = open_[score[open_] < judge.flagged_from]
    likely = np.zeros(len(score), np.bool_)
    likely[open_[judge.confirmed(source, starts, open_)]] = True
    return likely


def _error(errors: npt.NDArray[np.uint8]) -> pa.DictionaryArray:
    indices = pa.array(errors.astype(np.int32), mask=errors == 0) if errors.any() else pa.nulls(len(errors), pa.int32())
    return pa.DictionaryArray.from_arrays(indices, _ERRORS)


def _summary(summary: Summary, found: Findings, names: Names) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Score, victim_first and category."""
    none = summary.strongest < 0
    kind = np.append(found.kind, np.int32(-1))[summary.strongest]
    return pa.array(summary.score), pa.array(summary.victim_first), names.column("category", kind, none)


def _signals(found: Findings, first: npt.NDArray[np.int32], block: TextBlock, names: Names) -> pa.ListArray:
    start, end = in_code_points(found, block)
    fields = [
        *(names.column(name, found.kind) for name in ("source", "version", "category", "key")),
        pa.array(found.weight),
        pa.array(start),
        pa.array(end),
    ]
    return pa.ListArray.from_arrays(pa.array(first), pa.StructArray.from_arrays(fields, fields=list(_SIGNAL)))
