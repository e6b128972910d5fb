"""After `move.py`: the probes of the clearance test name functions by their new places. Give it the tree of before.

`git worktree add ../before HEAD && python ../before/tools/move/probes.py .` in the tree that was moved.
"""

import re
import sys
from pathlib import Path

import move

NAMED = {
    "tests/casework/access_probes.py": "jaga.records.access.",
    "tests/casework/verb_probes.py": "jaga.casework.",
}


def main() -> None:
    texts = move.Texts(move.World())
    for name, prefix in NAMED.items():
        path = Path(sys.argv[1]) / name

        def follow(found: re.Match[str], prefix: str = prefix) -> str:
            new = texts.named(prefix + found[1])
            return found[0] if new == prefix + found[1] else f'"{new.removeprefix("jaga.")}"'

        path.write_text(re.sub(r'"((?:\w+\.)+\w+)"', follow, path.read_text()))


if __name__ == "__main__":
    main()
