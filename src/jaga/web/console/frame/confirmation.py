"""Whether and how recently a session confirmed a second factor."""

from datetime import UTC, datetime, timedelta

from allauth.account.authentication import get_authentication_records
from django.conf import settings
from django.http import HttpRequest

from jaga.core.clock import now

FRESH_FOR = timedelta(seconds=settings.ACCOUNT_REAUTHENTICATION_TIMEOUT)


def is_confirmed(request: HttpRequest) -> bool:
    """Whether this session confirmed a second factor."""
    return _confirmed_at(request) is not None


def is_fresh(request: HttpRequest) -> bool:
    """Whether it did within the last ten minutes."""
    shown = _confirmed_at(request)
    return shown is not None and timedelta() <= now() - shown < FRESH_FOR


def _confirmed_at(request: HttpRequest) -> datetime | None:
    shown = [
        record.get("at")
        for record in get_authentication_records(request, request.user)
        if isinstance(record, dict) and record.get("method") == "mfa"
    ]
    return datetime.fromtimestamp(shown[-1], UTC) if shown and isinstance(shown[-1], float) else None
