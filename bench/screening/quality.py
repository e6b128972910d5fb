"""How well the shipped lexicon and rules tell offers from talk.

    python -m bench.screening.quality --data DIR [--json FILE]

Reads DIR/text/*.jsonl.gz, whichever of the known sources are there; none of them is part of Jaga. Measured is first a
cold installation: no classifier, only the policy release; then what is learnt from a part of them as if people had
decided it (`quality_learnt`; `--cold` leaves it out). A text is flagged from the release's `flagged_from` on. The rules
were written while looking at one half of each source (by the text's hash); printed is the other half, or `--half`.
"""

import argparse
import gzip
import hashlib
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from bench.screening.disguises import mask, obfuscate
from bench.screening.quality_learnt import learnt, said
from jaga.core.statistics import share
from jaga.policy.release import load_release
from jaga.screening.engine.screen import screen_texts

ONE_EXPRESSION = re.compile(r"\bbo\b|openbo|bojogja|bo_", re.IGNORECASE)
GAMBLING = ("judol_gbennnn", "judol_gnafhan", "judol_muzazr")
OPEN_BO = "openbo_nbc_labeled"
_CHUNK = 500

Rows = list[tuple[str, bool]]


@dataclass(frozen=True)
class Figures:
    """One line of the table: what was flagged of what people had labelled."""

    name: str
    texts: int
    positives: int
    found: int
    wrong: int

    def said(self) -> dict[str, Any]:
        """The line with its shares and Wilson's 95 % intervals."""
        negatives = self.texts - self.positives
        return asdict(self) | {
            "recall": share(self.found, self.positives),
            "precision": share(self.found, self.found + self.wrong),
            "flagged_negatives": share(self.wrong, negatives),
        }


def main(argv: Sequence[str] | None = None) -> int:
    """Print the tables; exit status 1 if no known source exists."""
    given = _arguments(argv)
    sets = dict(cold_sets(given.data / "text", given.half))
    if not sets:
        print(f"no known source under {given.data}/text", file=sys.stderr)
        return 1
    release = load_release()
    flagged = screened([text for rows in sets.values() for text, _ in rows], given.workers)
    lines = []
    for name, rows in sets.items():
        if name.startswith("open-BO"):
            lines.append(count(f"{name}: one expression", rows, lambda text: bool(ONE_EXPRESSION.search(text))))
        lines.append(count(name, rows, flagged.__getitem__))
    lines += _together(lines)
    print(
        f"policy {release.name} {release.version}, {release.hash[:12]}; flagged from "
        f"{release.screening.flagged_from}; half: {given.half}\n"
    )
    for line in lines:
        print(_row(line))
    found = [] if given.cold or given.half == "both" else learnt(given.data, given.half)
    print("", *said(found), sep="\n")
    if given.json:
        cold = [
            {key: value._asdict() if isinstance(value, tuple) else value for key, value in line.said().items()}
            for line in lines
        ]
        measured = {"policy": release.hash, "half": given.half, "cold": cold, "learnt": [asdict(one) for one in found]}
        given.json.write_text(json.dumps(measured, indent=1))
    return 0


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--half", choices=["report", "tune", "both"], default="report")
    parser.add_argument("--cold", action="store_true", help="leave out what is learnt")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    return parser.parse_args(argv)


def cold_sets(folder: Path, half: str) -> Iterable[tuple[str, Rows]]:
    """The labelled sets by name: gambling, open-BO plain and disguised, and texts that must not be flagged."""
    for name in GAMBLING:
        if rows := read(folder, name, half):
            yield f"gambling {name.removeprefix('judol_')}", rows
    if rows := read(folder, OPEN_BO, half):
        yield "open-BO", rows
        yield "open-BO, hashtags and bo masked", [(mask(text), label) for text, label in rows]
        yield "open-BO, hashtags and bo disguised", [(obfuscate(text), label) for text, label in rows]
        yield "open-BO, half of all words disguised", [(obfuscate(text, all_words=True), label) for text, label in rows]
    for path in sorted(folder.glob("clean_*.jsonl.gz")):
        name = path.name.removesuffix(".jsonl.gz")
        yield name, [(text, False) for text, _ in read(folder, name, half)]
    for name in ("sms_id_upi", "sms_id_chen", "hate_okky"):
        if rows := read(folder, name, half):
            yield name, rows


def read(folder: Path, name: str, half: str) -> Rows:
    """The texts and whether people labelled them as an offence, each text once; empty if the file does not exist."""
    path = folder / f"{name}.jsonl.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], str(row["label"]).startswith("1_")) for row in rows if half in ("both", half_of(row["text"]))]


def half_of(text: str) -> str:
    """The half of a text: the one with which the rules were written, or the other."""
    return "report" if hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % 2 else "tune"


def screened(texts: Sequence[str], workers: int) -> dict[str, bool]:
    """Whether each text is flagged."""
    once = list(dict.fromkeys(texts))
    chunks = [once[start : start + _CHUNK] for start in range(0, len(once), _CHUNK)]
    with get_context("spawn").Pool(workers) as pool:
        return {
            text: flag
            for chunk, flags in zip(chunks, pool.map(flags_of, chunks, chunksize=1), strict=True)
            for text, flag in zip(chunk, flags, strict=True)
        }


def flags_of(texts: Sequence[str]) -> list[bool]:
    """Whether each text's score reaches the release's threshold."""
    release = load_release()
    return [one.score >= release.screening.flagged_from for one in screen_texts(texts, release)]


def count(name: str, rows: Rows, flagged: Callable[[str], bool]) -> Figures:
    """One line: texts, positives, and how many of each were flagged."""
    flags = [(flagged(text), label) for text, label in rows]
    return Figures(
        name,
        len(rows),
        sum(label for _, label in flags),
        sum(flag and label for flag, label in flags),
        sum(flag and not label for flag, label in flags),
    )


def _together(lines: Sequence[Figures]) -> list[Figures]:
    """The gambling sets as one set, and the clean sets as one."""
    groups = {name: [line for line in lines if line.name.startswith(name)] for name in ("gambling", "clean_")}
    return [
        Figures(
            f"{name.rstrip('_')}, all together",
            *(
                sum(column)
                for column in zip(
                    *((line.texts, line.positives, line.found, line.wrong) for line in group), strict=True
                )
            ),
        )
        for name, group in groups.items()
        if len(group) > 1
    ]


def _row(line: Figures) -> str:
    figures = line.said()
    shares = [
        f"{key} {value.value:.3f} [{value.low:.3f}, {value.high:.3f}]"
        for key in ("recall", "precision")
        if line.positives and (value := figures[key])
    ]
    negatives = figures["flagged_negatives"]
    wrong = (
        f"{line.wrong} of {line.texts - line.positives} flagged wrongly ({100 * negatives.value:.2f} %, at most "
        f"{100 * negatives.high:.2f} %)"
        if negatives
        else ""
    )
    return f"{line.name:42} {line.texts:6} texts  {'  '.join([*shares, wrong])}"


if __name__ == "__main__":
    sys.exit(main())
