"""A post of Mastodon's API as an observation (https://docs.joinmastodon.org/entities/Status/).

Only a post whose visibility is `public` becomes one. `unlisted`, `private` (followers) and `direct` are dropped at
arrival, as is a boost, whose text is somebody else's. Of the account only id and name are read, and what it says about
being found; of media only the addresses of its pictures: no description, no place and no face.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations.settings import is_web_address
from jaga.core.observations.values import MOST_MEDIA, NamedMedia, Observation
from jaga.core.terms.watch import ObservationKind
from jaga.platforms.kit.foreign import moment_of_text, raw
from jaga.sources.kit.gathering import Found, OptedIn, OptedOut
from jaga.sources.kit.pages import text_of

NAME = "mastodon/1"
_NOT_TO_READ = re.compile(r"(?i)(?<![\w])#?(nobot|nobots|noindex|noarchive)(?![\w])")


def id_of(post: object) -> str:
    """The server's own id of the post; of what has no usable one a mark that begins with `!`."""
    found = post.get("id") if isinstance(post, dict) else None
    if isinstance(found, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,100}", found):
        return found
    return "!" + hashlib.sha256(raw(post)).hexdigest()[:16]


def mark_of(post: object) -> str:
    """Twelve letters of the post itself, whatever its id: snac gives a post another id when it is edited.

    By its `uri`, which ActivityPub never changes; of what has none, by its id.
    """
    uri = post.get("uri") if isinstance(post, dict) else None
    known_by = uri if isinstance(uri, str) and uri else id_of(post)
    return hashlib.sha256(known_by.encode("utf-8", "backslashreplace")).hexdigest()[:12]


def is_usable(id_: str) -> bool:
    """Whether this is an id, and no mark of something without one."""
    return not id_.startswith("!")


def is_public(post: Mapping[str, Any]) -> bool:
    """Whether anybody may find this post, and it is the account's own."""
    return post.get("visibility") == "public" and not post.get("reblog")


def found_in(post: Mapping[str, Any], surface: str, kind: ObservationKind, native_id: str = "") -> tuple[Found, ...]:
    """What a post says: an observation, an account with or without a mark, or nothing. Raises ForeignValueInvalid.

    `native_id`: the id under which it was read first, if it may have another one by now.
    """
    if not isinstance(post, dict):
        raise ForeignValueInvalid("post", "no object")
    if not is_public(post):  # before anything that could set it aside
        return ()
    if not is_usable(id_of(post)):
        raise ForeignValueInvalid("id", "no id of a post")
    account = post["account"]
    if opted_out(account):
        return (OptedOut(account["id"]),)
    text = text_in(post)
    if not text:
        return ()
    return (
        OptedIn(account["id"]),
        Observation(
            surface=surface,
            native_id=native_id or id_of(post),
            account_id=account["id"],
            handle=account["acct"],
            text=text,
            at=moment(post),
            locator=post.get("url") or post["uri"],
            source_version=NAME,
            kind=kind,
            media=tuple(map(NamedMedia, pictures_in(post))),
        ),
    )


def opted_out(account: Mapping[str, Any]) -> bool:
    """Whether the account asks not to be found: `noindex`, `discoverable: false`, a word such as #nobot in its profile.

    `indexable: false` alone is no such mark: it is what every account has before its owner chose anything.
    """
    if account.get("noindex") is True or account.get("discoverable") is False:
        return True
    fields = account.get("fields") or []
    profile = " ".join([str(account.get("note") or ""), *(f"{one.get('name')} {one.get('value')}" for one in fields)])
    return _NOT_TO_READ.search(re.sub(r"<[^>]*>", " ", profile)) is not None


def text_in(post: Mapping[str, Any]) -> str:
    """The warning, the text, and the choices of a poll, each on lines of its own."""
    warning, content = post.get("spoiler_text") or "", post.get("content") or ""
    if not isinstance(warning, str) or not isinstance(content, str):
        raise ForeignValueInvalid("content", "no text")
    choices = [str(one.get("title") or "") for one in (post.get("poll") or {}).get("options") or []]
    return "\n".join(part for part in (warning, text_of(content) if content else "", *choices) if part.strip())


def pictures_in(post: Mapping[str, Any]) -> list[str]:
    """The addresses of the pictures that were attached. One that cannot be used is left out; its post is not."""
    attached = post.get("media_attachments")
    found = (
        [one.get("url") for one in attached if isinstance(one, dict) and one.get("type") == "image"]
        if isinstance(attached, list)
        else []
    )
    return list(dict.fromkeys(one for one in found if isinstance(one, str) and is_web_address(one)))[:MOST_MEDIA]


def moment(post: Mapping[str, Any]) -> datetime:
    """When it was published, or last edited. Raises ForeignValueInvalid."""
    found = moment_of_text(post.get("edited_at") or post["created_at"])
    if found is None:
        raise ForeignValueInvalid("created_at", "no moment")
    return found


def version(post: object) -> str:
    """Six letters that change when the post is edited."""
    if not isinstance(post, dict):
        return "000000"
    seen = f"{post.get('edited_at')}\n{post.get('spoiler_text')}\n{post.get('content')}"
    return hashlib.sha256(seen.encode("utf-8", "backslashreplace")).hexdigest()[:6]
