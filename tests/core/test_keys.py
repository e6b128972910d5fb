"""Keyboard shortcuts: no two actions share a key, and pages and browsers keep theirs."""

from jaga.core.keys import CTRL, KEYS, KeyAction

NEEDED_BY_BROWSERS = frozenset("acfnprtvwxz")
"""Letters whose Ctrl combination browsers use for copy, paste, find, print, open and close."""
NEEDED_BY_PAGES = {"Tab", "Space", " ", "Escape"}


def test_every_action_has_a_key_and_no_two_share_one() -> None:
    """Nobody needs to configure anything."""
    assert set(KEYS) == set(KeyAction)
    assert len(set(KEYS.values())) == len(KEYS)
    assert all(KEYS.values())


def test_what_pages_and_browsers_need_stays_theirs() -> None:
    """Tab, Escape, copying, closing have no other task."""
    assert NEEDED_BY_PAGES.isdisjoint(KEYS.values())
    assert {f"{CTRL}{letter}" for letter in NEEDED_BY_BROWSERS}.isdisjoint(KEYS.values())
