"""A platform's own stream over HTTP: stored before it is acknowledged, once, and only for a watch that runs."""

import gzip
import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from tests.factories import ACCOUNT, PLATFORM, World, make_world, rows
from tests.sources.test_stream import arrow, lines, row
from tests.watching import LOUD, pair, running

from jaga.cases.models.cases import Case, Platform
from jaga.core.clock import frozen, now
from jaga.core.observations import LARGEST_PUSH, LARGEST_UNPACKED
from jaga.core.standard_webhooks import PrivateKey, sign
from jaga.core.terms.reports import SourceKind, SourceState
from jaga.store.models import LedgerEntry
from jaga.watch.jobs import read_watch
from jaga.watch.models.kept import WatchFinding, WatchPush
from jaga.watch.models.watches import WatchDay, WatchProgress
from jaga.watch.verbs import pushes, reading
from jaga.watch.verbs import watches as expiry
from jaga.watch.verbs.watches import stop_watch

KEY, FOREIGN = PrivateKey(bytes(32)), PrivateKey(bytes([9]) * 32)
EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "push_observations.py"
LINES, ARROW = "application/x-ndjson", "application/vnd.apache.arrow.stream"
AT = f"/hooks/{PLATFORM}/observations/"


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    made = make_world()
    Platform.objects.filter(name=PLATFORM).update(hook_keys=[KEY.public.text()])
    return made


@pytest.fixture
def watch(world: World) -> int:
    return running(kind=SourceKind.STREAM)


def post(
    client: Client,
    body: bytes,
    id_: str = "b1",
    *,
    key: PrivateKey = KEY,
    kind: str = LINES,
    late: timedelta = timedelta(0),
    **headers: str,
) -> Any:
    signed = {**sign(key, id_, now() - late, body), **headers}
    return client.post(AT, body, content_type=kind, headers=signed)


LOUD_ROWS = [
    row(f"p{number}", f"Sepeda nomor {number} masih ada?", account_id=f"@orang{number}:localhost")
    for number in range(20)
] + [row("loud", LOUD, account_id=ACCOUNT)]


def test_a_signed_batch_is_stored_then_read_and_only_what_is_flagged_is_kept(client: Client, watch: int) -> None:
    """202 after the commit; the worker files one case of 21 rows, and the contents of the batch are gone."""
    body = gzip.compress(lines(LOUD_ROWS))
    answer = post(client, body, **{"Content-Encoding": "gzip"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"watch": f"W{watch:06d}", "batch": 1, "rows": 21, "repeat": False},
    )
    stored = WatchPush.objects.get()
    assert stored.sealed is not None
    assert b"Sepeda" not in bytes(stored.sealed)
    assert LedgerEntry.objects.filter(verb="take_push", actor=f"platform:{PLATFORM}").count() == 1
    assert read_watch(str(watch)) == 21
    assert read_watch(str(watch)) == 0
    assert Case.objects.get().subject.account_id == ACCOUNT
    assert WatchFinding.objects.count() == 1
    assert WatchPush.objects.get().sealed is None
    progress = WatchProgress.objects.get()
    assert (progress.state, progress.lag, WatchDay.objects.get().observed) == (SourceState.READING, timedelta(0), 21)


def test_the_same_batch_twice_is_one(client: Client, watch: int) -> None:
    """Signed anew or recorded; before and after it was read; and under another id by its rows."""
    body = lines(LOUD_ROWS)
    assert post(client, body).json()["repeat"] is False
    assert post(client, body).json()["repeat"] is True
    assert read_watch(str(watch)) == 21
    again = post(client, body, late=timedelta(minutes=1))
    assert (again.status_code, again.json()["repeat"]) == (202, True)
    assert post(client, lines(LOUD_ROWS[:3])).json()["code"] == "push_id_used"
    assert post(client, arrow(LOUD_ROWS), "b2", kind=ARROW).json()["batch"] == 2
    assert read_watch(str(watch)) == 0
    assert (Case.objects.count(), WatchDay.objects.get().repeated) == (1, 21)


def test_what_is_not_signed_by_the_platform_is_not_looked_at(client: Client, watch: int) -> None:
    """401 for a foreign key, a changed body, an old signature, and for no signature; nothing is stored."""
    body, before = lines(LOUD_ROWS), rows()
    assert post(client, body, key=FOREIGN).status_code == 401
    assert post(client, body, late=timedelta(minutes=6)).status_code == 401
    assert client.post(AT, body + b"\n", content_type=LINES, headers=sign(KEY, "b1", now(), body)).status_code == 401
    assert client.post(AT, body, content_type=LINES).status_code == 401
    assert client.post("/hooks/tidak-ada/observations/", body, content_type=LINES).status_code == 404
    assert client.get(AT).status_code == 405
    assert rows() == before


def test_a_platform_without_a_running_watch_is_told_so(client: Client, world: World) -> None:
    """Neither before two people started one nor after one stopped it; what waited then is deleted unread."""
    assert post(client, lines(LOUD_ROWS)).json()["code"] == "no_running_stream"
    number = running(kind=SourceKind.STREAM)
    assert post(client, lines(LOUD_ROWS)).status_code == 202
    stop_watch(number, "Tidak perlu lagi.", actor=pair(PLATFORM)[0])
    refused = post(client, lines(LOUD_ROWS), "b2")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_running_stream")
    expiry.forget_observed()
    assert WatchPush.objects.get().sealed is None
    assert not Case.objects.exists()


def test_limits_are_said(client: Client, watch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Size, decompressed size, type and encoding have an error each; too many waiting batches a time to come again."""
    bomb = gzip.compress(bytes(LARGEST_UNPACKED + 1), 1)
    assert post(client, bytes(LARGEST_PUSH + 1)).status_code == 413
    assert post(client, bomb, **{"Content-Encoding": "gzip"}).json()["code"] == "push_too_large"
    assert post(client, bomb, **{"Content-Encoding": "zstd"}).status_code == 422
    assert post(client, lines(LOUD_ROWS), kind="application/json").status_code == 415
    assert post(client, lines(LOUD_ROWS), kind=ARROW).status_code == 422
    assert post(client, lines(LOUD_ROWS), "x" * 181).status_code == 422
    assert not WatchPush.objects.exists()
    monkeypatch.setattr(pushes, "MOST_WAITING", 1)
    assert post(client, lines(LOUD_ROWS)).status_code == 202
    full = post(client, lines(LOUD_ROWS), "b2")
    assert (full.status_code, full["Retry-After"]) == (429, "30")


def test_a_crash_before_the_commit_reads_the_batch_again(
    client: Client, watch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cursor and effects are one commit; old rows go after a week but for the newest, which says where it stands."""
    post(client, lines(LOUD_ROWS))
    with monkeypatch.context() as patched:
        patched.setattr(reading, "_advance", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            read_watch(str(watch))
    assert not Case.objects.exists()
    assert read_watch(str(watch)) == 21
    post(client, lines([row("later")]), "b2")
    assert read_watch(str(watch)) == 1
    assert read_watch(str(watch)) == 0
    with frozen(now() + timedelta(days=8)):
        expiry.forget_observed()
    assert list(WatchPush.objects.values_list("number", flat=True)) == [2]


@pytest.mark.django_db(transaction=True)
def test_the_example_of_the_docs_sends_until_it_is_stored(settings: Any, tmp_path: Path, live_server: Any) -> None:
    """`examples/push_observations.py` as a process, against a running server."""
    settings.JAGA_EVIDENCE, settings.HOME = tmp_path / "evidence", tmp_path
    make_world()
    Platform.objects.filter(name=PLATFORM).update(hook_keys=[KEY.public.text()])
    running(kind=SourceKind.STREAM)
    done = subprocess.run(
        [sys.executable, EXAMPLE, live_server.url + AT],
        input=lines(LOUD_ROWS),
        capture_output=True,
        check=False,
        timeout=60,
        env={"PATH": os.environ["PATH"], "OWN_KEY": KEY.text()},
    )
    assert json.loads(done.stdout)["rows"] == 21, done.stderr.decode()
    assert WatchPush.objects.get().rows == 21
