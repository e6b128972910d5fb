"""What a source yields: public content, as values that crossed from elsewhere (`jaga.core.foreign`)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

from jaga.core.foreign import Digest, Exact, Identifier, Line, Moment, PortValue, Words
from jaga.core.platforms import SetAside
from jaga.core.terms.watch import ObservationKind

Locator = Annotated[str, Exact(2000)]
SourceCursor = Annotated[str, Exact(131_072)]
"""Longer than a platform's: that of a website holds the addresses which are still to be read."""


MOST_MEDIA = 20
"""Pictures that a source names of one text. Of what comes after them the hashes are named."""


@dataclass(frozen=True)
class NamedMedia(PortValue):
    """A picture that a text shows, by its address in the form of the source. Its bytes are fetched only after a person
    asked for them on the case (`casework.watch.media`).

    `sha256` (hex) is of the bytes, where the source tells it; otherwise there is none.
    """

    address: Locator
    sha256: tuple[Digest, ...] = ()


@dataclass(frozen=True)
class Observation(PortValue):
    """A text that anybody could read, without signing in, when the source read it.

    `surface` is where it stood, as people call it (a room's name, a page's address). `native_id` is the source's own
    id of the text, unique on the platform and the same for each edit. `account_id` is the stable id of whoever
    published it, `handle` the name that people see; on a web page without authors both are the site's host.
    `media_hashes` are SHA-256 (hex) of media that the source names, `media` its pictures by their address; reading
    fetches neither. `at` is when it was published or edited. `locator` leads a person there: a URL where there is one.
    `source_version` says which reader in which version made it, for instance `mastodon/1`.
    """

    surface: Line
    native_id: Identifier
    account_id: Identifier
    handle: Line
    text: Words
    at: Moment
    locator: Locator
    source_version: Line
    media_hashes: tuple[Digest, ...] = ()
    kind: ObservationKind = ObservationKind.NEW
    media: tuple[NamedMedia, ...] = ()


@dataclass(frozen=True)
class Deletion(PortValue):
    """The source says that this text was deleted there. It may never have been observed."""

    native_id: Identifier


@dataclass(frozen=True)
class ObservedBatch(PortValue):
    """What was new since the cursor, oldest first.

    `cursor` is opaque and is stored in the same commit as the effects of this batch. `opted_out` are the ids of
    accounts that ask not to be read (for instance `discoverable: false` or `noindex`); a batch holds no observation of
    theirs. `opted_in` are accounts that were seen without such a mark: one that had it is read again from then on.
    `lag` is how far the source's newest content is ahead of `cursor`; None: unknown. `more` says that a next
    read finds more at once. `set_aside` are values that could not be used, kept in the same commit.
    """

    observations: tuple[Observation, ...]
    cursor: SourceCursor
    deletions: tuple[Deletion, ...] = ()
    opted_out: tuple[Identifier, ...] = ()
    lag: timedelta | None = None
    more: bool = False
    set_aside: tuple[SetAside, ...] = ()
    opted_in: tuple[Identifier, ...] = ()
