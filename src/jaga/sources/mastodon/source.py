"""The source `mastodon`: the timelines in scope, one after the other, from the cursor on."""

import re

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.observations.settings import TAG_OR_ACCOUNT, SourceSettings
from jaga.core.observations.source import Source, SourceRefused
from jaga.core.observations.values import Deletion, ObservedBatch
from jaga.core.terms.watch import ObservationKind
from jaga.sources.capture.picture import picture_at
from jaga.sources.kit.asking import HttpReader
from jaga.sources.kit.gathering import Gathering
from jaga.sources.kit.state import State, state_text
from jaga.sources.mastodon.posts import NAME, found_in, id_of, moment
from jaga.sources.mastodon.timelines import MOST_REMEMBERED, PAGE, Fresh, Post, Remembered, Timeline
from jaga.sources.registry import Surroundings

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
