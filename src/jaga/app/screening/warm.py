"""`python -m jaga.app.screening.warm`: compile the engine's kernels in advance and cache them.

The first run takes most of a minute of CPU time. Later ones load them from the cache beside the code, or in the user's
cache folder if that is not writable.
"""

import json
from pathlib import Path

from jaga.app.screening.block_findings import Columns, read_block
from jaga.policy import load_release
from jaga.policy.shipped import shipped_folder
from jaga.screening.engine.ruled import screen_texts

_TEXT = "🅾️pen bo 0812-3456-7890, 𝗱𝗽 dulu, t.me/contoh_saja atau contoh.example"


def warm() -> None:
    """Screen one text that exercises everything, the false-alarm filter included: it is flagged, and below its bound.
    Once as triage does, and once as a row of a file.

    By the shipped release: the kernels are the same for all, and the folder of `JAGA_POLICY` may hold one with faults.
    """
    release = load_release(Path(str(shipped_folder())))
    screen_texts([_TEXT], release)
    read_block(json.dumps({"id": "1", "text": _TEXT}).encode(), Columns(), release)


if __name__ == "__main__":
    warm()
