"""Media an account showed publicly: hashes as evidence, quarantine and release.

Only hashes of files are kept. On Synapse 1.163 a quarantine applies by content: it covers every copy of the file on the
server, whoever uploaded it, and a release frees them all.
"""

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jaga.core.foreign import is_identifier
from jaga.core.observations import MOST_MEDIA
from jaga.core.platforms import PlatformUnreachable, RouteObservation
from jaga.platforms.kit.guard import clean
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.synapse.api import CLIENT, Event, SynapseApi, content_of, not_understood, part

ITEMS = 200  # Hashed per account.
LARGEST = 32 * 1024 * 1024  # Bytes per item.
LARGEST_STATED = 2**50  # A larger claimed size is not stored.
ALL_BYTES = 256 * 1024 * 1024
DOWNLOAD_SECONDS = 30.0
OWNED_PAGE = 1000  # Uploads of one account.
OWNED_PAGES = 200

DOWNLOAD = "/_matrix/client/v1/media/download"  # Authenticated media, Matrix 1.11.
DOWNLOADED = "downloaded"
STATED = "stated by the server"

_ADDRESS = re.compile(r"mxc://([^/\s\"'<>\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,255})/([A-Za-z0-9_=.~-]{1,255})")


@dataclass(frozen=True)
class MediaItem:
    """What the server says about one of its files."""

    uploaded_by: str
    media_type: str | None
    size: int | None
    sha256: str | None
    quarantined_by: str | None
    protected: bool


@dataclass(frozen=True)
class Quarantine:
    """The result of quarantining some messages' media. `missed` were requested but are still shown."""

    held: int = 0
    before: int = 0
    missed: int = 0
    left_alone: int = 0

    @property
    def readings(self) -> tuple[RouteObservation, ...]:
        if self == Quarantine():
            return ()
        words = f"{self.held} quarantined, {self.before} before, {self.missed} missed, {self.left_alone} left alone"
        return (RouteObservation("media", words),)


def media_of(event: Event) -> tuple[str, ...]:
    """The addresses (`mxc://…`) of everything a message shows: file, thumbnail, inline pictures, its edit."""
    content = content_of(event)
    new = content.get("m.new_content")
    found = dict.fromkeys(_addresses(content))
    found.update(dict.fromkeys(_addresses(new) if isinstance(new, dict) else ()))
    return tuple(found)


def pictures_of(event: Event) -> tuple[str, ...]:
    """The addresses of the pictures a message shows, without thumbnails: that of an image, and those in its text."""
    content = content_of(event)
    new = content.get("m.new_content")
    shown = new if isinstance(new, dict) else content
    url, formatted = shown.get("url"), shown.get("formatted_body")
    found = [url] if shown.get("msgtype") == "m.image" and isinstance(url, str) else []
    if isinstance(formatted, str):
        found += [one[0] for one in _ADDRESS.finditer(formatted)]
    return tuple(dict.fromkeys(one for one in found if _ADDRESS.fullmatch(one) and is_identifier(one)))[:MOST_MEDIA]


def own_file(address: str, server_name: str) -> str | None:
    """The path at which this server serves its own file to members; None for another server's."""
    found = _ADDRESS.fullmatch(address)
    return f"{DOWNLOAD}/{_path(address)}" if found and found[1] == server_name else None


def hashes_of(listed: Mapping[str, object]) -> tuple[str, ...]:
    """The self-computed hashes in a media list; a hash merely claimed by a server is not an indicator."""
    media = listed["media"]
    assert isinstance(media, list)
    return tuple(item["sha256"] for item in media if item["hash_basis"] == DOWNLOADED)


class Media:
    """The media of one server's accounts."""

    def __init__(self, api: SynapseApi, server_name: str) -> None:
        self._api = api
        self._server_name = server_name
        self._me = ""

    def evidence(self, account_id: str, shown: Mapping[str, tuple[str, ...]]) -> Mapping[str, object]:
        """The list of what was shown (address → where), with type, size and SHA-256, by address.

        Stays within the limits above; `complete` says whether they sufficed. The hash is computed from the download, or
        the server's if it does not serve the file or the file is too large. Files of other servers are only named.
        """
        deadline = time.monotonic() + DOWNLOAD_SECONDS
        budget = ALL_BYTES
        items: list[Mapping[str, object]] = []
        complete = len(shown) <= ITEMS
        for address in sorted(shown)[:ITEMS]:
            item = self._item(address)
            sha256, basis = (None, None) if item is None else (item.sha256, STATED if item.sha256 else None)
            if item is not None and item.size is not None and item.quarantined_by is None:
                if item.size <= LARGEST and item.size <= budget and time.monotonic() < deadline:
                    budget -= item.size
                    if computed := self._hash(address, item.size):
                        sha256, basis = computed, DOWNLOADED
                else:
                    complete = False
            items.append(
                {
                    "address": address,
                    "shown_in": sorted(shown[address]),
                    "sha256": sha256,
                    "hash_basis": basis,
                    "media_type": item and item.media_type,
                    "size": item and item.size,
                    "uploaded_by_account": item and item.uploaded_by == account_id,
                }
            )
        return {"account_id": account_id, "complete": complete, "media": items}

    def quarantine(self, account_id: str, addresses: Iterable[str]) -> Quarantine:
        """Quarantine those of these media that this account uploaded, and verify it.

        Others' uploads are left alone, since naming someone's picture in a message must not remove it; so are media
        protected by an administrator and files on other servers. `release` undoes it.
        """
        held = before = missed = left_alone = 0
        for address in dict.fromkeys(addresses):
            item = self._item(address)
            if item is None or item.uploaded_by != account_id or item.protected:
                left_alone += 1
            elif item.quarantined_by is not None:
                before += 1
            else:
                answer = self._api.admin("POST", f"/v1/media/quarantine/{_path(address)}", body={})
                after = self._item(address) if answer.ok else None
                quarantined = after is not None and after.quarantined_by is not None
                held, missed = held + quarantined, missed + (not quarantined)
        return Quarantine(held, before, missed, left_alone)

    def release(self, account_id: str) -> tuple[int, int]:
        """Release this account's uploads that Jaga's administrator quarantined; returns how many were released and how
        many remain.

        Media quarantined by other administrators or the server stay so.
        """
        ours = [media_id for media_id, by in self._uploads(account_id) if by == self._administrator()]
        for media_id in ours:
            self._api.admin("POST", f"/v1/media/unquarantine/{part(self._server_name)}/{part(media_id)}", body={})
        if not ours:
            return 0, 0
        left = sum(by == self._administrator() for _, by in self._uploads(account_id))
        return len(ours) - left, left

    def _item(self, address: str) -> MediaItem | None:
        found = _ADDRESS.fullmatch(address)
        if found is None or found[1] != self._server_name:
            return None
        body = self._api.look_up(f"/v1/media/{_path(address)}")
        if body is None:
            return None
        info = body.get("media_info")
        if not isinstance(info, dict) or "quarantined_by" not in info or "user_id" not in info:
            raise not_understood("a file without its owner and quarantine")
        size, protected = info.get("media_length"), info.get("safe_from_quarantine")  # The latter is 1 on SQLite.
        return MediaItem(
            uploaded_by=str(info["user_id"]),
            media_type=_text(info.get("media_type")),
            size=size if isinstance(size, int) and 0 <= size <= LARGEST_STATED else None,
            sha256=_text(info.get("sha256")),
            quarantined_by=_text(info["quarantined_by"]),
            protected=bool(protected),
        )

    def _hash(self, address: str, size: int) -> str:
        download = self._api.http.fingerprint(f"{DOWNLOAD}/{_path(address)}", largest=size)
        if download.status == 401:
            raise CredentialsRefused(why="GET: HTTP 401")
        return download.sha256 if download.size == size else ""

    def _uploads(self, account_id: str) -> Iterator[tuple[str, str | None]]:
        start = 0
        for _ in range(OWNED_PAGES):
            path = f"/v1/users/{part(account_id)}/media"
            answer = self._api.admin("GET", path, params={"from": str(start), "limit": str(OWNED_PAGE)})
            items = answer.body.get("media")
            if answer.status == 404:
                return
            if not answer.ok or not isinstance(items, list):
                raise not_understood("no list of uploads")
            for item in items:
                yield item["media_id"], _text(item.get("quarantined_by"))
            following = answer.body.get("next_token")
            if not isinstance(following, int) or following <= start:
                return
            start = following
        raise PlatformUnreachable(why="GET: more uploads than can be looked through")

    def _administrator(self) -> str:
        if not self._me:
            name = self._api.http.call("GET", f"{CLIENT}/account/whoami").body.get("user_id")
            if not isinstance(name, str):
                raise CredentialsRefused(why="admin_token")
            self._me = name
        return self._me


def _addresses(content: Mapping[str, Any]) -> Iterator[str]:
    info = content.get("info")
    holders = (content, content.get("file"), info, info.get("thumbnail_file") if isinstance(info, dict) else None)
    for holder in holders:
        for name in ("url", "thumbnail_url"):
            address = holder.get(name) if isinstance(holder, dict) else None
            if isinstance(address, str) and _ADDRESS.fullmatch(address):
                yield address
    formatted = content.get("formatted_body")
    if isinstance(formatted, str):
        yield from (found[0] for found in _ADDRESS.finditer(formatted))


def _path(address: str) -> str:
    server, _, media_id = address.removeprefix("mxc://").partition("/")
    return f"{part(server)}/{part(media_id)}"


def _text(value: object) -> str | None:
    return clean(value) if isinstance(value, str) else None
