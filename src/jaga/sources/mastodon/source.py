"""The source `mastodon`: the timelines in scope, one after the other, from the cursor on.

A post of Mastodon's API as an observation (https://docs.joinmastodon.org/entities/Status/).

Only a post whose visibility is `public` becomes one. `unlisted`, `private` (followers) and `direct` are dropped at
arrival, as is a boost, whose text is somebody else's. Of the account only id and name are read, and what it says about
being found; of media only the addresses of its pictures: no description, no place and no face.

The timelines of a server, and where reading stands in each.

A timeline is read from its newest page down to the newest post that was read before. Where more came than a page holds,
the server is asked for what follows that post (`min_id`). The posts that were read last are remembered with a version
each: a post that is seen again in another version was edited, and one that is missing between others was deleted. They
are known again by their `uri`, since an edit may change the id; edits and deletions bear the id that was read first.
"""

import hashlib
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.foreign import ForeignValueInvalid
from jaga.core.observations import (
    MOST_MEDIA,
    TAG_OR_ACCOUNT,
    Deletion,
    NamedMedia,
    Observation,
    ObservedBatch,
    Source,
    SourceFault,
    SourceRefused,
    SourceSettings,
    SourceWentBack,
    is_web_address,
)
from jaga.core.terms.reports import ObservationKind
from jaga.platforms.kit.guard import moment_of_text, raw
from jaga.sources.capture.picture import picture_at
from jaga.sources.kit import Found, Gathering, HttpReader, OptedIn, OptedOut, State, state_text, text_of
from jaga.sources.registry import Surroundings

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


PAGE = 40
MOST_PAGES = 10
MOST_REMEMBERED = 200
"""Posts of all timelines of a watch together: 12 kB of a cursor, which is stored with each reading."""
_TIME = 10
Post = Any  # one item of a server's list, whatever it is
_NO_ACCOUNT = N_("The scope of this watch names an account that the server does not have.")
_CORRECT = N_("Propose a watch with the right accounts; an account is written @name or @name@server.")


@dataclass(frozen=True)
class Read:
    """A post as it was read last; `id` is the one under which it was read first."""

    id: str
    version: str


@dataclass
class Remembered:
    """The posts of one timeline that were read last, oldest first, by their marks."""

    posts: dict[str, Read] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> "Remembered":
        """From a cursor. Raises SourceWentBack. Without a mark the id is one."""
        parts = [one.split(":") for one in text.split(",") if one]
        if not all(len(one) in (2, 3) and all(one) for one in parts):
            raise SourceWentBack(why="the cursor is of another source or version")
        return cls({one[-1] if len(one) == 3 else one[0]: Read(one[0], one[1]) for one in parts})

    def as_text(self, most: int) -> str:
        """For the cursor: at most so many, the newest."""
        return ",".join(
            f"{read.id}:{read.version}" + ("" if mark == read.id else f":{mark}")
            for mark, read in list(self.posts.items())[-most:]
        )

    @property
    def newest(self) -> str:
        """The newest id; "" if none is remembered."""
        return next((read.id for read in reversed(self.posts.values()) if is_usable(read.id)), "")

    def mark(self, post: Post) -> str | None:
        """The mark under which the post is remembered, or None."""
        return next((mark for mark in (mark_of(post), id_of(post)) if mark in self.posts), None)

    def id(self, post: Post) -> str:
        """The id under which the post was read first."""
        mark = self.mark(post)
        return id_of(post) if mark is None else self.posts[mark].id

    def add(self, post: Post) -> None:
        """The post was read."""
        self.posts[self.mark(post) or mark_of(post)] = Read(self.id(post), version(post))

    def forget(self, ids: Collection[str]) -> None:
        """These posts are gone."""
        self.posts = {mark: read for mark, read in self.posts.items() if read.id not in ids}


@dataclass(frozen=True)
class Fresh:
    """What a timeline shows beyond what is remembered: new posts oldest first, edited ones, ids of deleted ones."""

    new: list[Post]
    edited: list[Post]
    deleted: list[str]
    more: bool
    gap: bool = False
    """Whether posts between these and what was read before may be missing: the server gives only its newest ones."""


class Timeline:
    """One timeline: of the server (""), of a tag, or of an account (`@name`)."""

    def __init__(self, asking: HttpReader, surface: str) -> None:
        self._asking = asking
        self.surface = surface or "public"
        self._tag = surface.removeprefix("#") if not surface.startswith("@") else ""
        self._account = surface.removeprefix("@") if surface.startswith("@") else ""
        self._path = f"/api/v1/timelines/tag/{self._tag}" if self._tag else "/api/v1/timelines/public"

    def newest(self) -> list[Post]:
        """The newest page, newest first."""
        return self._page({})

    def fresh(self, known: Remembered) -> Fresh:
        """What is new since. Raises SourceWentBack if it shows nothing of what was read, and nothing newer."""
        answer = self._page({})
        whole, page = len(answer) < PAGE, list({id_of(post): post for post in answer}.values())
        shown = {mark: post for post in page if (mark := known.mark(post)) is not None}
        at = next((place for place, post in enumerate(page) if known.mark(post) is not None), None)
        edited = [
            shown[mark] for mark, read in known.posts.items() if mark in shown and version(shown[mark]) != read.version
        ]
        deleted = _missing(known, shown, whole=whole, empty=not page)
        if at is not None or (not known.posts and whole):
            return Fresh(page[:at][::-1], edited, deleted, more=False)
        following = self._page({"min_id": known.newest}) if known.newest else []
        ignored = not whole and set(map(id_of, following)) == set(map(id_of, page))  # `min_id` is, by this server
        if following and not ignored:
            return Fresh(following[::-1], [], [], more=True)
        if len(known.posts) > 2 and self._is_behind(page, known):
            raise SourceWentBack(why=f"{self.surface}: none of the posts that were read is there")
        new, gap = self._backwards(page, known)
        return Fresh(new[::-1], edited, deleted, more=False, gap=gap)

    def _is_behind(self, page: list[Post], known: Remembered) -> bool:
        """Whether even the newest post is older than what was read."""
        return all(_rank(id_of(post)) < _rank(known.newest) for post in page)

    def _backwards(self, page: list[Post], known: Remembered) -> tuple[list[Post], bool]:
        """All posts down to a remembered one, newest first, from this page on; and whether there is a gap."""
        found: dict[str, Post] = {}
        for _ in range(MOST_PAGES):
            before = len(found)
            for post in page:
                if known.mark(post) is not None or _rank(id_of(post)) < _rank(known.newest):
                    return list(found.values()), False
                found.setdefault(id_of(post), post)
            if len(page) < PAGE:
                return list(found.values()), False
            if len(found) == before:  # a server that gives the same page again
                break
            page = self._page({"max_id": id_of(page[-1])})
        return list(found.values()), True

    def _page(self, params: Mapping[str, str]) -> list[Post]:
        if self._account:
            params = {**params, "exclude_reblogs": "true"}
            if not self._path.startswith("/api/v1/accounts"):
                self._path = f"/api/v1/accounts/{self._id_of_account()}/statuses"
        else:
            params = {**params, "local": "true"}
        reply = self._asking.get(self._path, {**params, "limit": str(PAGE)})
        if not isinstance(reply.value, list):
            raise SourceFault(why=f"{self.surface}: HTTP {reply.status}, no list of posts")
        return list(reply.value)[:PAGE]

    def _id_of_account(self) -> str:
        reply = self._asking.get("/api/v1/accounts/lookup", {"acct": self._account})
        found = reply.value.get("id") if isinstance(reply.value, dict) else None
        if not isinstance(found, str) or not found.isalnum():
            raise SourceRefused(_NO_ACCOUNT, _CORRECT, why=f"HTTP {reply.status}")
        return found


def _missing(known: Remembered, shown: Collection[str], *, whole: bool, empty: bool) -> list[str]:
    """The ids of remembered posts whose marks are not shown any more, though an older one's is, or the page shows the
    whole timeline.
    """
    posts = list(known.posts.items())
    if empty:
        return [read.id for _, read in posts] if len(posts) <= 2 else []
    oldest = 0 if whole else next((place for place, (mark, _) in enumerate(posts) if mark in shown), len(posts))
    return [read.id for mark, read in posts[oldest:] if mark not in shown]


def _rank(id_: str) -> tuple[int, str]:
    """By which ids grow with time. Those with letters begin with it: 10 decimal digits of seconds (snac), 10 characters
    of milliseconds (ULID), or more (flake). What follows has no order.
    """
    return len(id_), id_ if id_.isdigit() else id_[:_TIME]


MOST_SURFACES = 20
GAP = "posts before the newest ones could not be read: the server shows no earlier ones"
_WRONG_SCOPE = N_("The scope of this watch cannot be read.")
_SCOPE = N_("Name at most 20 tags or accounts, one a line: a tag as a word, an account as @name.")


class MastodonSource:
    """The public posts of one server."""

    name = NAME

    def __init__(self, asking: HttpReader, surfaces: tuple[str, ...]) -> None:
        self._timelines = [Timeline(asking, surface) for surface in surfaces or ("",)]

    def read(self, cursor: str | None, *, limit: int) -> ObservedBatch:
        if cursor is None:
            return ObservedBatch((), self._present())
        read = State(cursor).texts("read")
        gathering, more, newest = Gathering(), False, None
        for timeline in self._timelines:
            known = Remembered.from_text(read.get(timeline.surface, ""))
            if not gathering.full(limit):
                fresh = timeline.fresh(known)
                taken = _take(fresh, known, timeline.surface, gathering, limit)
                more = more or fresh.more or taken < len(fresh.new)
                newest = fresh.new[taken - 1] if taken and more else newest
            else:
                more = True
            read[timeline.surface] = known.as_text(self._each)
        lag = now() - moment(newest) if newest is not None else None
        return gathering.batch(state_text({"read": read}), more=more, lag=lag)

    def _present(self) -> str:
        read = {}
        for timeline in self._timelines:
            known = Remembered()
            for post in timeline.newest()[::-1]:
                known.add(post)
            read[timeline.surface] = known.as_text(self._each)
        return state_text({"read": read})

    @property
    def _each(self) -> int:
        """How many posts are remembered of each timeline."""
        return min(PAGE, MOST_REMEMBERED // len(self._timelines))


def _take(fresh: Fresh, known: Remembered, surface: str, gathering: Gathering, limit: int) -> int:
    """Gather deletions, edits and new posts up to the limit; how many new ones were taken."""
    gathering.add(map(Deletion, fresh.deleted))
    if fresh.gap:
        gathering.refuse(surface, GAP, b"-")
    known.forget(fresh.deleted)
    for post in fresh.edited:
        if gathering.full(limit):
            return 0
        _observe(post, known, surface, gathering, ObservationKind.EDIT)
    for number, post in enumerate(fresh.new):
        if gathering.full(limit):
            return number
        _observe(post, known, surface, gathering, ObservationKind.NEW)
    return len(fresh.new)


def _observe(post: Post, known: Remembered, surface: str, gathering: Gathering, kind: ObservationKind) -> None:
    gathering.take(f"post {id_of(post)}", post, found_in, post, surface, kind, known.id(post))
    known.add(post)


def read_picture(settings: SourceSettings, surroundings: Surroundings, address: str, largest: int) -> bytes:
    """The bytes of a picture that was attached to a post. Without the watch's token: everybody can see it.

    From the server of the watch as its posts are; from any other as websites are read: robots.txt is obeyed, and only
    public addresses are connected to. Raises PictureUnavailable, SourceUnreachable.
    """
    del surroundings
    return picture_at(address, largest, own=settings.url)


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a server. Raises SourceRefused for a scope that cannot be read."""
    del surroundings
    if len(settings.surfaces) > MOST_SURFACES or not all(
        re.fullmatch(TAG_OR_ACCOUNT, one) for one in settings.surfaces
    ):
        raise SourceRefused(_WRONG_SCOPE, _SCOPE)
    return MastodonSource(HttpReader(settings.url, settings.token), settings.surfaces)
