"""Display preferences of the current request: time zone, colours, keys."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from django.utils import timezone

from jaga.core.keys import KEYS, KeyAction
from jaga.policy.local_time import local_zone, zone_of
from jaga.records.access.people.preferences import PreferencesView

_now: ContextVar[PreferencesView | None] = ContextVar("jaga_reading", default=None)


@contextmanager
def reading_as(preferences: PreferencesView) -> Iterator[None]:
    """Render with these preferences within the block."""
    token = _now.set(preferences)
    try:
        with timezone.override(zone_of(preferences.time_zone)):
            yield
    finally:
        _now.reset(token)


@contextmanager
def in_local_time() -> Iterator[None]:
    """Render times in the jurisdiction's zone within the block, for content grouped by its days or passed on."""
    with timezone.override(local_zone()):
        yield


def preferences_now() -> PreferencesView:
    """The reader's preferences; the defaults outside the console."""
    return _now.get() or PreferencesView()


def keys_now() -> Mapping[KeyAction, str]:
    """The keyboard shortcuts; empty if the reader switched them off."""
    return KEYS if preferences_now().keys_on else {}
