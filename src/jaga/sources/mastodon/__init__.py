"""Public posts of a server with Mastodon's API (Mastodon, GoToSocial, snac and others)."""

from jaga.sources.mastodon.source import from_settings as from_settings
from jaga.sources.mastodon.source import read_picture as read_picture
