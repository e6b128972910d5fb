"""`python -m jaga.app.screening.warm`: compile the engine's kernels in advance and cache them.

The first run takes most of a minute of CPU time. Later ones load them from the cache beside the code, or in the user's
cache folder if that is not writable.
"""

from pathlib import Path

from jaga.policy import load_release
from jaga.policy.shipped import shipped_folder
from jaga.screening.engine.ruled import screen_texts


def warm() -> None:
    """Screen one text that exercises everything, the false-alarm filter included: it is flagged, and below its bound.

    By the shipped release: the kernels are the same for all, and the folder of `JAGA_POLICY` may hold one with faults.
    """
    screen_texts(["🅾️pen bo 0812-3456-7890, 𝗱𝗽 dulu, t.me/contoh_saja atau contoh.example"],
                 load_release(Path(str(shipped_folder()))))


if __name__ == "__main__":
    warm()
