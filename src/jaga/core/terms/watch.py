"""Terms of the watch: what reads public content, and where a watch stands."""

from enum import StrEnum


class SourceKind(StrEnum):
    """What reads. The module `jaga.sources.<value>` opens it; `core.observations.settings.FORMS` has its settings."""

    PUBLIC_ROOMS = "public_rooms"  # the public rooms of a platform that an adapter reads as a member (Matrix)
    MASTODON = "mastodon"  # a server with Mastodon's API
    ATPROTO = "atproto"  # the repositories of an AT Protocol server
    WEB = "web"  # web pages and feeds
    FILE = "file"  # a file of observations in a folder of this installation
    STREAM = "stream"  # signed batches that a platform sends by itself
    BACKLOG = "backlog"  # files that `jaga take-in` reads; no module, since no worker opens them


class PushFormat(StrEnum):
    """How the rows of a batch that a platform sends are written."""

    LINES = "lines"  # JSON lines
    ARROW = "arrow"  # an Arrow IPC stream


class ObservationKind(StrEnum):
    """Whether a text appeared or replaced an earlier one of the same id."""

    NEW = "new"
    EDIT = "edit"


class CaptureState(StrEnum):
    """What was kept of a flagged page beside its text (`casework.watch.captures`)."""

    WAITING = "waiting"  # → the others
    RENDERED = "rendered"  # its answer as an archive, and a rendering with grey boxes for pictures
    PAGE_ONLY = "page_only"  # its answer, and no rendering
    TEXT_ONLY = "text_only"  # neither: the text alone


class MediaState(StrEnum):
    """Where the bytes of a picture are that a flagged observation names (`casework.watch.media`)."""

    NAMED = "named"  # its address is known, and nobody asked for it → asked, unavailable
    ASKED = "asked"  # by a person who holds the case → kept, unavailable
    KEPT = "kept"  # among the pictures of the case
    UNAVAILABLE = "unavailable"  # it cannot be had, or may not be any more


class WatchState(StrEnum):
    """Where a watch stands (`casework.watch`)."""

    PROPOSED = "proposed"  # by one person → running, withdrawn
    RUNNING = "running"  # started by a second person → stopped, ended
    WITHDRAWN = "withdrawn"  # never started: taken back, refused, or nobody started it in time
    STOPPED = "stopped"  # by a person, at once
    ENDED = "ended"  # by itself: its last day is over


class SourceState(StrEnum):
    """How the last reading of a running watch went. Everything but READING is shown to the team with what to do."""

    WAITING = "waiting"  # not read yet
    READING = "reading"  # the last reading succeeded
    UNREACHABLE = "unreachable"  # no usable answer; tried again by itself
    REFUSED = "refused"  # the source does not let us read: a person must act
    FAULTY = "faulty"  # it answers what cannot be used
    WENT_BACK = "went_back"  # it no longer knows what was read: a person decides where to go on
    REPEATING = "repeating"  # it sends again what was read before
    STALLED = "stalled"  # it does not return
    BUDGET_USED = "budget_used"  # the day's budget is used up; it goes on tomorrow
