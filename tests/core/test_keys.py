"""Keyboard shortcuts: how they are written, and how personal ones replace the defaults."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.keys import DEFAULTS, KeyAction, bindings, changed, doubled, read_key

KEY = st.sampled_from([*"abcdefghijklmnopqrstuvwxyz0123456789?/;", "Enter", "ArrowDown", "Ctrl+Enter", "Ctrl+k", ""])


def test_every_action_has_a_default_and_no_two_share_one() -> None:
    """Nobody needs to configure anything."""
    assert set(DEFAULTS) == set(KeyAction)
    assert doubled(DEFAULTS) == {}
    assert all(read_key(key) == key for key in DEFAULTS.values())


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("J", "j"),
        (" ? ", "?"),
        ("enter", "Enter"),
        ("arrowdown", "ArrowDown"),
        ("ctrl+ENTER", "Ctrl+Enter"),
        ("Ctrl + K", "Ctrl+k"),
        ("", ""),
        ("é", "é"),
    ],
)
def test_a_key_is_understood_however_it_is_typed(typed: str, stored: str) -> None:
    """Lower case, no spaces, names as browsers use them."""
    assert read_key(typed) == stored


@pytest.mark.parametrize("typed", ["jj", "Tab", "Escape", "Space", "Ctrl+", "Ctrl+c", "Ctrl+Tab", "Alt+x", "\x07"])
def test_what_pages_and_browsers_need_stays_theirs(typed: str) -> None:
    """Tab, Escape, copying, closing cannot be bound by mistake."""
    assert read_key(typed) is None


@given(st.dictionaries(st.sampled_from(KeyAction), KEY))
def test_own_keys_survive_being_stored_and_take_from_the_defaults(own: dict[KeyAction, str]) -> None:
    """A valid choice is stored unchanged; a default never conflicts with it, so no key has two actions."""
    unique = {action: key for action, key in own.items() if key == "" or list(own.values()).count(key) == 1}
    found = bindings(changed(unique))
    assert doubled(found) == {}
    for action, key in unique.items():
        if key != DEFAULTS[action]:
            assert found[action] == key


def test_an_action_of_another_version_is_left_alone() -> None:
    """A row with an action that this version does not know is ignored."""
    assert bindings({"fly": "f"}) == dict(DEFAULTS)
