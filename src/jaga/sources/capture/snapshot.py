"""Asks for one page again, within the scope of its watch, in the process that reads websites; and archives the
answer.
"""

import base64
import hashlib
import io
import re
from dataclasses import dataclass, field

from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from jaga.core.clock import now
from jaga.core.observations.source import SourceUnreachable
from jaga.core.observations.web_scope import WebScope
from jaga.sources.web import source as web
from jaga.sources.web.scope import clean

SECONDS = 20.0
NAME = "capture/1"
_INLINE = re.compile(rb"(?i)data:\s*((?:image|video|audio|font)/[\w.+-]+)[^,\"'\s>)]*,([^\"'\s>)]*)")


@dataclass(frozen=True)
class PageSnapshot:
    """An answer of 200 with a page. `grey` is what is rendered of it; empty: nothing can be."""

    address: str
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    grey: bytes = field(repr=False)


def snapshot(locator: str, scope: tuple[str, ...]) -> PageSnapshot:
    """The page at this address now. Raises SourceUnreachable, also for what is out of scope or no page."""
    address = clean(locator)
    if address is None or not WebScope(scope).covers(address):
        raise SourceUnreachable(why="its address is not in the scope of the watch")
    found = web.first_answer("snapshot", address, scope, SECONDS) or {"why": web.TOO_MUCH}
    if "body" not in found:
        raise SourceUnreachable(why=str(found.get("why", found.get("kind", ""))))
    return PageSnapshot(
        address,
        tuple((str(one[0]), str(one[1])) for one in found["headers"]),
        base64.b64decode(found["body"]),
        base64.b64decode(found["grey"]),
    )


def archive(page: PageSnapshot) -> bytes:
    """The answer as a WARC (ISO 28500), compressed.

    Pictures, sounds and films that are written into the page itself are left out: each is replaced by its SHA-256. The
    record is then a conversion with the hash of the whole page, and the headers are a record of metadata.
    """
    body, left_out = without_inline_media(page.body)
    out = io.BytesIO()
    writer = WARCWriter(out, gzip=True)
    moment = now().strftime("%Y-%m-%dT%H:%M:%SZ")
    about = {"software": NAME, "format": "WARC File Format 1.0"}
    writer.write_record(writer.create_warcinfo_record("page.warc.gz", about))
    if not left_out:
        headers = StatusAndHeaders("200 OK", list(page.headers), protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(
                page.address,
                "response",
                payload=io.BytesIO(body),
                length=len(body),
                http_headers=headers,
                warc_headers_dict={"WARC-Date": moment},
            )
        )
        return out.getvalue()
    header_lines = "".join(f"{name}: {value}\r\n" for name, value in page.headers).encode()
    for kind, content, media, digest in (
        ("metadata", header_lines, "application/warc-fields", header_lines),
        ("conversion", body, dict(page.headers).get("Content-Type", "text/html"), page.body),
    ):
        writer.write_record(
            writer.create_warc_record(
                page.address,
                kind,
                payload=io.BytesIO(content),
                length=len(content),
                warc_content_type=media,
                warc_headers_dict={
                    "WARC-Date": moment,
                    "WARC-Payload-Digest": f"sha256:{hashlib.sha256(digest).hexdigest()}",
                },
            )
        )
    return out.getvalue()


def without_inline_media(body: bytes) -> tuple[bytes, int]:
    """The page with the hash of each such file in its place, and how many there were."""

    def hashed(found: re.Match[bytes]) -> bytes:
        return b"data:" + found[1] + b";sha256=" + hashlib.sha256(found[2]).hexdigest().encode() + b","

    return _INLINE.subn(hashed, body)
