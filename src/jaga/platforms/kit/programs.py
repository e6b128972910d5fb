"""Runs a local program with limits on time and output."""

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Sequence
from contextlib import suppress

from jaga.core.platforms import PlatformFault, PlatformUnreachable

_PART = 64 * 1024


def run(command: Sequence[str], seconds: float, largest: int) -> str:
    """The program's two outputs as UTF-8; invalid bytes become U+FFFD.

    Nothing is written to disk. Raises PlatformUnreachable if it does not start or takes too long, PlatformFault for
    more than `largest` bytes; it is then killed with all its children.
    """
    try:
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise PlatformUnreachable(why=f"shell: {type(error).__name__}") from error
    with program:
        try:
            return "\n".join(output.decode("utf-8", "replace") for output in _outputs(program, seconds, largest))
        finally:
            with suppress(ProcessLookupError):  # The whole group has ended.
                os.killpg(program.pid, signal.SIGKILL)


def _outputs(program: subprocess.Popen[bytes], seconds: float, largest: int) -> tuple[bytes, bytes]:
    until = time.monotonic() + seconds
    assert program.stdout is not None
    assert program.stderr is not None
    outputs = {pipe.fileno(): bytearray() for pipe in (program.stdout, program.stderr)}
    with selectors.DefaultSelector() as open_ones:
        for pipe in outputs:
            open_ones.register(pipe, selectors.EVENT_READ)
        while open_ones.get_map():
            left = until - time.monotonic()
            if left <= 0:
                raise PlatformUnreachable(why="shell: TimeoutExpired")
            for key, _ in open_ones.select(left):
                part = os.read(key.fd, _PART)
                if not part:
                    open_ones.unregister(key.fd)
                outputs[key.fd] += part
            if sum(map(len, outputs.values())) > largest:
                raise PlatformFault(why=f"shell: it says more than {largest} bytes")
    try:
        program.wait(max(0.0, until - time.monotonic()))  # It closed its outputs and is about to exit.
    except subprocess.TimeoutExpired as slow:
        raise PlatformUnreachable(why="shell: TimeoutExpired") from slow
    out, err = outputs.values()
    return bytes(out), bytes(err)
