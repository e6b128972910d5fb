"""A platform that does not answer is one line a minute in a worker's log, and not one for each thing that was tried."""

import time
from threading import Lock

import structlog

from jaga.core.platforms import PlatformUnreachable

SECONDS = 60.0


class OnceAMinute:
    """Lets one line a minute pass for each subject, and says how many were left out since the one before."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds, self._lock = seconds, Lock()
        self._last: dict[str, tuple[float, int]] = {}

    def due(self, subject: str) -> int | None:
        """None where its line of this minute is written already; else how many were left out since the last one."""
        moment = time.monotonic()
        with self._lock:
            last, left_out = self._last.get(subject, (moment - self._seconds, 0))
            due = moment - last >= self._seconds
            self._last[subject] = (moment, 0) if due else (last, left_out + 1)
        return left_out if due else None


log = structlog.get_logger("jaga.platforms")
lines = OnceAMinute()


def tell_of_silence(platform: str, failed: PlatformUnreachable, **more: object) -> None:
    """That the platform gave no usable answer: once a minute, whatever was asked of it and by whom."""
    left_out = lines.due(platform)
    if left_out is not None:
        log.warning("platform_unreachable", platform=platform, code=failed.code, why=failed.params.get("why"),
                    left_out=left_out, **more)
