"""Time and size limits for request bodies."""

from jaga.core.observations.pushes import LARGEST_PUSH
from jaga.web.errors import API_PREFIX
from jaga.web.middleware import FILES_AT, LARGEST_BODY, LARGEST_FILE

LONGEST_SECONDS = 15 * 60
BASE_SECONDS = 10
_BYTES_A_SECOND = 4096
LARGEST_MESSAGE = 64 * 1024  # A platform's signed message.


def seconds_for(size: int) -> float:
    """Ten seconds plus one per 4 kB, at most fifteen minutes: 3 MB at 64 kbit/s need half of that."""
    return min(BASE_SECONDS + size / _BYTES_A_SECOND, LONGEST_SECONDS)


def largest_at(path: str) -> int:
    """The maximum body size for this path in bytes."""
    if path.startswith("/hooks/"):
        return LARGEST_PUSH if is_push(path) else LARGEST_MESSAGE
    return LARGEST_FILE if path in FILES_AT else LARGEST_BODY


def is_push(path: str) -> bool:
    """Whether a platform sends a batch of its stream to this path."""
    return path.startswith("/hooks/") and path.endswith("/observations/")


def is_api(path: str) -> bool:
    """Whether this path is authenticated by an API key rather than a session or not at all."""
    return path.startswith(API_PREFIX)
