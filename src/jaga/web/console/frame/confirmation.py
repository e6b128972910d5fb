"""Whether a second factor was shown in a session, and how lately."""

from datetime import UTC, datetime, timedelta

from django.http import HttpRequest

from jaga.core.clock import now

FRESH_FOR = timedelta(minutes=10)
AT, CHALLENGE = "second_factor_at", "passkey_challenge"


def is_confirmed(request: HttpRequest) -> bool:
    """Whether a second factor was shown in this session."""
    return _confirmed_at(request) is not None


def is_fresh(request: HttpRequest) -> bool:
    """Whether a second factor was shown within the last ten minutes."""
    shown = _confirmed_at(request)
    return shown is not None and timedelta() <= now() - shown < FRESH_FOR


def _confirmed_at(request: HttpRequest) -> datetime | None:
    kept = request.session.get(AT)
    return datetime.fromtimestamp(kept, UTC) if isinstance(kept, float) else None
