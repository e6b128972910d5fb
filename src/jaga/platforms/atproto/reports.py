"""Reports that people sent by their app's button (`com.atproto.moderation.createReport`), as Ozone keeps them.

Ozone numbers all its events. The cursor is the highest number of a report that was read.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from jaga.core.platforms import InAppFeed, InAppReport, PlatformUnreachable
from jaga.platforms.atproto.records import storable
from jaga.platforms.atproto.xrpc import Xrpc, is_did, not_understood, said
from jaga.platforms.http import Answer

MOST_PAGES = 50  # of 100 reports: where more are new, the oldest of them come at the next read
_PAGE = 100
_REPORT = "tools.ozone.moderation.defs#modEventReport"
_EVENTS = "tools.ozone.moderation.queryEvents"


def read_reports(ask: Callable[[str, dict[str, str]], Answer], public: Xrpc, cursor: str | None) -> InAppFeed:
    """`ask` queries Ozone as a moderator, `public` is where records are read as anybody reads them."""
    if cursor and not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
        raise PlatformUnreachable(why="the cursor of its reports is damaged")
    events = list(_new(ask, int(cursor or 0)))
    reports = [one for event in reversed(events) if (one := _report(event, public))]
    return InAppFeed(tuple(reports), str(max([int(cursor or 0), *(event["id"] for event in events)])))


def _new(ask: Callable[[str, dict[str, str]], Answer], after: int) -> Iterator[Mapping[str, Any]]:
    params = {"types": _REPORT, "sortDirection": "desc", "limit": str(_PAGE)}
    for _ in range(MOST_PAGES):
        answer = ask(_EVENTS, params)
        events = answer.body.get("events")
        if not answer.ok or not isinstance(events, list):
            raise not_understood(f"Ozone's reports: {said(answer)}")
        for event in events:
            if not isinstance(event, dict) or not isinstance(event.get("id"), int):
                raise not_understood("a report without a number")
            if event["id"] <= after:
                return
            yield event
        following = answer.body.get("cursor")
        if len(events) < _PAGE or not isinstance(following, str):
            return
        params = {**params, "cursor": following}


def _report(event: Mapping[str, Any], public: Xrpc) -> InAppReport | None:
    """The report, with the public record that it points to; None for one that points to no account."""
    about = event.get("event")
    subject = event.get("subject")
    told, target = (part if isinstance(part, dict) else {} for part in (about, subject))
    uri = target.get("uri")
    did = target.get("did") or (uri.removeprefix("at://").partition("/")[0] if isinstance(uri, str) else None)
    if not isinstance(did, str) or not is_did(did):
        return None
    comment = told.get("comment")
    return InAppReport(
        f"ozone:{event['id']}", did, str(event.get("createdBy")), _at(event.get("createdAt")),
        reason=str(storable(told.get("reportType") or "")),
        words=str(storable(comment)) if isinstance(comment, str) else "",
        text=_record(public, uri) if isinstance(uri, str) else "", place=uri if isinstance(uri, str) else "")


def _record(public: Xrpc, uri: str) -> str:
    """The text of a public record; empty where it has none, or is out of sight by now."""
    repo, _, rest = uri.removeprefix("at://").partition("/")
    collection, _, key = rest.partition("/")
    answer = public.query("com.atproto.repo.getRecord", {"repo": repo, "collection": collection, "rkey": key})
    value = answer.body.get("value")
    text = value.get("text") if answer.ok and isinstance(value, dict) else None
    return str(storable(text)) if isinstance(text, str) else ""


def _at(value: object) -> datetime:
    """When the app says it was sent; the epoch for a time that cannot be read."""
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        return datetime.fromtimestamp(0, UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
