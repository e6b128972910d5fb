"""Heads are stamped once a day by an authority outside (RFC 3161); here by `openssl ts`."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.casework.ledger.authority import RunningAuthority, authority, openssl
from tests.casework.ledger.conftest import Hour, by_the_owner
from tests.factories import World

from jaga.app import timestamp_settings
from jaga.app.timestamp_settings import MissingTimestampRoots, WrongTimestampAuthority
from jaga.ledger.timestamps import BadTimestamp, BadTimestampRoots, check_stamp, request_for
from jaga.proofs import jobs as ledger_timestamps
from jaga.proofs.jobs import ask_authority
from jaga.proofs.verbs import witnesses as timestamps
from jaga.proofs.verbs.verification import verify_published
from jaga.store.models import HeadTimestamp, LedgerEntry


@pytest.fixture
def stamping(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunningAuthority]:
    """An authority that the installation is told to ask."""
    ledger_timestamps._PAUSE.clear()
    monkeypatch.setattr(ledger_timestamps, "_LEDGER_TIMESTAMPS_FIRST_PAUSE", 0.0)
    with authority(tmp_path / "authority") as running:
        settings.JAGA_TIMESTAMP_URL, settings.JAGA_TIMESTAMP_ROOTS = running.url, running.roots
        yield running


def problems() -> list[str]:
    return [problem.english() for problem in verify_published()]


def test_one_head_a_day_is_stamped_and_a_late_stamp_alarms(
    world: World,
    client: Client,
    hour: Hour,
    stamping: RunningAuthority,
    passing: Callable[[timedelta], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stamp is checked before it is kept, openssl agrees, and a junk answer or one of another text is refused."""
    assert ask_authority() == 0  # nothing is published
    hour()
    stamping.instead[:] = [b"junk"]
    assert ask_authority() == 0
    stamping.instead[:] = [stamping.stamp(request_for(b"another text").content)]
    assert ask_authority() == 0
    assert not HeadTimestamp.objects.exists()
    passing(timedelta(hours=27))
    assert client.get("/health/ready").json()["late_timestamp"]
    passing(timedelta(hours=-27))
    stamping.instead.clear()
    assert ask_authority() == 1
    assert not client.get("/health/ready").json()["late_timestamp"]
    hour()
    assert ask_authority() == 0  # once a day
    assert problems() == []
    stamp, checkpoint = (client.get(f"/key/{name}") for name in ("jaga-head.tsr", "jaga-head.txt"))
    (tmp_path / "stamp").write_bytes(stamp.content)
    (tmp_path / "head").write_bytes(checkpoint.content)
    openssl(tmp_path, "ts -verify -data head -in stamp -CAfile authority/ca.pem")  # raises if it refuses
    assert "jaga-head.tsr" in client.get("/key/").content.decode()
    moment = HeadTimestamp.objects.get().received_at
    monkeypatch.setattr(timestamps, "now", lambda: moment + timedelta(hours=24))
    assert ask_authority() == 0  # the authority's clock is a day behind ours
    assert HeadTimestamp.objects.count() == 1


def test_a_stamp_that_is_edited_exchanged_or_removed_is_found(
    world: World, hour: Hour, stamping: RunningAuthority, settings: Any, tmp_path: Path
) -> None:
    """By the verifier: the entry of the stamp says which one it was. A foreign root trusts nothing."""
    hour()
    assert ask_authority() == 1
    row, entry = HeadTimestamp.objects.get(), LedgerEntry.objects.get(verb="stamp_head")
    assert entry.payload["size"] == row.head.size
    with authority(tmp_path / "other") as other:
        settings.JAGA_TIMESTAMP_ROOTS = other.roots
        assert "is wrong" in problems()[0]
        settings.JAGA_TIMESTAMP_ROOTS = stamping.roots
        again = stamping.stamp(request_for(row.head.note.encode()).content)
    for change, found in (
        (f"stamp = '\\x{again.hex()}'", "not the one that was recorded"),
        ("stamped_at = stamped_at - interval '1 hour'", "not the one that was recorded"),
        ("stamp = substr(stamp, 1, 500)", "is wrong"),
    ):
        by_the_owner(f"UPDATE records_headtimestamp SET {change}")
        assert [found in problem for problem in problems()] == [True]
        by_the_owner(
            f"UPDATE records_headtimestamp SET stamp = '\\x{bytes(row.stamp).hex()}',"
            f" stamped_at = '{row.stamped_at.isoformat()}'"
        )
    by_the_owner("DELETE FROM records_headtimestamp")
    assert ["is missing" in problem for problem in problems()] == [True]
    settings.JAGA_TIMESTAMP_ROOTS = tmp_path / "none"
    assert "cannot be checked" in problems()[0]


def test_a_wrong_setting_is_named_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stamping: RunningAuthority
) -> None:
    """An address that is none, a missing file, and one without a root certificate."""
    monkeypatch.setenv("JAGA_TIMESTAMP_ROOTS", str(tmp_path / "roots"))
    timestamp_settings.check()  # nothing is configured
    for wrong in ("ftp://tsa.example", "tsa.example", "http://", "http://a b", "http://a:99999"):
        monkeypatch.setenv("JAGA_TIMESTAMP_URL", wrong)
        with pytest.raises(WrongTimestampAuthority):
            timestamp_settings.check()
    monkeypatch.setenv("JAGA_TIMESTAMP_URL", "http://tsa.example/")
    with pytest.raises(MissingTimestampRoots):
        timestamp_settings.check()
    for content in (b"nothing", (stamping.folder / "tsa.pem").read_bytes()):
        (tmp_path / "roots").write_bytes(content)
        with pytest.raises(BadTimestampRoots):
            timestamp_settings.check()
    (tmp_path / "roots").write_bytes(stamping.roots.read_bytes())
    timestamp_settings.check()
    for junk in (b"", b"\x30", stamping.stamp(request_for(b"a").content)[:-5]):
        with pytest.raises(BadTimestamp):
            check_stamp(junk, b"a", ())
