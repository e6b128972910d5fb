"""How often a release flags labelled texts, rules alone and with the filter: `python -m bench.screening.alarms FILE`.

Each line of a FILE is an object with `text`; `label` or `category` (none or left out: harmless); and, for harmless
ones, `kind` (`clean`: everyday texts; `neighbour`: texts that resemble offences). Only texts that nobody looked at
while writing the release say something about it. Printed are shares with Wilson's 95 % intervals.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jaga.core.statistics import share
from jaga.policy.release import load_release
from jaga.screening.engine.screen import screen_texts

_HARMLESS = {None, "", "none", "innocent"}
_PART = 2000


@dataclass(frozen=True)
class Judged:
    """One text: its label (None: harmless), its kind, and whether it is flagged by the rules alone and in the end."""

    label: str | None
    kind: str
    rules: bool
    final: bool


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table. Raises SystemExit for a file that is not as described."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--policy", type=Path, help="the folder of another release than the shipped one")
    given = parser.parse_args(argv)
    rows = [row for file in given.files for row in read(file)]
    release = load_release(given.policy)
    judged: list[Judged] = []
    for first in range(0, len(rows), _PART):
        part = rows[first : first + _PART]
        texts = [text for text, _, _ in part]
        alone, final = screen_texts(texts, release, filtered=False), screen_texts(texts, release)
        judged += [
            Judged(
                label, kind, one.score >= release.screening.flagged_from, both.score >= release.screening.flagged_from
            )
            for (_, label, kind), one, both in zip(part, alone, final, strict=True)
        ]
    print(f"policy {release.name} {release.version}, {release.hash[:12]}: {len(rows)} texts")
    found = list(figures(judged))
    for line in found:
        print(
            f"{line['of']:34} rules alone {_said(line['rules'], line['texts'])}   "
            f"with the filter {_said(line['final'], line['texts'])}"
        )
    if given.json:
        given.json.write_text(json.dumps({"policy": release.hash, "figures": found}, indent=1))
    return 0


def read(file: Path) -> Iterator[tuple[str, str | None, str]]:
    """Text, label and kind of each line. Raises SystemExit."""
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            label = row.get("label", row.get("category"))
            yield row["text"], None if label in _HARMLESS else str(label), str(row.get("kind") or "")
        except (ValueError, KeyError, AttributeError):
            raise SystemExit(f"{file}, line {number}: not an object with `text`; see --help") from None


def figures(judged: Sequence[Judged]) -> Iterator[dict[str, Any]]:
    """False alarms over all and by kind, then recall over all and by category; lines without texts are left out."""
    harmless = [one for one in judged if one.label is None]
    offences = [one for one in judged if one.label is not None]
    lines = {"false alarms": harmless}
    lines |= {
        f"false alarms, {kind}": [one for one in harmless if one.kind == kind]
        for kind in sorted({one.kind for one in harmless if one.kind})
    }
    lines |= {"found": offences}
    lines |= {
        f"found, {label}": [one for one in offences if one.label == label]
        for label in sorted({one.label or "" for one in offences})
    }
    for name, of in lines.items():
        if of:
            yield {
                "of": name,
                "texts": len(of),
                "rules": sum(one.rules for one in of),
                "final": sum(one.final for one in of),
            }


def _said(count: int, texts: int) -> str:
    found = share(count, texts)
    if found is None:
        return "-"
    return f"{count:4} of {texts:4} = {100 * found.value:5.1f} % [{100 * found.low:.1f}, {100 * found.high:.1f}]"


if __name__ == "__main__":
    sys.exit(main())
