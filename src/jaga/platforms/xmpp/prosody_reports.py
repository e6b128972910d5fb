"""Reports by XEP-0377 on Prosody, stored by Jaga's module there (`prosody_modules/mod_jaga_reports.lua`)."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.platforms import InAppFeed, InAppReport, PlatformFault
from jaga.core.terms.actions import SetAsideKind
from jaga.platforms.kit.foreign import Sorted, moment, number, without_reporter

MODULES = Path(__file__).parents[1] / "prosody_modules"
"""For `plugin_paths` in Prosody's configuration."""
_BEGINS = "report "


def feed(lines: Iterable[str], cursor: str | None) -> InAppFeed:
    """The feed from the module's output lines.

    An unreadable line is set aside.

    The cursor advances past every number read, even if the rest of its line is invalid: the module prints a limited
    number at a time, and one person's bad lines must not block everyone's.
    """
    found = Sorted[InAppReport](SetAsideKind.REPORT)
    numbers = [after(cursor)]
    for line in lines:
        if line.startswith(_BEGINS):
            report = _parsed(line.removeprefix(_BEGINS))
            if found.take(without_reporter(report, "reporter"), _numbered, report, numbers):
                found.take(without_reporter(report, "reporter"), _report, report)
    return InAppFeed(tuple(found.kept), str(max(numbers)), tuple(found.aside))


def after(cursor: str | None) -> int:
    """The number up to which reports were read. Raises PlatformFault for a damaged cursor."""
    if cursor is None:
        return 0
    if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
        raise PlatformFault(why="the cursor of its reports is damaged")
    return int(cursor)


def _parsed(line: str) -> Any:
    """The JSON in a line, or the line itself."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _numbered(report: Any, numbers: list[int]) -> None:
    """Record the report's number. Raises what `Sorted.take` handles."""
    if not isinstance(report, dict):
        raise ForeignValueInvalid("line", "no JSON object")
    numbers.append(number(report["number"], "number"))


def _report(report: Any) -> InAppReport | None:
    """The report, or None if it names nobody. Raises what `Sorted.take` handles."""
    if report["account"] == "":
        return None
    sent = moment(report["at"])
    return InAppReport(
        f"xmpp:{report['number']}:{int(sent.timestamp())}",
        report["account"],
        report["reporter"],
        sent,
        reason=report["reason"],
        words=report["words"],
    )
