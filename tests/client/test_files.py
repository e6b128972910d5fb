"""Files by the client: streamed from disk, checked, started, followed; the same file counts once."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.client.conftest import Line, full, lost
from tests.web.api.conftest import World

from jaga.batches.jobs import work_on_batches
from jaga.batches.models import Batch as Stored
from jaga.cases.models.reports import Report
from jaga.client.calls import Jaga
from jaga.client.transport import ApiProblem, NotReached, QuotaUsedUp
from jaga.core.actors import CLI
from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key

CONTENT = b"akun,nomor\n@satu:localhost,1\n@dua:elsewhere.invalid,2\n@tiga:localhost,3\n@satu:localhost,1\n"
CHOICE: dict[str, Any] = {"platform": "contoh", "category": "fraud"}
LARGEST_PIECE = 64 * 1024


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "laporan.csv"
    made.write_bytes(CONTENT)
    return made


def test_a_file_goes_its_whole_way(jaga: Jaga, path: Path) -> None:
    """From the disk to reports, with faults by row and as a table."""
    sent = jaga.send_file(path, **CHOICE)
    assert (sent.name, sent.state, sent.is_open, sent.size) == ("laporan.csv", "received", True, len(CONTENT))
    assert (sent.format, sent.validated_at, sent.failed) == (None, None, None)
    work_on_batches()
    ready = jaga.batch(sent.batch_id)
    assert (ready.state, ready.format) == ("ready", "csv")
    assert (ready.rows, ready.good, ready.double, ready.refused) == (4, 2, 1, 1)
    refused, double = jaga.bad_rows(sent.batch_id)
    assert (refused.row, refused.repeats, refused.errors[0].code) == (3, None, "not_an_account")
    assert (double.row, double.repeats, double.errors) == (5, 2, ())
    assert jaga.start_batch(sent.batch_id).state == "running"
    work_on_batches()
    assert jaga.wait_for_batch(sent.batch_id).filed == 2
    assert b"elsewhere" in jaga.refused_rows(sent.batch_id)
    assert len(jaga.batch_reports(sent.batch_id).splitlines()) == 3
    with pytest.raises(ApiProblem, match="409 batch_moved_on"):
        jaga.cancel_batch(sent.batch_id)


def test_bytes_are_a_file_too_and_lists_come_by_pages(jaga: Jaga, monkeypatch: pytest.MonkeyPatch) -> None:
    """The newest comes first; a cancelled file continues when it is started."""
    monkeypatch.setattr("jaga.client.calls.MOST_TOGETHER", 1)
    first, second = (jaga.send_file(CONTENT + extra, name=name, **CHOICE) for extra, name in ((b"", "a"), (b"\n", "b")))
    assert [one.batch_id for one in jaga.batches()] == [second.batch_id, first.batch_id]
    assert jaga.cancel_batch(first.batch_id).state == "cancelled"
    assert jaga.start_batch(first.batch_id).state == "received"
    work_on_batches()
    assert [(one.name, one.state) for one in jaga.batches()] == [("b", "ready"), ("a", "done")]
    assert len(list(jaga.bad_rows(first.batch_id))) == 2


def test_a_batch_is_waited_for_and_not_for_ever(world: World, line: Line, path: Path) -> None:
    """It is polled until it is finished, or until the time is over."""
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        work_on_batches()

    with Jaga("http://testserver", world.police.secret, http=line, sleep=pause) as jaga:
        sent = jaga.send_file(path, start=True, **CHOICE)
        assert jaga.wait_for_batch(sent.batch_id, seconds=0).is_open
        assert jaga.wait_for_batch(sent.batch_id).state == "done"
    assert pauses == [2.0]


@pytest.mark.parametrize("trouble", [lost, full])
def test_a_file_that_is_sent_again_is_read_from_its_start(jaga: Jaga, line: Line, path: Path, trouble: Any) -> None:
    """The whole file each time, one batch, and without an Idempotency-Key: the file identifies itself."""
    line.troubles = [trouble, trouble]
    sent = jaga.send_file(path, start=True, **CHOICE)
    assert [call.content for call in line.calls] == [CONTENT] * 3
    assert {call.headers.get("Idempotency-Key") for call in line.calls} == {None}
    work_on_batches()
    assert jaga.send_file(CONTENT, **CHOICE).batch_id == sent.batch_id == Stored.objects.get().pk
    assert Report.objects.count() == 2


class Counting(httpx.BaseTransport):
    """A connection that breaks in the middle of the first upload and records the second."""

    def __init__(self) -> None:
        self.pieces: list[int] = []
        self.starts: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        pieces: Iterator[bytes] = iter(request.stream)  # type: ignore[arg-type]
        first = next(pieces)
        self.starts.append(first[:5])
        if len(self.starts) == 1:
            raise httpx.WriteError("broken")
        self.pieces = [len(first), *(len(piece) for piece in pieces)]
        assert request.headers["Content-Length"] == str(sum(self.pieces))
        return httpx.Response(413, json={"code": "too_large"})


def test_a_large_file_is_never_whole_in_memory(tmp_path: Path, pauses: list[float]) -> None:
    """It is read while it is sent, its length is announced, and a break restarts it."""
    path = tmp_path / "besar.csv"
    path.write_bytes(b"START" + bytes(1_000_000))
    line = Counting()
    with (
        Jaga("http://testserver", "jaga_x", http=line, sleep=pauses.append) as jaga,
        pytest.raises(ApiProblem, match="413"),
    ):
        jaga.send_file(path)
    assert line.starts == [b"START", b"START"]
    assert (sum(line.pieces), max(line.pieces)) == (path.stat().st_size, LARGEST_PIECE)


def test_a_file_that_cannot_be_used_is_refused(jaga: Jaga, line: Line, path: Path, tmp_path: Path) -> None:
    """By field, or as a whole; a missing file is not sent, and a dead connection raises an error."""
    with pytest.raises(ApiProblem) as refused:
        jaga.send_file(path, platform="nirgends")
    assert [(one.field, one.code) for one in refused.value.errors] == [("platform", "unknown")]
    with pytest.raises(ApiProblem, match="422 no_rows"):
        jaga.send_file(b"")
    sent = jaga.send_file(b"%PDF-1.7 x")
    work_on_batches()
    failed = jaga.batch(sent.batch_id)
    assert failed.failed is not None
    assert (failed.state, failed.failed.code) == ("failed", "not_a_table")
    calls = len(line.calls)
    with pytest.raises(FileNotFoundError):
        jaga.send_file(tmp_path / "none.csv")
    assert len(line.calls) == calls
    line.troubles = [lost] * 6
    with pytest.raises(NotReached):
        jaga.send_file(path)


def test_a_day_without_room_for_a_file_is_told(world: World, line: Line, path: Path, pauses: list[float]) -> None:
    """The client does not wait: the file stays ready and can be started tomorrow."""
    key = issue_officer_key(world.police.person_id, KeyTerms(per_day=3), actor=CLI)
    with Jaga("http://testserver", key.secret, http=line, sleep=pauses.append) as jaga:
        jaga.send_file(path, start=True, **CHOICE)
        work_on_batches()
        second = jaga.send_file(CONTENT + b"@empat:localhost,4\n", start=True, **CHOICE)
        work_on_batches()
        seen = jaga.batch(second.batch_id)
        assert seen.failed is not None
        assert (seen.state, seen.failed.code) == ("ready", "quota_day")
        with pytest.raises(QuotaUsedUp) as over:
            jaga.start_batch(second.batch_id)
    assert over.value.retry_after is not None
    assert (over.value.retry_after >= 1, pauses) == (True, [])
