"""What the door for signed messages needs to know of a platform: its public keys. There is no secret here."""

from jaga.core.errors import NotFound
from jaga.records.models import Platform


def keys_of(platform: str) -> tuple[str, ...]:
    """The public keys of the platform's signed messages. Raises NotFound where there is no such platform."""
    row = Platform.objects.filter(name=platform, by_notice=True).values_list("hook_keys", flat=True).first()
    if row is None:
        raise NotFound
    return tuple(row)
