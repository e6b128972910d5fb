"""Public web pages and feeds, read by Scrapy in a process of its own."""

from jaga.core.observations import Source, SourceSettings
from jaga.sources.registry import Surroundings


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a website. Raises SourceRefused for a scope without the start address."""
    from jaga.sources.web.source import from_settings as opened  # the process that reads imports this package too

    return opened(settings, surroundings)


def read_picture(settings: SourceSettings, surroundings: Surroundings, address: str, largest: int) -> bytes:
    """The bytes of a picture of a page, in the scope of the watch. Raises PictureUnavailable, SourceUnreachable."""
    from jaga.sources.capture.picture import picture_in_scope

    del surroundings, largest  # the process that reads has its own limit
    return picture_in_scope(address, settings.surfaces)
