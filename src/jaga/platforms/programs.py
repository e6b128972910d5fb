"""Asking a program on this machine, within a limit of time and of what it may say."""

import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress

from jaga.core.platforms import PlatformFault, PlatformUnreachable

_LOOK_EVERY = 0.02


def run(command: Sequence[str], seconds: float, largest: int) -> str:
    """What the program said on its two outputs, in UTF-8; what is none becomes U+FFFD.

    Raises PlatformUnreachable where it does not run or takes too long, PlatformFault where it says more than `largest`
    bytes; then it is ended.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        try:
            program = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=err)
        except OSError as error:
            raise PlatformUnreachable(why=f"shell: {type(error).__name__}") from error
        with program:
            try:
                _wait(program, (out.fileno(), err.fileno()), seconds, largest)
            finally:
                program.kill()
        said = []
        for each in (out, err):
            each.seek(0)
            said.append(each.read().decode("utf-8", "replace"))
    return "\n".join(said)


def _wait(program: subprocess.Popen[bytes], outputs: Sequence[int], seconds: float, largest: int) -> None:
    until = time.monotonic() + seconds
    while program.returncode is None:
        with suppress(subprocess.TimeoutExpired):
            program.wait(_LOOK_EVERY)
        if sum(os.fstat(output).st_size for output in outputs) > largest:
            raise PlatformFault(why=f"shell: it says more than {largest} bytes")
        if program.returncode is None and time.monotonic() > until:
            raise PlatformUnreachable(why="shell: TimeoutExpired")
