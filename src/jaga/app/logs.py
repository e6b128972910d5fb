"""What may stand in a log: what happened and where in the code, never what somebody sent."""

import logging
import traceback
from types import TracebackType

_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Quiet(logging.Formatter):
    """Faults are written with their places and kinds, but without their sentences.

    A database tells in its sentence which row it refused, and with it what a reporter wrote.
    """

    def __init__(self) -> None:
        super().__init__("%(levelname)s %(name)s: %(message)s")

    def formatException(self, ei: _Exception) -> str:
        """The frames of the fault and of what led to it, each with the kind of the fault alone."""
        fault, parts = ei[1], []
        while fault is not None:
            frames = "".join(traceback.format_tb(fault.__traceback__))
            parts.append(f"{frames}{type(fault).__module__}.{type(fault).__qualname__}")
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\nafter which:\n".join(reversed(parts))
