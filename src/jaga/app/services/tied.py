"""`python tied.py PARENT COMMAND…`: exec the command, which gets SIGTERM when process PARENT dies.

So a `kill -9` of `jaga run` leaves no server holding a port. Run by path without the package, so it takes only
milliseconds; `Child` uses it for everything it starts. Linux only, like /proc.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie(parent: int, number: int) -> None:
    """Have the kernel send this process the signal `number` when `parent`, which started it, dies.

    Strictly, when the *thread* that started it ends. Survives exec. Exits if the parent is already dead.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:
        os.kill(os.getpid(), number)


if __name__ == "__main__":
    tie(int(sys.argv[1]), signal.SIGTERM)
    os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - the command comes from our own plan
