"""The worker's adapters. Only this process reads the platforms' credentials."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from jaga.platforms.registry import Adapter, configuration_of, load_configurations, open_adapter


def adapter_for(platform: str) -> Adapter:
    """The adapter of a platform, kept open until its configuration changes.

    Raises UnknownPlatform, UnknownAdapter or a configuration error, each with its remedy.
    """
    path = Path(settings.HOME) / "platforms.toml"
    changed = path.stat().st_mtime_ns if path.exists() else 0
    return _opened(platform, path, changed)


@lru_cache(maxsize=64)
def _opened(platform: str, path: Path, changed: int) -> Adapter:
    return open_adapter(configuration_of(load_configurations(path), platform))
