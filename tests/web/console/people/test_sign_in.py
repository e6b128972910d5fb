"""Signing in and out, in the person's own language, and protection against guessing."""

import re
from typing import Any

from django.test import Client
from tests.web.console.conftest import PASSWORD, Staff

from jaga.core.terms.people import Role

ADDRESS = "/console/sign-in/"


def test_each_person_starts_at_their_own_work_in_their_own_language(staff: Staff, client: Client) -> None:
    """Reviewers at the queue, administrators at the overview, auditors at the ledger."""
    starts = {Role.REVIEWER: "queue", Role.ADMINISTRATOR: "overview", Role.AUDITOR: "ledger"}
    for role, start in starts.items():
        answer = client.post(ADDRESS, {"username": f"a-{role}", "password": PASSWORD})
        assert answer["Location"] == f"/console/{start}/"
        page = client.get(answer["Location"])
        assert '<html lang="en"' in page.content.decode()
        client.post("/console/sign-out/")
        assert client.get(answer["Location"]).status_code == 302


def test_a_wrong_name_and_a_wrong_password_are_answered_alike(staff: Staff, client: Client) -> None:
    """Names cannot be found out by trying; a NUL causes no error."""
    pages = [
        client.post(ADDRESS, {"username": name, "password": password}).content.decode()
        for name, password in (("a-reviewer", "wrong"), ("nobody", "wrong"), ("a\x00b", "wrong"))
    ]
    assert all("Nama dan kata sandi tidak cocok" in page for page in pages)


def test_guessing_is_stopped(staff: Staff, client: Client) -> None:
    """After ten wrong passwords from one address, not even the right one is checked for a minute."""
    for _ in range(10):
        client.post(ADDRESS, {"username": "a-reviewer", "password": "wrong"})
    answer = client.post(ADDRESS, {"username": "a-reviewer", "password": PASSWORD})
    assert answer.status_code == 429
    assert "Tunggu" in answer.content.decode()


def test_signing_in_leads_nowhere_else(staff: Staff, client: Client) -> None:
    """A forged `next` does not lead to another site."""
    answer = client.post(ADDRESS, {"username": "a-reviewer", "password": PASSWORD, "next": "https://contoh.test/"})
    assert answer["Location"] == "/console/queue/"


def test_signing_out_takes_a_button(staff: Staff, client: Client) -> None:
    """Signing out needs a POST, so a link or picture on another site cannot sign anybody out."""
    assert client.get("/console/sign-out/").status_code == 405


def test_a_name_longer_than_any_is_no_fault(staff: Staff, client: Client) -> None:
    """It is refused like any other wrong name, though it does not fit the column for failed attempts."""
    for name, password in (("x" * 5000, "wrong"), ("a-reviewer", "x" * 100_000)):
        answer = client.post(ADDRESS, {"username": name, "password": password})
        assert answer.status_code == 200
        assert "Nama dan kata sandi tidak cocok" in answer.content.decode()


def test_a_stranger_behind_the_same_proxy_keeps_nobody_out(staff: Staff, client: Client, settings: Any) -> None:
    """Wrong passwords count for the address that Jaga's own proxy saw, not for the proxy's."""
    settings.JAGA_PROXY_HOPS = 1
    for number in range(11):
        guessed = client.post(
            ADDRESS, {"username": f"name-{number}", "password": "wrong"}, headers={"X-Forwarded-For": "192.0.2.66"}
        )
    assert guessed.status_code == 429
    answer = client.post(
        ADDRESS,
        {"username": "a-reviewer", "password": PASSWORD},
        headers={"X-Forwarded-For": "192.0.2.66, 198.51.100.7"},
    )
    assert answer.status_code == 302


def test_after_a_wrong_password_one_writes_it_again(staff: Staff, client: Client) -> None:
    """The name is kept and the password has the focus; on a fresh page the name has it."""

    def focused(page: str) -> list[str]:
        return re.findall(r'<input id="(\w+)"[^>]*\bautofocus\b', page)

    assert focused(client.get(ADDRESS).content.decode()) == ["username"]
    wrong = client.post(ADDRESS, {"username": "a-reviewer", "password": "wrong"}).content.decode()
    assert focused(wrong) == ["password"]
