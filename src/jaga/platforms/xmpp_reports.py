"""Reports by XEP-0377 on Prosody, which our own module there keeps (`prosody_modules/mod_jaga_reports.lua`)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jaga.core.platforms import InAppFeed, InAppReport, PlatformUnreachable
from jaga.platforms.foreign import clean, moment

MODULES = Path(__file__).parent / "prosody_modules"
"""For `plugin_paths` of Prosody's configuration."""


def feed(lines: Iterable[str], cursor: str | None) -> InAppFeed:
    """The feed from the lines that the module prints. Raises PlatformUnreachable for a line that is none of its own."""
    reports = [_report(line.removeprefix("report ")) for line in lines if line.startswith("report ")]
    last = max((number for number, _ in reports), default=after(cursor))
    return InAppFeed(tuple(report for _, report in reports), str(max(last, after(cursor))))


def after(cursor: str | None) -> int:
    """The number up to which reports were taken. Raises PlatformUnreachable for a damaged cursor."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 16):
        raise PlatformUnreachable(why="the cursor of its reports is damaged")
    return int(cursor)


def _report(line: str) -> tuple[int, InAppReport]:
    try:
        told: Any = json.loads(line)
        number, at = int(told["number"]), float(told["at"])
        account, reporter, reason, words = (clean(str(told[key])) for key in ("account", "reporter", "reason", "words"))
    except (ValueError, KeyError, TypeError):
        raise PlatformUnreachable(why="shell: a report was not understood") from None
    return number, InAppReport(f"xmpp:{number}:{int(at)}", account, reporter, moment(at), reason=reason, words=words)
