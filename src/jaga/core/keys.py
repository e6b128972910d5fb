"""Keyboard shortcuts of the console: actions, default keys and a person's own keys."""

from collections.abc import Mapping
from enum import StrEnum


class KeyAction(StrEnum):
    """What a shortcut does, on pages that support it."""

    DOWN = "down"
    UP = "up"
    OPEN = "open"
    TAKE = "take"
    RULE_1 = "rule_1"
    RULE_2 = "rule_2"
    RULE_3 = "rule_3"
    RULE_4 = "rule_4"
    RULE_5 = "rule_5"
    RULE_6 = "rule_6"
    RULE_7 = "rule_7"
    RULE_8 = "rule_8"
    RULE_9 = "rule_9"
    ELEMENT_1 = "element_1"
    ELEMENT_2 = "element_2"
    ELEMENT_3 = "element_3"
    ELEMENT_4 = "element_4"
    LAW = "law"
    DISMISS = "dismiss"
    RESTRICT = "restrict"
    CLOSE = "close"
    ESCALATE = "escalate"
    ASK = "ask"
    HOLD = "hold"
    SKIP = "skip"
    COMMIT = "commit"
    JUMP = "jump"
    NEXT = "next"
    UNDO = "undo"
    EARLIER = "earlier"
    HELP = "help"


RULES = tuple(KeyAction(f"rule_{number}") for number in range(1, 10))
ELEMENTS = tuple(KeyAction(f"element_{number}") for number in range(1, 5))
DEFAULTS: Mapping[KeyAction, str] = {
    KeyAction.DOWN: "j",
    KeyAction.UP: "k",
    KeyAction.OPEN: "Enter",
    KeyAction.TAKE: "t",
    **{action: str(number) for number, action in enumerate(RULES, 1)},
    **dict(zip(ELEMENTS, "fgvb", strict=True)),
    KeyAction.LAW: "l",
    KeyAction.DISMISS: "d",
    KeyAction.RESTRICT: "r",
    KeyAction.CLOSE: "x",
    KeyAction.ESCALATE: "e",
    KeyAction.ASK: "a",
    KeyAction.HOLD: "h",
    KeyAction.SKIP: "s",
    KeyAction.COMMIT: "Ctrl+Enter",
    KeyAction.JUMP: "Ctrl+k",
    KeyAction.NEXT: "n",
    KeyAction.UNDO: "u",
    KeyAction.EARLIER: "p",
    KeyAction.HELP: "?",
}
CTRL = "Ctrl+"
NAMES = (
    "Enter",
    "ArrowDown",
    "ArrowUp",
    "ArrowLeft",
    "ArrowRight",
    "Home",
    "End",
    "PageUp",
    "PageDown",
    "Insert",
    "Delete",
    "Backspace",
    "F2",
    "F4",
    "F8",
    "F9",
)
"""Browser names of keys without a character. Tab, Space and Escape are not offered, since pages need them."""
BROWSERS_OWN = frozenset("acfnprtvwxz")
"""Letters whose Ctrl combination browsers use for copy, paste, find, print, open and close."""
_BY_SMALL_NAME = {name.lower(): name for name in NAMES}


def read_key(text: str) -> str | None:
    """The stored form of a key: `j`, `?`, `Enter`, `Ctrl+Enter`; "" for no key, None if invalid or reserved."""
    joined = "".join(text.split())
    with_ctrl = joined.lower().startswith(CTRL.lower())
    bare = joined[len(CTRL) :] if with_ctrl else joined
    name = _BY_SMALL_NAME.get(bare.lower()) or (bare.lower() if len(bare) == 1 and bare.isprintable() else None)
    if with_ctrl:
        return CTRL + name if name and name not in BROWSERS_OWN else None
    return name if joined else ""


def bindings(own: Mapping[str, str]) -> dict[KeyAction, str]:
    """The key of every action, "" for none. A key that a person chose is removed from the action it belonged to."""
    chosen = {KeyAction(action): key for action, key in own.items() if action in set(KeyAction)}
    taken = set(chosen.values())
    return {action: chosen.get(action, "" if default in taken else default) for action, default in DEFAULTS.items()}


def doubled(keys: Mapping[KeyAction, str]) -> dict[KeyAction, KeyAction]:
    """Actions whose key an earlier action uses, with that action."""
    first: dict[str, KeyAction] = {}
    return {action: first[key] for action, key in keys.items() if key and first.setdefault(key, action) is not action}


def changed(keys: Mapping[KeyAction, str]) -> dict[str, str]:
    """The keys that differ from the defaults, as stored."""
    return {action.value: key for action, key in keys.items() if key != DEFAULTS[action]}
