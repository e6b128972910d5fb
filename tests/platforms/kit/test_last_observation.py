"""An observation that is remembered for the next step never outlives its time, account or thread."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from jaga.platforms.kit import steps as last_observation
from jaga.platforms.kit.steps import LastObservation


def test_an_observation_serves_the_next_step_on_the_same_account() -> None:
    """The next step need not ask again; about another account nothing is known."""
    last = LastObservation[str]()
    assert last.keep("@satu:localhost", "active") == "active"
    assert last.of("@satu:localhost") == "active"
    assert last.of("@dua:localhost") is None
    last.keep("@dua:localhost", "closed")
    assert last.of("@satu:localhost") is None


def test_an_order_makes_it_void() -> None:
    """After a change the account is observed again, also if its answer was lost."""
    last = LastObservation[str]()
    last.keep("@satu:localhost", "active")
    last.forget()
    assert last.of("@satu:localhost") is None


def test_an_old_observation_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    """If preserving took long, the account may have changed meanwhile."""
    last = LastObservation[str]()
    last.keep("@satu:localhost", "active")
    later = last_observation.time.monotonic() + last_observation.SECONDS + 0.1
    monkeypatch.setattr(last_observation.time, "monotonic", lambda: later)
    assert last.of("@satu:localhost") is None


def test_no_thread_sees_what_another_saw() -> None:
    """A later verification of the same account by another thread neither helps nor disturbs an attempt."""
    last = LastObservation[str]()
    last.keep("@satu:localhost", "active")
    with ThreadPoolExecutor(1) as other:
        assert other.submit(last.of, "@satu:localhost").result() is None
        other.submit(last.keep, "@satu:localhost", "closed").result()
    assert last.of("@satu:localhost") == "active"
