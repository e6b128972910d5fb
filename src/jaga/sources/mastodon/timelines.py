"""The timelines of a server, and where reading stands in each.

A timeline is read from its newest page down to the newest post that was read before. Where more came than a page holds,
the server is asked for what follows that post (`min_id`). The posts that were read last are remembered with a version
each: a post that is seen again in another version was edited, and one that is missing between others was deleted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jaga.core.errors import N_
from jaga.core.observations.source import SourceFault, SourceRefused, SourceWentBack
from jaga.sources.kit.asking import HttpReader
from jaga.sources.mastodon.posts import id_of, is_usable, version

PAGE = 40
MOST_PAGES = 10
MOST_REMEMBERED = 30
Post = Any  # one item of a server's list, whatever it is
_NO_ACCOUNT = N_("The scope of this watch names an account that the server does not have.")
_CORRECT = N_("Propose a watch with the right accounts; an account is written @name or @name@server.")


@dataclass
class Remembered:
    """The posts of one timeline that were read last, oldest first, with their versions."""

    posts: dict[str, str] = field(default_factory=dict)

    @classmethod
    def from_text(cls, text: str) -> "Remembered":
        """From a cursor. Raises SourceWentBack."""
        parts = [one.partition(":") for one in text.split(",") if one]
        if not all(id_ and seen for id_, _, seen in parts):
            raise SourceWentBack(why="the cursor is of another source or version")
        return cls({id_: seen for id_, _, seen in parts})

    def as_text(self, most: int) -> str:
        """For the cursor: at most so many, the newest."""
        return ",".join(f"{id_}:{seen}" for id_, seen in list(self.posts.items())[-most:])

    @property
    def newest(self) -> str:
        """The newest id; "" if none is remembered."""
        return next((id_ for id_ in reversed(self.posts) if is_usable(id_)), "")

    def add(self, post: Post) -> None:
        """The post was read."""
        self.posts[id_of(post)] = version(post)


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
        page = self._page({})
        shown = {id_of(post): post for post in page}
        at = next((place for place, id_ in enumerate(shown) if id_ in known.posts), None)
        edited = [shown[id_] for id_, seen in known.posts.items() if id_ in shown and version(shown[id_]) != seen]
        deleted = _missing(known, shown, whole=len(page) < PAGE)
        if at is not None or (not known.posts and len(page) < PAGE):
            return Fresh(page[:at][::-1], edited, deleted, more=False)
        following = self._page({"min_id": known.newest}) if known.newest else []
        if following and (len(page) < PAGE or set(map(id_of, following)) != set(shown)):  # else it ignores `min_id`
            return Fresh(following[::-1], [], [], more=True)
        if len(known.posts) > 2 and self._is_behind(page, known):
            raise SourceWentBack(why=f"{self.surface}: none of the posts that were read is there")
        new, gap = self._backwards(page, known)
        return Fresh(new[::-1], edited, deleted, more=False, gap=gap)

    def _is_behind(self, page: list[Post], known: Remembered) -> bool:
        """Whether even the newest post is older than what was read: ids grow, also where they are no numbers."""
        return all(_rank(id_of(post)) < _rank(known.newest) for post in page)

    def _backwards(self, page: list[Post], known: Remembered) -> tuple[list[Post], bool]:
        """All posts down to a remembered one, newest first, from this page on; and whether there is a gap."""
        found: dict[str, Post] = {}
        for _ in range(MOST_PAGES):
            before = len(found)
            for post in page:
                if id_of(post) in known.posts or _rank(id_of(post)) <= _rank(known.newest):
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


def _missing(known: Remembered, shown: Mapping[str, Post], *, whole: bool) -> list[str]:
    """Remembered posts that are not shown any more, though an older one is, or the page shows the whole timeline."""
    ids = list(known.posts)
    if whole and not shown:
        return ids if len(ids) <= 2 else []
    oldest = 0 if whole else next((place for place, id_ in enumerate(ids) if id_ in shown), len(ids))
    return [id_ for id_ in ids[oldest:] if id_ not in shown]


def _rank(id_: str) -> tuple[int, str]:
    return len(id_), id_
