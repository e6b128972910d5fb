"""What a block of a backlog says: which rows are flagged, and the hashes that prove what was read."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256
from random import Random
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jaga.app.screening.blocks import as_bytes
from jaga.app.screening.context import CONTEXT, rows_of_lines
from jaga.app.screening.page import asked_of
from jaga.core.terms.cases import DecisionKind
from jaga.ledger.tlog.merkle import leaf_hash, root_of
from jaga.policy.limits import UNSOUGHT_CATEGORIES
from jaga.policy.release import PolicyRelease
from jaga.screening.base.row_errors import UNREAD
from jaga.screening.engine.engine import Engine, screen_table
from jaga.screening.engine.released import engine_of


class Columns(NamedTuple):
    """The names of a backlog's columns."""

    text: str = "text"
    ident: str = "id"
    account: str = "account"
    sent_at: str = "sent_at"


class FlaggedRow(NamedTuple):
    """A row from the policy's line on. `account` is "" if there is none."""

    ident: str
    account: str
    text: str
    category: str
    sent_at: datetime | None


class DrawnRow(NamedTuple):
    """A row that nothing flagged, drawn by lot. `account` is "" if there is none."""

    account: str
    text: str
    sent_at: datetime | None


class BlockReading(NamedTuple):
    """A block as it was read and judged. `output_hash` covers score and category of each row, `root` the rows."""

    rows: int
    unread: int
    copies: int
    output_hash: str
    root: str
    flagged: tuple[FlaggedRow, ...]
    drawn: tuple[DrawnRow, ...] = ()


def read_block(
    data: bytes, columns: Columns, release: PolicyRelease, *, lot: float = 0.0, share: float = 0.0
) -> BlockReading:
    """Screen the rows of a block of JSON lines. The same bytes, engine, release and lot give the same reading.

    Of the different texts that are read and not flagged, `share` is drawn, by `lot` (from 0 to 1).
    A text that occurs several times in the block is screened once, unless rules are given a context for its row.
    """
    rows = rows_of_lines(data, columns.text, columns.ident, (columns.account, columns.sent_at))
    once, places = _once(rows)
    found = screen_table(asked_of(once, release), _engine(release)).select(["score", "category"])
    judged = pa.table(
        {"score": found["score"].take(places), "category": found["category"].cast(pa.string()).take(places)}
    )
    over = pc.and_(
        pc.greater_equal(judged["score"], release.screening.flagged_from),
        pc.is_in(judged["category"], pa.array(sorted(_sought(release)), pa.string())),
    )
    return BlockReading(
        len(rows),
        int(np.count_nonzero(np.asarray(rows["error"]) & np.uint16(UNREAD))),
        len(rows) - len(once),
        sha256(as_bytes(judged)).hexdigest(),
        _root(rows, once, places),
        tuple(_flagged(rows, judged, columns, over)),
        tuple(_drawn(rows, places, columns, over, Random(lot), share)) if share else (),  # noqa: S311 - a keyed lot
    )


@lru_cache(maxsize=2)
def _engine(release: PolicyRelease) -> Engine:
    """Without the columns that nobody reads here."""
    return replace(engine_of(release), columns=())


@lru_cache(maxsize=2)
def _sought(release: PolicyRelease) -> frozenset[str]:
    """The categories in which something can be done about an account, as in `reporting.verbs.monitoring`."""
    return frozenset(
        category.key
        for category in release.categories
        if category.key not in UNSOUGHT_CATEGORIES
        and set(release.allowed_decisions(category.key)) - {DecisionKind.DISMISS}
    )


def _once(rows: pa.Table) -> tuple[pa.Table, pa.Array]:
    """The rows with each text once, and for each row the place of its text among them."""
    if any(name in rows.column_names for name in CONTEXT):
        return rows, pa.array(range(len(rows)), pa.int64())
    texts = rows["text"].combine_chunks().dictionary_encode()
    texts = texts.combine_chunks() if isinstance(texts, pa.ChunkedArray) else texts
    return pa.table({"text": texts.dictionary}), texts.indices.cast(pa.int64())


def _flagged(rows: pa.Table, judged: pa.Table, columns: Columns, over: pa.ChunkedArray) -> list[FlaggedRow]:
    at: npt.NDArray[np.int64] = np.flatnonzero(np.asarray(over))
    own, categories = rows.take(pa.array(at)), judged["category"].take(pa.array(at))
    return [
        FlaggedRow(ident or "", account or "", text, category, _moment(sent))
        for ident, account, text, category, sent in zip(
            own["id"].to_pylist(),
            own[f"other:{columns.account}"].to_pylist(),
            own["text"].to_pylist(),
            categories.to_pylist(),
            own[f"other:{columns.sent_at}"].to_pylist(),
            strict=True,
        )
    ]


def _drawn(
    rows: pa.Table, places: pa.Array, columns: Columns, over: pa.ChunkedArray, dice: Random, share: float
) -> list[DrawnRow]:
    """The first row of each drawn text."""
    _, firsts = np.unique(np.asarray(places), return_index=True)
    calm = ~np.asarray(over) & (np.asarray(rows["error"]) & np.uint16(UNREAD) == 0)
    usable: list[int] = firsts[calm[firsts]].tolist()
    own = rows.take(pa.array(sorted(one for one in usable if dice.random() < share), pa.int64()))
    return [
        DrawnRow(account or "", text, _moment(sent))
        for account, text, sent in zip(
            own[f"other:{columns.account}"].to_pylist(),
            own["text"].to_pylist(),
            own[f"other:{columns.sent_at}"].to_pylist(),
            strict=True,
        )
    ]


def _moment(text: str | None) -> datetime | None:
    """An ISO 8601 moment with its zone (without one: UTC), or None."""
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _root(rows: pa.Table, once: pa.Table, places: pa.Array) -> str:
    """The root of the Merkle tree over the rows: each leaf is the row's id, a line feed, and its text's SHA-256."""
    texts = [sha256(text.encode()).digest() for text in once["text"].to_pylist()]
    idents = rows["id"].to_pylist()
    return root_of(
        leaf_hash((ident or "").encode() + b"\n" + texts[place])
        for ident, place in zip(idents, places.to_pylist(), strict=True)
    ).hex()
