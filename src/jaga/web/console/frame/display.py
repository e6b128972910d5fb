"""How the page that is being made is read: the zone of its times, its colours, its keys. Set for one request."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

from jaga.core.keys import KeyAction
from jaga.core.zones import DEFAULT, zone_of
from jaga.records.access.people.preferences import PreferencesView

_now: ContextVar[PreferencesView | None] = ContextVar("jaga_reading", default=None)


@contextmanager
def reading_as(preferences: PreferencesView) -> Iterator[None]:
    """Within the block pages are made for whoever has these preferences."""
    token = _now.set(preferences)
    try:
        with timezone.override(zone_of(preferences.time_zone)):
            yield
    finally:
        _now.reset(token)


@contextmanager
def in_wib() -> Iterator[None]:
    """Within the block times are those of Jakarta, whoever reads: for what is sorted by days there, or passed on."""
    with timezone.override(zone_of(DEFAULT)):
        yield


def preferences_now() -> PreferencesView:
    """The preferences of whoever reads the page; everybody's defaults outside the console."""
    return _now.get() or PreferencesView()


def keys_now() -> Mapping[KeyAction, str]:
    """The reader's keys; none where they switched them off."""
    seen = preferences_now()
    return seen.keys if seen.keys_on else {}
