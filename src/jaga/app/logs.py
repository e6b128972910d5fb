"""Logging without user data: what happened and where in the code, never what somebody sent.

All log lines of an installation start like the database's: timestamp and zone, process, level.

    2026-11-28 14:03:07.123 UTC [4711] WARNING jaga.worker: database_lost error=OperationalError
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Mapping
from copy import copy
from datetime import UTC, datetime
from types import TracebackType
from typing import Any

import structlog

_Exception = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class Quiet(logging.Formatter):
    """Formats exceptions by location and type, without their messages.

    A database error message contains the rejected row and thus reporters' data. The address of a page may contain a
    secret, so its route is written instead.
    """

    def __init__(self) -> None:
        super().__init__("%(asctime)s [%(process)d] %(levelname)s %(name)s: %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """The time in UTC, marked as such, whatever the machine's zone."""
        moment = datetime.fromtimestamp(record.created, UTC)
        return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d} UTC"

    def format(self, record: logging.LogRecord) -> str:
        """As usual, without what a library's message quotes."""
        return super().format(_without_quotes(record))

    def formatException(self, ei: _Exception) -> str:
        """The frames of the exception and its causes, with types only."""
        fault, parts = ei[1], []
        while fault is not None:
            frames = "".join(traceback.format_tb(fault.__traceback__))
            parts.append(f"{frames}{type(fault).__module__}.{type(fault).__qualname__}")
            fault = fault.__cause__ or (None if fault.__suppress_context__ else fault.__context__)
        return "\nafter which:\n".join(reversed(parts))


def _without_quotes(record: logging.LogRecord) -> logging.LogRecord:
    """Django's messages end with the page's address; asyncio's repeat an exception from their second line on."""
    request = getattr(record, "request", None)
    if record.name.startswith("django.") and request is not None:
        route = getattr(getattr(request, "resolver_match", None), "route", None) or "unknown page"
        record = copy(record)
        record.msg, record.args = f"{record.getMessage().partition(':')[0]}: {route}", ()
    elif record.name == "asyncio":
        record = copy(record)
        record.msg, record.args = record.getMessage().partition("\n")[0], ()
    return record


def quiet_crashes() -> None:
    """What ends this process, or a thread of it, is written as `Quiet` writes it. For processes whose output is a
    log.
    """

    def crash(kind: type[BaseException], fault: BaseException | None, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt | SystemExit):
            return
        how: _Exception = (kind, fault, trace) if fault else (None, None, None)
        logging.getLogger("jaga").critical("ended by a fault", exc_info=how)

    def of_thread(given: threading.ExceptHookArgs) -> None:
        crash(given.exc_type, given.exc_value, given.exc_traceback)

    def unraisable(given: "sys.UnraisableHookArgs") -> None:
        crash(given.exc_type, given.exc_value, given.exc_traceback)

    sys.excepthook, threading.excepthook, sys.unraisablehook = crash, of_thread, unraisable


_PLAIN = re.compile(r"[^\s\"=]+")


def speak_alike() -> None:
    """Route structured log events through the same handler, one line each."""
    structlog.configure(
        processors=[_line],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )


def _line(logger: Any, level: str, event: Mapping[str, Any]) -> tuple[tuple[str], dict[str, Any]]:
    """The event and its values for standard logging; an exception is passed separately, to be formatted by `Quiet`."""
    values = " ".join(f"{name}={_written(value)}" for name, value in event.items() if name not in ("event", "exc_info"))
    fault = event.get("exc_info")
    return (" ".join(part for part in (str(event["event"]), values) if part),), ({"exc_info": fault} if fault else {})


def _written(value: object) -> str:
    text = str(value)
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
