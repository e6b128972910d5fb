"""What all processes of the fault tests share."""

import ctypes
import os
import signal
from collections.abc import Callable
from pathlib import Path

import jaga.platforms

_DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG


def add_adapters() -> None:
    """Let the registry find the toy's adapter as `jaga.platforms.toy`."""
    folder = str(Path(__file__).parent / "adapters")
    if folder not in jaga.platforms.__path__:
        jaga.platforms.__path__.append(folder)


def keep_forking(work: Callable[[], None]) -> None:
    """Fork, wait, and fork again until told to stop. After a kill -9 the next process is ready at once, since this one
    has imported everything. Each fork leads its own process group, which can be killed as a whole.
    """
    child = 0
    stopping = False

    def stop(number: int, frame: object) -> None:
        nonlocal stopping
        stopping = True
        if child:
            os.kill(child, signal.SIGTERM)

    signal.signal(signal.SIGTERM, stop)
    while not stopping:
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGTERM)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            work()
            os._exit(0)
        os.waitpid(child, 0)
