"""Public posts and profile texts of the AT Protocol, from a server's event stream or from Jetstream."""

from jaga.sources.atproto.source import from_settings as from_settings
from jaga.sources.atproto.source import read_picture as read_picture
