"""Rules can use a file's context columns, in every format, whatever values they contain."""

import csv
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.app.screening.files import in_small_blocks, screened, settings, texts

from jaga.app.screening import blocks
from jaga.app.screening.blocks import as_bytes, from_bytes
from jaga.app.screening.context import CONTEXT, context_column, values_of
from jaga.app.screening.run import screen_file
from jaga.app.screening.workers import InProcessWorker
from jaga.policy.models import LocalText
from jaga.policy.release import PolicyRelease, load_release
from jaga.policy.screening_rules import AccountList, RuleCondition, ScreeningRule
from jaga.screening.engine.screen import reference_of_ruled
from jaga.screening.rules.rules import TextContext

WORDS = "arisan di balai warga"
RULES: dict[str, dict[str, Any]] = {
    "there": {"platform": ("obrolan",)},
    "on_its_face": {"surface": ("bio",)},
    "young": {"younger_than_days": 7},
    "copied": {"copies": 3},
    "known_before": {"decided": 1},
    "on_a_list": {"listed": "known"},
}
ROWS: list[dict[str, Any]] = [
    {"platform": "obrolan"},
    {"surface": "bio"},
    {"age_days": 6.5},
    {"copies": 3},
    {"decided": 2},
    {"lists": ["other", "known"]},
    {},
    {"platform": "lain", "surface": "message", "age_days": 7, "copies": 2, "decided": 0, "lists": ["other"]},
]
FIRED = [{"there"}, {"on_its_face"}, {"young"}, {"copied"}, {"known_before"}, {"on_a_list"}, set(), set()]


def rule(key: str, about: dict[str, Any]) -> ScreeningRule:
    return ScreeningRule(
        key,
        "gambling",
        0.7,
        RuleCondition(all=(RuleCondition(phrase="arisan"), RuleCondition(**about))),
        LocalText(id="Contoh.", en="An example."),
    )


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch) -> PolicyRelease:
    """A release whose rules use every context fact, and which declares one list."""
    shipped = load_release()
    made = replace(
        shipped,
        screening_rules=tuple(rule(key, about) for key, about in RULES.items()),
        screening=replace(shipped.screening, account_lists=(AccountList("known", "Contoh."),)),
    )
    monkeypatch.setattr(blocks, "load_release", lambda: made)
    blocks._release.cache_clear()
    return made


@pytest.fixture(autouse=True)
def forgotten() -> Any:
    """Remove the release from the cache, so that no other test uses it."""
    yield
    blocks._release.cache_clear()


def fired(found: pa.Table) -> list[set[str]]:
    return [{signal["key"] for signal in row if signal["source"] == "rule"} for row in found["signals"].to_pylist()]


def lines(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".jsonl")
    path.write_text(
        "".join(
            json.dumps({"id": number, "text": f"{WORDS} {number}", **row}) + "\n" for number, row in enumerate(rows)
        )
    )
    return path


def cells(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".csv")
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["decided", "id", *CONTEXT, "text"][1:])
        for number, row in enumerate(rows):
            row_values = {**row, "lists": " ".join(row.get("lists", ()))}
            writer.writerow([number, *(row_values.get(name, "") for name in CONTEXT), f"{WORDS} {number}"])
    return path


def columns(path: Path, rows: Sequence[dict[str, Any]]) -> Path:
    path = path.with_suffix(".parquet")
    pq.write_table(
        pa.table(
            {
                **{name: pa.array([row.get(name) for row in rows], kind) for name, kind in CONTEXT.items()},
                "text": [f"{WORDS} {number}" for number in range(len(rows))],
                "id": list(range(len(rows))),
            }
        ),
        path,
    )
    return path


@pytest.mark.parametrize("write", [lines, cells, columns])
def test_each_format_says_what_rules_ask_for(
    release: PolicyRelease, tmp_path: Path, write: Callable[[Path, Sequence[dict[str, Any]]], Path]
) -> None:
    """The results equal the readable definition, row for row; without context no such rule holds."""
    found = screened(write(tmp_path / "a", ROWS))
    assert fired(found) == FIRED
    abouts = [TextContext(**{**row, "lists": frozenset(row.get("lists", ()))}) for row in ROWS]
    screened_alone = reference_of_ruled([f"{WORDS} {number}" for number in range(len(ROWS))], release, abouts)
    assert found["score"].to_pylist() == [one.score for one in screened_alone]


def test_what_cannot_be_read_is_not_known_and_loses_no_row(release: PolicyRelease, tmp_path: Path) -> None:
    """Numbers written as text are read; nonsense, lone surrogates, huge and negative numbers count as unknown."""
    odd: list[Any] = [
        "x",
        "-1",
        -1,
        True,
        [],
        {},
        None,
        "",
        "nan",
        "1e999",
        10**400,
        "\ud800",
        ["\ud800"],
        [1],
        "9" * 5000,
    ]
    found = screened(lines(tmp_path / "a", [dict.fromkeys(CONTEXT, value) for value in odd]))
    assert len(found) == len(odd)
    assert not any(fired(found))
    assert set(found["error"].to_pylist()) == {None}
    good = [
        {"age_days": "6"},
        {"copies": " 3 "},
        {"decided": "1.0"},
        {"lists": '["known"]'},
        {"lists": "a, known"},
        {"surface": "bio "},
    ]
    assert all(fired(screened(lines(tmp_path / "b", good))))


def test_columns_of_any_type_are_read_or_are_not_known() -> None:
    """Parquet: dictionaries, decimals, large strings and invalid UTF-8 are read; times and structures count as
    unknown.
    """

    def read(name: str, column: pa.Array) -> list[Any]:
        values: list[Any] = context_column(name, values_of(column)).to_pylist()
        return values

    bad = pa.array([b"\xff", b"a"], pa.binary()).view(pa.string())
    assert read("platform", pa.array(["a", None, "a"]).dictionary_encode()) == ["a", None, "a"]
    assert read("platform", bad) == ["\ufffd", "a"]
    assert read("platform", pa.array(["x" * 201], pa.large_string())) == [None]
    assert read("age_days", pa.array([Decimal("1.5")])) == [1.5]
    assert read("copies", pa.array([1.5, 2.0, 2.0**60])) == [None, 2, None]
    assert read("decided", pa.array([1], pa.timestamp("s"))) == [None]
    assert read("lists", pa.array([["b", "a", "b"], [], None])) == [["a", "b"], None, None]
    assert read("lists", pa.array([[1]])) == read("lists", pa.array([{"a": 1}])) == [None]


def test_the_columns_of_texts_and_ids_are_no_context(release: PolicyRelease, tmp_path: Path) -> None:
    """The text and id columns are not context, nor is a column that exists twice."""
    path = tmp_path / "a.csv"
    path.write_text(f"platform,surface,surface,lists\nobrolan,bio,bio,{WORDS} known\n")
    found = screened(path, column="lists", ident="platform")
    assert (found["id"].to_pylist(), fired(found)) == (["obrolan"], [set()])


def test_a_file_without_context_is_screened_as_before(tmp_path: Path) -> None:
    """Blocks without context columns are unchanged, and empty context columns do not change the result."""
    sentences = texts(50)
    plain = lines(tmp_path / "a", [{"text": text} for text in sentences])
    empty = lines(tmp_path / "b", [{"text": text, "platform": None, "lists": []} for text in sentences])
    assert screened(plain).equals(screened(empty))
    rows = from_bytes(as_bytes(blocks.rows_of_lines(plain.read_bytes(), "text", "id")))
    assert rows.column_names == ["text", "id", "error"]


def test_a_run_that_goes_on_knows_the_same(
    release: PolicyRelease, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A block keeps its context, whoever screens it and whenever."""
    in_small_blocks(monkeypatch, 200)
    for write in (lines, cells, columns):
        path, result = write(tmp_path / "a", ROWS * 20), tmp_path / "b.parquet"
        whole = screened(path)

        class Ended(InProcessWorker):
            room = 1

            def take(self) -> tuple[int, bytes]:
                number, found = super().take()
                if number == 2:
                    raise KeyboardInterrupt
                return number, found

        if write is lines:  # the others are one block here
            with pytest.raises(KeyboardInterrupt):
                screen_file(path, result, settings(), lambda: Ended(settings()))
        screen_file(path, result, settings(), lambda: InProcessWorker(settings()))
        assert pq.read_table(result).equals(whole)
        assert fired(whole) == FIRED * 20
        result.unlink()
