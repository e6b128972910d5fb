"""Public keys that verify a platform's signed incoming messages. Holds no secret."""

from jaga.core.errors import NotFound
from jaga.records.models import Platform


def all_keys_of(platform: str) -> tuple[str, ...]:
    """The public keys of a platform, however Jaga reaches it. Raises NotFound for an unknown platform."""
    row = Platform.objects.filter(name=platform).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)


def keys_of(platform: str) -> tuple[str, ...]:
    """The platform's public keys. Raises NotFound for an unknown platform."""
    row = Platform.objects.filter(name=platform, by_notice=True).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)
