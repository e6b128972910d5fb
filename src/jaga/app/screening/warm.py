"""`python -m jaga.app.screening.warm`: have the engine's kernels compiled and kept, so that nobody waits for it later.

The first time takes most of a minute of processor time. Afterwards the kernels come from their files, which lie beside
the code, or in the user's cache folder where that cannot be written to.
"""

from jaga.policy import load_release
from jaga.screening.engine.ruled import screen_texts


def warm() -> None:
    """Screen one text that has a bit of everything."""
    screen_texts(["🅾️pen bo 0812-3456-7890, 𝗱𝗽 dulu, t.me/contoh_saja atau contoh.example"], load_release())


if __name__ == "__main__":
    warm()
