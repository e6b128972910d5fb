"""Display preferences of the current request: time zone, colours, keys.

The colours of a deadline: the only place that decides them. Text always says the same as the colour.

Descriptions of the keyboard shortcuts: help, legend and palette.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from django.utils import timezone
from django.utils.translation import gettext

from jaga.core.clock import TimeLeft, now, time_left
from jaga.core.errors import N_
from jaga.core.keys import CTRL, ELEMENTS, KEYS, RULES, KeyAction
from jaga.people.reads.roster import PreferencesView
from jaga.policy.local_time import local_zone, zone_of


@dataclass(frozen=True)
class ClockStyle:
    """How one step of time left is shown.

    `clock` ends the classes of a single deadline (`clock--…`, `rail__row--…`), `tag` those of a number of cases
    (`tag--…`) with the word `tagged` beside it, and `part` those of a bar (`part--…`). What is empty is shown plainly.
    """

    label: str
    clock: str
    part: str
    tag: str = ""
    tagged: str = ""


STYLES: Mapping[TimeLeft, ClockStyle] = MappingProxyType(
    {
        TimeLeft.OVERDUE: ClockStyle(N_("overdue"), "late", "contradicted", "danger", N_("overdue")),
        TimeLeft.HOURS_2: ClockStyle(N_("less than 2 hours"), "soon", "late", "warn", N_("soon")),
        TimeLeft.HOURS_12: ClockStyle(N_("2 to 12 hours"), "running", "claimed"),
        TimeLeft.HOURS_24: ClockStyle(N_("12 to 24 hours"), "running", ""),
        TimeLeft.LATER: ClockStyle(N_("more than a day"), "running", "kept"),
    }
)
STOPPED = "stopped"
"""The `clock` of a case that is decided."""


def clock_at(due_at: datetime) -> str:
    """The `clock` of a deadline that runs: late, soon or running."""
    return STYLES[time_left(due_at, now())].clock


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


TASKS = {
    KeyAction.DOWN: N_("Next in the list"),
    KeyAction.UP: N_("Previous in the list"),
    KeyAction.OPEN: N_("Open what is marked in the list"),
    KeyAction.TAKE: N_("Take the case"),
    **{rule: N_("Choose number %(number)s") for rule in RULES},
    **{element: N_("Tick element number %(number)s") for element in ELEMENTS},
    KeyAction.LAW: N_("Choose the next legal basis"),
    KeyAction.DISMISS: N_("Choose “no action”"),
    KeyAction.RESTRICT: N_("Choose the restriction"),
    KeyAction.CLOSE: N_("Propose the closure"),
    KeyAction.ESCALATE: N_("Escalate"),
    KeyAction.ASK: N_("Ask the reporter"),
    KeyAction.HOLD: N_("Hold the case for later"),
    KeyAction.SKIP: N_("Skip the case"),
    KeyAction.COMMIT: N_("Send the form"),
    KeyAction.JUMP: N_("Search and commands"),
    KeyAction.NEXT: N_("Next waiting case"),
    KeyAction.UNDO: N_("Undo the last decision"),
    KeyAction.EARLIER: N_("Earlier decisions about the account"),
    KeyAction.HELP: N_("This help"),
}
_LEGEND = {
    KeyAction.DOWN: N_("move"),
    KeyAction.OPEN: N_("open it"),
    KeyAction.TAKE: N_("take it"),
    KeyAction.ASK: N_("ask the reporter"),
    KeyAction.ESCALATE: N_("escalate"),
    KeyAction.HOLD: N_("hold"),
    KeyAction.SKIP: N_("skip"),
    KeyAction.DISMISS: N_("no action"),
    KeyAction.RESTRICT: N_("restrict"),
    KeyAction.CLOSE: N_("close"),
    KeyAction.RULE_1: N_("choose"),
    KeyAction.ELEMENT_1: N_("tick"),
    KeyAction.LAW: N_("legal basis"),
    KeyAction.COMMIT: N_("send"),
    KeyAction.NEXT: N_("next case"),
    KeyAction.UNDO: N_("undo"),
}
_TOGETHER = {KeyAction.DOWN: (KeyAction.DOWN, KeyAction.UP), KeyAction.RULE_1: RULES, KeyAction.ELEMENT_1: ELEMENTS}


@dataclass(frozen=True)
class ShownKey:
    """An action with its keys to press together, e.g. `Ctrl` and `Enter`."""

    action: KeyAction
    caps: tuple[str, ...]
    words: str


@dataclass(frozen=True)
class LegendEntry:
    """One entry of the legend; related actions share one."""

    keys: tuple[ShownKey, ...]
    words: str


def caps(key: str) -> tuple[str, ...]:
    """How a key is labelled."""
    bare = key.removeprefix(CTRL)
    cap = bare.upper() if len(bare) == 1 else bare
    return () if not key else ("Ctrl", cap) if key.startswith(CTRL) else (cap,)


def task(action: KeyAction) -> str:
    """What the action does, in the reader's language."""
    number = next((row.index(action) + 1 for row in (RULES, ELEMENTS) if action in row), 0)
    return gettext(TASKS[action]) % {"number": number} if number else gettext(TASKS[action])


def key_rows() -> tuple[ShownKey, ...]:
    """Every action and its key, for the help."""
    return tuple(ShownKey(action, caps(key), task(action)) for action, key in keys_now().items())


def legend() -> tuple[LegendEntry, ...]:
    """The short list at the foot of each page; the script hides what has no effect there."""
    keys: Mapping[KeyAction, str] = keys_now()
    entries = (
        LegendEntry(
            tuple(ShownKey(one, caps(keys[one]), "") for one in _TOGETHER.get(action, (action,)) if one in keys),
            gettext(words),
        )
        for action, words in _LEGEND.items()
    )
    return tuple(entry for entry in entries if entry.keys)


def keys_json() -> str:
    """The bindings for the script; an empty object if shortcuts are off."""
    return json.dumps({action.value: key for action, key in keys_now().items()})
