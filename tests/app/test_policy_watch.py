"""A web process follows the adopted release from its first request on, whichever process that is."""

import os
import threading
from typing import Any

import pytest

from jaga.app import policy_in_force as policy_watch
from jaga.app.policy_in_force import WEB, Following


def test_each_process_that_answers_follows_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once, before its first answer, and again in a process that was forked: a fork has no threads."""
    done: list[str] = []
    watched = threading.Event()
    monkeypatch.setattr(policy_watch, "_look_up", lambda part: done.append(f"looked up for {part}"))
    monkeypatch.setattr(policy_watch, "_follow", lambda part: watched.set())

    def inner(environ: dict[str, Any], start: Any) -> list[bytes]:
        done.append("answered")
        return [b""]

    application = Following(inner, WEB)
    assert done == []
    for _ in range(2):
        application({}, lambda *_: None)
    assert watched.wait(10)
    assert done == ["looked up for web", "answered", "answered"]
    real = os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: real + 1)
    application({}, lambda *_: None)
    assert done[3:] == ["looked up for web", "answered"]
