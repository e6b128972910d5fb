"""Public keys that verify a platform's signed incoming messages. Holds no secret."""

from jaga.core.errors import NotFound
from jaga.records.models import Platform


def keys_of(platform: str) -> tuple[str, ...]:
    """The platform's public keys. Raises NotFound for an unknown platform."""
    row = Platform.objects.filter(name=platform, by_notice=True).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)
