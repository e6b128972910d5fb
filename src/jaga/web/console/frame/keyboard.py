"""Descriptions of the keyboard shortcuts: help, legend and palette."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.translation import gettext

from jaga.core.errors import N_
from jaga.core.keys import CTRL, ELEMENTS, RULES, KeyAction
from jaga.web.console.frame.display import keys_now

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
