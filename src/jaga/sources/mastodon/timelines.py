"""The timelines of a server, and where reading stands in each.

A timeline is read from its newest page down to the newest post that was read before. Where more came than a page holds,
the server is asked for what follows that post (`min_id`). The posts that were read last are remembered with a version
each: a post that is seen again in another version was edited, and one that is missing between others was deleted. They
are known again by their `uri`, since an edit may change the id; edits and deletions bear the id that was read first.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from jaga.core.errors import N_
from jaga.core.observations.source import SourceFault, SourceRefused, SourceWentBack
from jaga.sources.kit.asking import HttpReader
from jaga.sources.mastodon.posts import id_of, is_usable, mark_of, version

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
