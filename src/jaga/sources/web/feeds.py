"""Entries of RSS and Atom feeds. No entities are expanded and nothing else is loaded."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from lxml import etree

from jaga.platforms.kit.guard import moment_of_text
from jaga.sources.kit import PageUnreadable, text_of

MOST_ENTRIES = 200
_TEXTS = ("title", "description", "summary", "content", "encoded")
_DATES = ("updated", "published", "pubdate", "date")


@dataclass(frozen=True)
class FeedEntry:
    """One entry. `at` is None if it names no moment that can be read; `author` may be ""."""

    id: str
    link: str
    author: str
    text: str
    at: datetime | None


def is_feed(content_type: str, body: bytes) -> bool:
    """Whether this is a feed, by its type and its beginning."""
    begin = body[:500].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return ("xml" in content_type and "xhtml" not in content_type) or begin.startswith((b"<rss", b"<feed"))


def entries_in(body: bytes) -> tuple[FeedEntry, ...]:
    """The first `MOST_ENTRIES`, oldest first where the feed begins with the newest. Raises PageUnreadable."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, recover=False)
    try:
        root = etree.fromstring(body, parser)
    except (etree.LxmlError, ValueError) as error:
        raise PageUnreadable(f"no feed: {type(error).__name__}") from error
    if root is None or _name(root) not in {"rss", "feed", "rdf"}:
        return ()
    found = [_entry(one) for one in root.iter() if _name(one) in {"item", "entry"}][:MOST_ENTRIES]
    return tuple(reversed(found))


def _entry(item: etree._Element) -> FeedEntry:
    fields: dict[str, str] = {}
    link = ""
    for child in item:
        name = _name(child)
        text = "".join(child.itertext()).strip()
        if name == "link":
            link = link or child.get("href") or text
        elif name == "author":
            fields.setdefault(
                "author", next((t for c in child if _name(c) == "name" and (t := (c.text or "").strip())), text)
            )
        else:
            fields.setdefault(name, text)
    texts = dict.fromkeys(filter(None, (_plain(fields.get(name, "")) for name in _TEXTS)))
    moments = [at for name in _DATES if (at := _moment(fields.get(name, "")))]
    author = fields.get("author") or fields.get("creator", "")
    return FeedEntry(
        fields.get("guid") or fields.get("id") or link, link, author, "\n".join(texts), moments[0] if moments else None
    )


def _plain(text: str) -> str:
    return text_of(text) if "<" in text or "&" in text else text


def _moment(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, IndexError, OverflowError):
        return moment_of_text(text) if text else None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _name(element: etree._Element) -> str:
    """The name without its namespace; "" for a comment."""
    return element.tag.rpartition("}")[2].lower() if isinstance(element.tag, str) else ""
