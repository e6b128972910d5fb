"""Keyboard shortcuts of the console: actions and their keys."""

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
KEYS: Mapping[KeyAction, str] = {
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
