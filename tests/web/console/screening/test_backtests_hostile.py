"""What a backtest's form does with odd files, with other roles, and with a full disk."""

import errno
import os
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from tests.casework.screening.test_backtest import RULE
from tests.web.console.conftest import Staff
from tests.web.console.screening.test_backtest_pages import Open, officer

from jaga.core.terms.people import Role

__all__ = ["officer"]  # the fixture
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, after in zip("abcdefgh", "bcdefghi", strict=True)
)
ODD = {
    "a NUL": b"category: gambling\0\n",
    "ten megabytes": b"# x\n" * 2_500_000,
    "no text": b"\xff\xfe\x00",
    "empty": b"",
    "a bomb": BOMB.encode(),
    "nested": b"[" * 20_000,
    "a tag": b"!!python/object/apply:os.system [id]\n",
    "a number": b"7\n",
    "a huge number": b"rules: " + b"9" * 5000,
    "a lone surrogate": b'"\\ud800"\n',
    "a list": b"- rules\n",
}


def _send(client: Client, content: bytes, name: str = "mine.yaml") -> Any:
    return client.post("/console/backtests/", {"file": SimpleUploadedFile(name, content), "days": "30"})


@pytest.mark.parametrize("what", ODD)
def test_an_odd_file_is_refused_in_words(officer: Client, what: str) -> None:
    """And nothing is stored or started."""
    answer = _send(officer, ODD[what])
    assert answer.status_code in (413, 422), answer.content.decode()[-2000:]
    assert "None was started yet." in officer.get("/console/backtests/").content.decode()


@pytest.mark.parametrize(
    "name", ["../../etc/x.yaml", "..\\x.yaml", ".hidden", "x\0y.yaml", "a" * 3000 + ".yaml", "…", "release.yaml"]
)
def test_an_odd_name_leads_nowhere(officer: Client, name: str) -> None:
    """The name is only a name: no folder, no hidden file, and no other part of the release."""
    assert _send(officer, RULE.format(mode="live").encode(), name).status_code in (302, 409, 422)


def test_nobody_else_starts_or_reads_one(officer: Client, staff: Staff, browser_of: Open) -> None:
    """A run's address is no key."""
    place = _send(officer, RULE.format(mode="live").encode())["Location"]
    for role, actor in staff.by_role.items():
        if role is not Role.ADMINISTRATOR:
            client = browser_of(actor)
            assert client.get(place).status_code in (403, 404), role
            assert _send(client, RULE.format(mode="live").encode()).status_code in (403, 404), role
    for odd in ("0" * 16, "..", "x", "0" * 500):
        assert officer.get(f"/console/backtests/{odd}/").status_code == 404


def test_a_full_disk_is_said_and_leaves_nothing(officer: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The administrator learns that there is no room, not that something went wrong."""
    opened = os.open

    def full(path: Any, flags: int, *more: Any, **named: Any) -> int:
        if str(path).endswith(".new"):
            raise OSError(errno.ENOSPC, "No space left on device")
        return opened(path, flags, *more, **named)

    officer.raise_request_exception = False  # the page that people see
    monkeypatch.setattr(os, "open", full)
    answer = _send(officer, RULE.format(mode="live").encode())
    assert answer.status_code == 503
    assert "too little room" in answer.content.decode()
    monkeypatch.undo()
    assert _send(officer, RULE.format(mode="live").encode()).status_code == 302
