"""From a public feed to observations for triage."""

from datetime import UTC, datetime

import pytest

from jaga.core.foreign import ForeignValueInvalid
from jaga.core.platforms import PublicFeed, PublicMessage
from jaga.sources.public_rooms import WatchedText, watched_texts

AT = datetime(2026, 3, 20, 9, tzinfo=UTC)


def message(
    text: str, sender: str = "@rina:localhost", message_id: str = "$1", room: str = "!a:localhost",
) -> PublicMessage:
    return PublicMessage(room, "Taman", message_id, sender, text, AT)


def texts(*messages: PublicMessage, ours: frozenset[str] = frozenset()) -> list[str]:
    return [watched.text for watched in watched_texts("practice", PublicFeed(messages, "c"), ours=ours)]


def test_a_public_message_becomes_an_observation_with_its_place_and_time() -> None:
    """The observation has the message's text, place and time, unchanged."""
    (watched,) = watched_texts("practice", PublicFeed((message("halo"),), "c"))
    assert watched == WatchedText("practice", "@rina:localhost", "rina", "!a:localhost", "Taman", "$1", "halo", AT)


@pytest.mark.parametrize(("account_id", "handle"), [
    ("@rina:localhost", "rina"), ("rina@localhost", "rina"), ("rina", "rina"), ("@rina", "rina"),
])
def test_the_handle_is_the_name_without_its_server(account_id: str, handle: str) -> None:
    """The handle is written as in a report: the name without its server."""
    (watched,) = watched_texts("practice", PublicFeed((message("halo", account_id),), "c"))
    assert watched.handle == handle


def test_our_own_empty_and_system_messages_are_left_out() -> None:
    """The watcher skips its own messages, and nothing without text is screened."""
    ours = frozenset({"@penjaga:localhost"})
    assert texts(message("a"), message("b", "@penjaga:localhost", "$2"), message(" \n", message_id="$3"),
                 ours=ours) == ["a"]
    with pytest.raises(ForeignValueInvalid, match="account_id: empty"):  # nobody's message comes no further
        message("c", "", "$4")


def test_a_message_that_comes_twice_is_observed_once() -> None:
    """A feed that is read again after a crash overlaps, and two rooms may use the same id."""
    assert texts(message("a"), message("a"), message("a", room="!b:localhost")) == ["a", "a"]
