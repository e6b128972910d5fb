"""Public web pages and feeds, read by Scrapy in a process of its own."""

from jaga.core.observations.settings import SourceSettings
from jaga.core.observations.source import Source
from jaga.sources.registry import Surroundings


def from_settings(settings: SourceSettings, surroundings: Surroundings) -> Source:
    """The source of a website. Raises SourceRefused for a scope without the start address."""
    from jaga.sources.web.source import from_settings as opened  # the process that reads imports this package too

    return opened(settings, surroundings)
