"""Logging without user data: what happened and where in the code, never what somebody sent.

All log lines of an installation start like the database's: timestamp and zone, process, level.

    2026-11-28 14:03:07.123 UTC [4711] WARNING jaga.worker: database_lost error=OperationalError
"""

import json
import logging
import re
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Quiet(logging.Formatter):
    """Formats exceptions by location and type, without their messages.

    A database error message contains the rejected row and thus reporters' data.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time in UTC, marked as such, whatever the machine's zone."""
        moment = datetime.fromtimestamp(record.created, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"

    def formatException(self, ei: _Exception) -> str:
        """The frames of the exception and its causes, with types only."""
        fault, parts = ei[1], []
        while fault is not None:
            frames = "".join(traceback.format_tb(fault.__traceback__))
            parts.append(f"{frames}{type(fault).__module__}.{type(fault).__qualname__}")
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\nafter which:\n".join(reversed(parts))


_PLAIN = re.compile(r"[^\s\"=]+")


def speak_alike() -> None:
    """Route structured log events through the same handler, one line each."""
    structlog.configure(
        processors=[_line], wrapper_class=structlog.stdlib.BoundLogger, logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False)


def _line(logger: Any, level: str, event: Mapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """The event and its values for standard logging; an exception is passed separately, to be formatted by `Quiet`."""
    values = " ".join(f"{name}={_written(value)}" for name, value in event.items() if name not in ("event", "exc_info"))
    fault = event.get("exc_info")
    return (" ".join(part for part in (str(event["event"]), values) if part),), ({"exc_info": fault} if fault else {})


def _written(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
