"""In-app reports (`com.atproto.moderation.createReport`) as stored by Ozone.

Ozone numbers all its events. The cursor is the highest report number read.
"""

from collections.abc import Callable, Mapping
from typing import Any

from jaga.core.foreign import EPOCH
from jaga.core.platforms import InAppFeed, InAppReport, PlatformFault
from jaga.core.terms.cases import SetAsideKind
from jaga.platforms.atproto.session import Xrpc, is_did, not_understood, summary_of
from jaga.platforms.kit.guard import Sorted, moment_of_text, number, without_reporter
from jaga.platforms.kit.http import JsonReply

MOST_PAGES = 50  # Of 100 reports: with more new ones the oldest come at the next read.
_PAGE = 100
_REPORT = "tools.ozone.moderation.defs#modEventReport"
_EVENTS = "tools.ozone.moderation.queryEvents"


def read_reports(ask: Callable[[str, dict[str, str]], JsonReply], public: Xrpc, cursor: str | None) -> InAppFeed:
    """New reports. `ask` queries Ozone as moderator; `public` reads records as anyone."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 20):
        raise PlatformFault(why="the cursor of its reports is damaged")
    found = Sorted[InAppReport](SetAsideKind.REPORT)
    events = _new(ask, int(cursor or 0), found)
    for event in reversed(events):
        found.take(without_reporter(event, "createdBy"), _report, event, public)
    last = str(max([int(cursor or 0), *(event["id"] for event in events)]))
    return InAppFeed(tuple(found.kept), last, tuple(found.aside))


def _new(
    ask: Callable[[str, dict[str, str]], JsonReply],
    after: int,
    found: Sorted[InAppReport],
) -> list[Mapping[str, Any]]:
    """The new events with a valid number; the others are set aside and do not move the cursor."""
    new: list[Mapping[str, Any]] = []
    params = {"types": _REPORT, "sortDirection": "desc", "limit": str(_PAGE)}
    for _ in range(MOST_PAGES):
        answer = ask(_EVENTS, params)
        events = answer.body.get("events")
        if not answer.ok or not isinstance(events, list):
            raise not_understood(f"Ozone's reports: {summary_of(answer)}")
        for event in events:
            if not found.take(without_reporter(event, "createdBy"), _numbered, event):
                continue
            if event["id"] <= after:
                return new
            new.append(event)
        following = answer.body.get("cursor")
        if len(events) < _PAGE or not isinstance(following, str):
            return new
        params = {**params, "cursor": following}
    return new


def _numbered(event: Mapping[str, Any]) -> None:
    """Raises what `Sorted.take` handles for an event without its own number."""
    number(event["id"], "id")


def _report(event: Mapping[str, Any], public: Xrpc) -> InAppReport | None:
    """The report with the public record it refers to, or None if it refers to no account."""
    about = event.get("event")
    subject = event.get("subject")
    report, target = (part if isinstance(part, dict) else {} for part in (about, subject))
    uri = target.get("uri")
    did = target.get("did") or (uri.removeprefix("at://").partition("/")[0] if isinstance(uri, str) else None)
    if not isinstance(did, str) or not is_did(did):
        return None
    comment, reason = report.get("comment"), report.get("reportType")
    return InAppReport(
        f"ozone:{event['id']}",
        did,
        event["createdBy"],
        moment_of_text(event.get("createdAt")) or EPOCH,
        reason=reason if isinstance(reason, str) else "",
        words=comment if isinstance(comment, str) else "",
        text=_record(public, uri) if isinstance(uri, str) else "",
        place=uri if isinstance(uri, str) else "",
    )


def _record(public: Xrpc, uri: str) -> str:
    """The text of a public record; empty if it has none or is hidden now."""
    repo, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    answer = public.query("com.atproto.repo.getRecord", {"repo": repo, "collection": collection, "rkey": key})
    value = answer.body.get("value")
    text = value.get("text") if answer.ok and isinstance(value, dict) else None
    return text if isinstance(text, str) else ""
