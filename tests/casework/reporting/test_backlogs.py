"""Backlogs: each flagged row is one observation of its account, each block one ledger entry, and nothing twice."""

import json
from collections import Counter
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import pytest
from django.db import connection
from tests.factories import PLATFORM, World
from tests.watching import new_watch, pair, permitted, running

from jaga.app.screening import take_in
from jaga.app.screening.block_findings import Columns
from jaga.app.screening.context import FileChanged, NotLines
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.terms.reports import Channel, SourceKind
from jaga.reporting.verbs.backlogs import (
    MOST_TRIES,
    BlocksLeftAlone,
    FileNotPermitted,
    WatchEnded,
    finish_backlog,
    give_back,
    is_open,
    progress_of,
    take_block,
    try_again,
)
from jaga.signals.jobs import triage_waiting
from jaga.store.codes import open_observed
from jaga.store.kernel.ledger import check_receipt
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry
from jaga.watch.models.kept import FlaggedText, WatchSample
from jaga.watch.models.watches import Backlog, ScreenedCount, WatchDay
from jaga.watch.verbs import waiting_texts as file_texts
from jaga.watch.verbs.reading import running_watches
from jaga.watch.verbs.watches import forget_reports, note_opt_outs, propose_watch, stop_watch

LOUD = "open BO malam ini, wa 0812-0000-1111"


def item(number: int, account: object, text: object, **more: object) -> str:
    return json.dumps({"id": f"m{number}", "account": account, "text": text, **more})


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve lines in blocks of about four: two accounts advertise, one of them in three blocks."""
    monkeypatch.setattr(take_in, "MOST_BYTES", 400)
    rows = [
        item(number, f"@warga{number}:localhost", f"Sepeda nomor {number} masih ada? Bisa nego.") for number in range(6)
    ]
    rows += [
        item(10, "@mawar:localhost", LOUD, sent_at="2026-11-01T18:00:00Z"),
        item(11, "@mawar:localhost", LOUD),
        item(12, "@melati:localhost", f"{LOUD} ya"),
        item(13, "bukan akun", LOUD),
        "bukan JSON",
        item(14, "@mawar:localhost", f"{LOUD} lagi"),
    ]
    path = tmp_path / "arsip.jsonl"
    path.write_text("\n".join(rows))
    return path


def run(path: Path, backlog: int) -> None:
    while is_open(backlog) and (taken := take_block(backlog)) is not None:
        take_in.do_block(path, backlog, taken, Columns())
        give_back(taken)


def filed() -> Sequence[tuple[str, str, str]]:
    return sorted(Report.objects.values_list("case__subject__account_id", "reference", "channel"))


def test_flagged_rows_become_cases_and_the_others_counts(world: World, file: Path) -> None:
    """Equal words of one account are one observation; the ledger has one entry a block, which fits what is stored."""
    backlog = take_in.begin(file, permitted(file), Columns())
    run(file, backlog)
    done = progress_of(backlog)
    assert done.blocks == done.done > 2
    assert (done.rows, done.unread, done.flagged, done.unusable, done.repeated, done.filed) == (12, 1, 5, 1, 1, 3)
    assert filed() == [
        ("@mawar:localhost", "m10", Channel.WATCH),
        ("@mawar:localhost", "m14", Channel.WATCH),
        ("@melati:localhost", "m12", Channel.WATCH),
    ]
    assert sorted(Case.objects.values_list("subject__account_id", "reports_count")) == [
        ("@mawar:localhost", 2),
        ("@melati:localhost", 1),
    ]
    assert triage_waiting() == 2
    assert set(Case.objects.values_list("state", flat=True)) == {"in_review"}
    note = finish_backlog(backlog, actor=CLI)
    while link_entries():
        pass
    assert LedgerEntry.objects.filter(verb="take_in_block").count() == done.blocks
    assert check_receipt(note).seq == LedgerEntry.objects.get(verb="finish_backlog").seq
    assert verify_ledger().problems == ()


def test_what_was_flagged_can_be_queried_and_some_texts_be_drawn(
    world: World,
    file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As of other sources: rows of reports, counts by rule, a share of the others; once, and gone with an erasure."""
    monkeypatch.setattr(file_texts, "FILES_SHARE", 1.0)
    backlog = take_in.begin(file, permitted(file), Columns())
    run(file, backlog)
    assert sorted(FlaggedText.objects.values_list("report_id", flat=True)) == sorted(
        Report.objects.values_list("pk", flat=True)
    )
    assert set(FlaggedText.objects.values_list("case_id", "watch_id")) == {
        (case, Backlog.objects.get().watch_id) for case in Case.objects.values_list("pk", flat=True)
    }
    assert all(FlaggedText.objects.values_list("words", flat=True))
    texts = Counter(open_observed(bytes(one.sealed))["text"] for one in WatchSample.objects.all())
    assert {text for text in texts if "Sepeda" in text} == {
        f"Sepeda nomor {number} masih ada? Bisa nego." for number in range(6)
    }
    counts = {one.rule: one.number for one in ScreenedCount.objects.all()}
    assert (counts.pop(""), set(counts.values()) > set()) == (6, True)
    assert set(WatchSample.objects.values_list("kind", flat=True)) == {SourceKind.BACKLOG}
    before = WatchSample.objects.count()
    run(file, backlog)
    assert WatchSample.objects.count() == before
    forget_reports(Report.objects.filter(published__isnull=False).values_list("pk", flat=True))
    assert not FlaggedText.objects.exists()
    assert not [one for one in WatchSample.objects.all() if "open BO" in open_observed(bytes(one.sealed))["text"]]


def test_the_same_file_again_does_nothing(world: World, file: Path) -> None:
    """Neither in the middle nor after the end."""
    backlog = take_in.begin(file, permitted(file), Columns())
    taken = take_block(backlog)
    assert taken is not None
    take_in.do_block(file, backlog, taken, Columns())
    assert take_in.begin(file, permitted(file), Columns()) == backlog
    give_back(taken)
    run(file, backlog)
    before, note = filed(), finish_backlog(backlog, actor=CLI)
    take_in.do_block(file, backlog, taken, Columns())
    assert take_block(backlog) is None
    assert (filed(), finish_backlog(take_in.begin(file, permitted(file), Columns()), actor=CLI)) == (before, note)


def test_a_report_without_its_entry_is_noticed(world: World, file: Path) -> None:
    """The entry of a block covers only the reports that it binds."""
    run(file, take_in.begin(file, permitted(file), Columns()))
    while link_entries():
        pass
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE records_rowbinding DISABLE TRIGGER USER")
        cursor.execute(
            "DELETE FROM records_rowbinding WHERE part = 'report' AND number = %s",
            [Report.objects.order_by("pk")[0].pk],
        )
    assert any("reports have no entry" in problem.sentence for problem in verify_ledger().problems)


def test_a_block_that_ends_its_workers_is_left_alone_and_named(world: World, file: Path) -> None:
    """The others are done; there is no receipt until it is done too."""
    backlog = take_in.begin(file, permitted(file), Columns())
    for _ in range(MOST_TRIES):
        taken = take_block(backlog)
        assert taken is not None
        give_back(taken, "MemoryError")
    run(file, backlog)
    assert progress_of(backlog).poison == 1
    with pytest.raises(BlocksLeftAlone) as left:
        finish_backlog(backlog, actor=CLI)
    assert left.value.params["start"] == 0
    assert left.value.params["why"] == "MemoryError"
    assert try_again(backlog) == 1
    run(file, backlog)
    assert finish_backlog(backlog, actor=CLI)


def test_a_file_that_changed_meanwhile_is_refused(world: World, file: Path) -> None:
    """What the blocks were planned with is what is read."""
    backlog = take_in.begin(file, permitted(file), Columns())
    file.write_text(file.read_text().replace("nomor 1", "nomor 9"))
    taken = take_block(backlog)
    assert taken is not None
    with pytest.raises(FileChanged):
        take_in.do_block(file, backlog, taken, Columns())
    assert progress_of(backlog).done == 0


def test_bad_files_are_refused_with_a_reason(world: World, tmp_path: Path, file: Path) -> None:
    """A packed file cannot be read in parts; an empty one is done at once."""
    (tmp_path / "a.gz").write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(NotLines):
        take_in.begin(tmp_path / "a.gz", permitted(file), Columns())
    (tmp_path / "kosong.jsonl").write_bytes(b"")
    assert finish_backlog(
        take_in.begin(tmp_path / "kosong.jsonl", permitted(tmp_path / "kosong.jsonl"), Columns()), actor=CLI
    )


def test_two_people_permit_a_file_by_its_hash(world: World, tmp_path: Path, file: Path) -> None:
    """Neither another file of the same watch, nor a watch of another kind, nor one that nobody has started."""
    (tmp_path / "lain.jsonl").write_text(item(1, "@mawar:localhost", LOUD))
    proposed = propose_watch(
        new_watch(PLATFORM, kind=SourceKind.BACKLOG, surfaces=(sha256(file.read_bytes()).hexdigest(),)),
        actor=pair(PLATFORM)[0],
    )
    for watch, path in (
        (permitted(file), tmp_path / "lain.jsonl"),
        (running(PLATFORM, url="", budget=7), file),
        (proposed.pk, file),
        (10**9, file),
    ):
        with pytest.raises(FileNotPermitted):
            take_in.begin(path, watch, Columns())
    assert not Backlog.objects.exists()
    # The worker does not try to read it.
    assert str(permitted(file)) not in running_watches()


def test_an_account_that_asked_not_to_be_read_is_left_out(world: World, file: Path) -> None:
    """As a watch leaves it out."""
    note_opt_outs(PLATFORM, ["@mawar:localhost"])
    backlog = take_in.begin(file, permitted(file), Columns())
    run(file, backlog)
    assert [account for account, *_ in filed()] == ["@melati:localhost"]


def test_a_watch_that_is_over_stops_its_file_and_another_continues(world: World, file: Path) -> None:
    """Neither beyond the budget of the day nor after a person stopped it; what was done stays and is counted."""
    watch = permitted(file, budget=4)
    backlog = take_in.begin(file, watch, Columns())
    run(file, backlog)
    done = progress_of(backlog)
    assert 0 < done.done < done.blocks
    assert WatchDay.objects.get(watch=watch).observed == done.rows - done.copies - done.unread >= 4
    with pytest.raises(WatchEnded):
        finish_backlog(backlog, actor=CLI)
    taken = take_block(backlog)
    assert taken is not None
    stop_watch(watch, "Sudah tidak perlu lagi.", actor=pair(PLATFORM)[0])
    with pytest.raises(WatchEnded):
        take_in.do_block(file, backlog, taken, Columns())
    give_back(taken)
    other = permitted(file)
    assert take_in.begin(file, other, Columns()) == backlog
    run(file, backlog)
    assert finish_backlog(backlog, actor=CLI)
    assert sum(WatchDay.objects.filter(watch__in=[watch, other]).values_list("filed", flat=True)) == len(filed()) == 3
