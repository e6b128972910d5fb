"""How long a body may take to arrive, and how large it may be."""

from jaga.web.errors import API_PREFIX
from jaga.web.middleware import FILES_AT, LARGEST_BODY, LARGEST_FILE

LONGEST_SECONDS = 15 * 60
BASE_SECONDS = 10
_BYTES_A_SECOND = 4096
LARGEST_MESSAGE = 64 * 1024  # a platform's signed message


def seconds_for(size: int) -> float:
    """Ten seconds, and one for each 4 kB, at most fifteen minutes: 3 MB at 64 kbit/s need half of what they are given.
    """
    return min(BASE_SECONDS + size / _BYTES_A_SECOND, LONGEST_SECONDS)


def largest_at(path: str) -> int:
    """The most bytes that a body sent to this address can have."""
    if path.startswith("/hooks/"):
        return LARGEST_MESSAGE
    return LARGEST_FILE if path in FILES_AT else LARGEST_BODY


def is_api(path: str) -> bool:
    """Whether a key, and not a session or nobody, says who sends it."""
    return path.startswith(API_PREFIX)
