"""Files of invented texts in every format, and a function that screens them in a process of its own."""

import csv
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jaga.app.screening.blocks import Settings
from jaga.app.screening.run import ScreeningSummary, screen_file
from jaga.app.screening.workers import InProcessWorker
from jaga.policy.release import load_release

CHECKOUT = Path(__file__).resolve().parents[3]
_ORDINARY = [
    "kak",
    "motor",
    "bekas",
    "jual",
    "murah",
    "nanti",
    "malam",
    "makan",
    "bareng",
    "di",
    "jogja",
    "besok",
    "pagi",
    "hari",
    "ini",
    "rapat",
    "warga",
]
_SIGNALLED = ["open", "bo", "slot", "gacor", "dp", "include", "0pen", "b0", "ｓｌｏｔ", "razia", "ready", "jogja"]
_CONTACTS = [" wa 0812-3456-7890", " t.me/contoh_invent", *([""] * 18)]


def texts(count: int) -> list[str]:
    """This many texts, always the same ones. Each differs from the next; about one in ten gives a signal."""

    def words(row: int) -> list[str]:
        known = _ORDINARY if row % 10 else _SIGNALLED
        return [known[(row * 7 + place * (1 + row % 5)) % len(known)] for place in range(3 + row % 9)]

    return [" ".join([*words(row), str(row)]) + _CONTACTS[row % len(_CONTACTS)] for row in range(count)]


def write_lines(path: Path, texts: Sequence[str]) -> Path:
    path.write_text("".join(json.dumps({"id": row, "text": text}) + "\n" for row, text in enumerate(texts)))
    return path


def write_csv(path: Path, texts: Sequence[str]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["id", "text"], *enumerate(texts)])
    return path


def write_parquet(path: Path, texts: Sequence[str]) -> Path:
    pq.write_table(pa.table({"id": pa.array(range(len(texts))), "text": list(texts)}), path)
    return path


def settings(column: str = "text", ident: str = "id", language: str | None = None) -> Settings:
    return Settings(load_release().hash, column, ident, language)


def in_small_blocks(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    """Cut files into blocks of about this many bytes, so that a small file has many blocks."""
    monkeypatch.setattr("jaga.app.screening.reading.MOST_BYTES", size)


def screened(path: Path, result: Path | None = None, **about: str) -> pa.Table:
    """The result for that file, screened in this process."""
    result = result or path.with_name(path.name + ".out.parquet")
    told(path, result, **about)
    return pq.read_table(result)


def told(path: Path, result: Path, **about: str) -> ScreeningSummary:
    own = settings(**about)
    return screen_file(path, result, own, lambda: InProcessWorker(own))


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "jaga.app.cli", "screen", *map(str, arguments)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": os.pathsep.join([str(CHECKOUT / "src"), str(CHECKOUT)])}


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run `jaga screen` like a person."""
    return subprocess.run(command(*arguments), capture_output=True, text=True, env=ENVIRONMENT, check=False)
