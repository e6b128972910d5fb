"""Rate-limited logging: an unavailable platform writes one line a minute instead of one for each attempt."""

import time
from threading import Lock

import structlog

from jaga.core.platforms import PlatformUnreachable

SECONDS = 60.0


class OnceAMinute:
    """Passes one line a minute for each subject and counts those left out."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._seconds, self._lock = seconds, Lock()
        self._last: dict[str, tuple[float, int]] = {}

    def due(self, subject: str) -> int | None:
        """None if this minute's line was written, else the number of lines left out since the last one."""
        moment = time.monotonic()
        with self._lock:
            last, left_out = self._last.get(subject, (moment - self._seconds, 0))
            due = moment - last >= self._seconds
            self._last[subject] = (moment, 0) if due else (last, left_out + 1)
        return left_out if due else None


log = structlog.get_logger("jaga.platforms")
lines = OnceAMinute()


def log_silence(platform: str, failed: PlatformUnreachable, **more: object) -> None:
    """Log that the platform gave no usable answer, at most once a minute whatever was asked."""
    left_out = lines.due(platform)
    if left_out is not None:
        log.warning(
            "platform_unreachable",
            platform=platform,
            code=failed.code,
            why=failed.params.get("why"),
            left_out=left_out,
            **more,
        )
