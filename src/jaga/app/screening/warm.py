"""`python -m jaga.app.screening.warm`: compile the engine's kernels in advance and cache them.

The first run takes most of a minute of CPU time. Later ones load them from the cache beside the code, or in the user's
cache folder if that is not writable.
"""

import json
from pathlib import Path

from jaga.app.screening.block_findings import Columns, read_block
from jaga.app.screening.blocks import EVERYTHING
from jaga.policy.release import load_release, shipped_folder
from jaga.screening.engine.screen import screen_texts


def warm() -> None:
    """Screen texts that use everything, once as triage does, and once as rows of a file.

    By the shipped release: the kernels are the same for all, and the folder of `JAGA_POLICY` may hold one with faults.
    """
    release = load_release(Path(str(shipped_folder())))
    screen_texts(EVERYTHING, release)
    read_block("\n".join(json.dumps({"id": "1", "text": text}) for text in EVERYTHING).encode(), Columns(), release)


if __name__ == "__main__":
    warm()
