"""Mark what the rules miss and mistake in a release's texts: `python -m tools.mark_texts [FOLDER]`.

Writes `missed` and `mistaken` in `texts/*.jsonl` as the rules are now, so that `jaga policy check` agrees and the diff
shows what a change of the rules did. Look at that diff: a text that is newly missed is a loss.
"""

import json
import sys
from pathlib import Path

from jaga.policy.release import load_release, shipped_folder
from jaga.screening.engine.screen import screen_texts


def main(folder: Path) -> int:
    """Rewrite the files; print what changed in each."""
    release = load_release(folder)
    for file in sorted(folder.glob("texts/*.jsonl")):
        rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        changed = 0
        found = screen_texts([row["text"] for row in rows], release, filtered=False)
        for row, screened in zip(rows, found, strict=True):
            flagged = screened.score >= release.screening.flagged_from
            wrong, name = (not flagged, "missed") if row.get("category") else (flagged, "mistaken")
            changed += wrong != row.pop(name, False)
            row.update({name: True} if wrong else {})
        lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        file.write_text("".join(lines), encoding="utf-8")
        print(f"{file.name}: {len(rows)} texts, {changed} marks changed")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1] if len(sys.argv) > 1 else str(shipped_folder()))))
