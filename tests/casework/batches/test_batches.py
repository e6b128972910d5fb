"""Batches: validated, started by a person, filed in chunks; nothing twice and nothing lost."""

from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from tests.factories import ACCOUNT, CATEGORY, PLATFORM, World

from jaga.batches import jobs as work
from jaga.batches import reads as seen
from jaga.batches.models import Batch, BatchRow
from jaga.batches.verbs import batches
from jaga.batches.verbs import rows as filing
from jaga.batches.verbs.batches import BatchMovedOn, NewBatch, cancel_batch, start_batch, submit_batch
from jaga.batches.verbs.rows import MAX_TRIES
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI, HOLDER, PUBLIC, Actor
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.reports import BatchState, Channel
from jaga.exchange.batch_in import read_batch
from jaga.exchange.rows import FileNotUsable
from jaga.people.verbs import officers
from jaga.reporting.verbs.filing import file_waiting
from jaga.store import vault
from jaga.store.kernel.ledger_verification import verify_ledger
from jaga.store.kernel.sequencer import link_entries
from jaga.store.models import LedgerEntry

DEFAULTS = {"platform": PLATFORM, "category": CATEGORY}
GOOD = b"akun,teks,nomor\n@satu:localhost,open BO,A1\n@dua:localhost,open BO,A2\n"


def sent(content: bytes = GOOD, *, actor: Actor = CLI, **more: Any) -> batches.SubmittedBatch:
    new = NewBatch(**{"name": "laporan.csv", **DEFAULTS, **more})
    return submit_batch(new, [content[:7], content[7:]], actor=actor)


def worked(batch_id: int, actor: Actor = CLI) -> seen.BatchView:
    """The batch after one round of the worker."""
    work.work_on_batches()
    return seen.access_batch(batch_id, actor=actor)


def counts(batch: seen.BatchView) -> tuple[int, int, int, int, int]:
    return batch.rows, batch.good, batch.double, batch.refused, batch.filed


def test_nothing_is_filed_before_a_person_starts_it(world: World) -> None:
    """It is sealed, checked and shown; after the start the worker files it into cases like all reports."""
    batch_id = sent().batch_id
    looked = worked(batch_id)
    assert (looked.state, counts(looked), Report.objects.count()) == (BatchState.READY, (2, 2, 0, 0, 0), 0)
    assert [dict(row)["cells"]["account"] for row in looked.sample] == ["@satu:localhost", "@dua:localhost"]
    worked(batch_id)
    assert Report.objects.count() == 0
    start_batch(batch_id, actor=CLI)
    done = worked(batch_id)
    assert (done.state, counts(done), done.sample) == (BatchState.DONE, (2, 2, 0, 0, 2), ())
    assert set(Report.objects.values_list("reference", "channel", "case")) == {
        ("A1", Channel.PUBLIC, None),
        ("A2", Channel.PUBLIC, None),
    }
    file_waiting()
    assert Case.objects.count() == 2
    assert [(one.number, one.reference, one.filed) for one in seen.results(batch_id, actor=CLI)] == [
        (2, "A1", True),
        (3, "A2", True),
    ]
    verbs = list(LedgerEntry.objects.filter(case_ref__isnull=True).order_by("pk").values_list("verb", flat=True))
    assert [verb for verb in verbs if verb.endswith("_batch")] == [
        "submit_batch",
        "validate_batch",
        "start_batch",
        "finish_batch",
    ]
    link_entries()
    assert verify_ledger().ok


def test_good_rows_are_filed_and_the_others_say_why(world: World) -> None:
    """Each fault is named by field; a row that repeats an earlier one is filed once."""
    rows = (
        b"aplikasi,akun,kategori,teks,tanggal,nomor,bahasa\n"
        b"Obrolan Contoh,@a:localhost,Iklan prostitusi,x,31/01/2026,1,id\n"
        b"obrolan,@a:localhost,prostitution_advertising,x,2026-01-31,1,en\n"  # the same in other words
        b"obrolan,@a:localhost,prostitution_advertising,x,2026-01-31,2,id\n"
        b"tidak ada,,apa,y,32/13/2026,3,xx\n"
        b"obrolan,@b:elsewhere.invalid,fraud,z,2999-01-01,4,\n"
        b"obrolan,@c:localhost,fraud,n\x00l,,5,\n"
    )
    batch_id = sent(rows, platform="", category="", start=True).batch_id
    done = worked(batch_id)
    assert (done.state, counts(done)) == (BatchState.DONE, (6, 2, 1, 3, 2))
    bad = seen.list_bad_rows(batch_id, actor=CLI)
    assert [(row.number, row.repeats, {(error.field, error.code) for error in row.errors}) for row in bad] == [
        (3, 2, set()),
        (
            5,
            None,
            {("conduct_on", "not_a_day"), ("language", "unknown"), ("platform", "unknown"), ("category", "unknown")},
        ),
        (6, None, {("conduct_on", "in_the_future"), ("account", "not_an_account")}),
        (7, None, {("text", "not_text")}),
    ]


def test_the_same_file_twice_makes_nothing_twice(world: World) -> None:
    """Whatever its name, before and after filing; another file or sender is another batch."""
    first = sent(start=True)
    assert not first.repeated
    worked(first.batch_id)
    again = sent(name="salinan.csv", start=True, category="fraud")
    assert (again.batch_id, again.repeated, again.state) == (first.batch_id, True, BatchState.DONE)
    worked(first.batch_id)
    assert Report.objects.count() == 2
    assert sent(GOOD + b"@tiga:localhost,x,A3\n").batch_id != first.batch_id
    assert sent(actor=world.supervisor).batch_id == first.batch_id  # our own people are one sender
    with pytest.raises(IntegrityError), transaction.atomic():
        Batch.objects.create(
            sender_key=seen.OURS,
            sha256=Batch.objects.get(pk=first.batch_id).sha256,
            size=1,
            name="x",
            channel=Channel.PUBLIC,
            created_at=first_moment(),
        )


def first_moment() -> Any:
    return Batch.objects.earliest("pk").created_at


def test_a_file_of_which_nothing_was_filed_may_be_sent_with_another_choice(world: World) -> None:
    """Somebody who chose the wrong platform in the form can correct it."""
    batch_id = sent(platform="", category="").batch_id
    assert worked(batch_id).refused == 2
    again = sent(start=True)
    assert (again.batch_id, again.repeated) == (batch_id, True)
    done = worked(batch_id)
    assert (done.state, counts(done)) == (BatchState.DONE, (2, 2, 0, 0, 2))


def test_a_file_that_cannot_be_read_ends_as_failed_with_a_reason(world: World) -> None:
    """It is checked again when it is sent again, for example after an update that reads more formats."""
    batch_id = sent(b"%PDF-1.7 x").batch_id
    failed = worked(batch_id)
    assert failed.state is BatchState.FAILED
    assert failed.why
    assert failed.why.code == "not_a_table"
    assert not failed.may_start
    assert sent(b"%PDF-1.7 x").state is BatchState.RECEIVED


def test_a_sealed_file_that_is_lost_ends_its_batch(world: World, settings: Any) -> None:
    """The worker does not retry for ever, and reports the fault."""
    batch_id = sent(start=True).batch_id
    for path in settings.JAGA_EVIDENCE.rglob("*"):
        if path.is_file():
            path.unlink()
    failed = worked(batch_id)
    assert failed.why
    assert (failed.state, failed.why.code) == (BatchState.FAILED, "evidence_damaged")


def test_what_kills_its_worker_again_and_again_ends_as_failed(world: World) -> None:
    """Each start counts until the batch makes progress."""
    batch_id = sent(start=True).batch_id
    Batch.objects.filter(pk=batch_id).update(tries=MAX_TRIES)
    failed = worked(batch_id)
    assert failed.why
    assert (failed.state, failed.why.code, Report.objects.count()) == (BatchState.FAILED, "batch_fault", 0)
    assert LedgerEntry.objects.filter(verb="fail_batch").count() == 1


@pytest.mark.parametrize(("content", "code"), [(b"", "no_rows"), (b"x" * 65 * 1024 * 1024, "too_large")])
def test_an_empty_or_enormous_file_is_refused_at_the_door(world: World, content: bytes, code: str) -> None:
    """Nothing is left behind in the database or in the evidence store."""
    with pytest.raises(FileNotUsable) as refused:
        sent(content)
    assert refused.value.code == code
    assert Batch.objects.count() == 0


def test_a_choice_that_does_not_exist_is_refused(world: World) -> None:
    """By field, before anything is sealed."""
    with pytest.raises(InvalidInput) as refused:
        sent(platform="tidak-ada", category="apa")
    assert {error.field for error in refused.value.errors} == {"platform", "category"}


def test_a_cancelled_batch_stops_between_commits_and_goes_on_when_started(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Filed reports are kept, the others are filed after the second start, and nothing twice."""
    monkeypatch.setattr(work, "CHUNK", 10)
    rows = b"akun\n" + b"".join(b"@nomor%d:localhost\n" % number for number in range(35))
    batch_id = sent(rows, start=True).batch_id
    progress: list[int] = []

    def stop_at_the_second(done: int) -> None:
        progress.append(done)
        if Report.objects.count() == 20:
            cancel_batch(batch_id, actor=CLI)

    work.work_on(batch_id, stop_at_the_second)
    stopped = seen.access_batch(batch_id, actor=CLI)
    assert (stopped.state, stopped.filed, Report.objects.count()) == (BatchState.CANCELLED, 20, 20)
    assert worked(batch_id).filed == 20
    with pytest.raises(BatchMovedOn):
        cancel_batch(batch_id, actor=CLI)
    start_batch(batch_id, actor=CLI)
    done = worked(batch_id)
    assert (done.state, done.filed, Report.objects.count()) == (BatchState.DONE, 35, 35)
    assert BatchRow.objects.values("report").distinct().count() == 35
    with pytest.raises(BatchMovedOn):
        start_batch(batch_id, actor=CLI)


def test_a_file_of_somebody_who_was_suspended_stops(world: World) -> None:
    """Also one that starts itself; nothing is lost, and it continues when the sender is active again."""
    number = world.officer.person_id or 0
    batch_id = sent(actor=world.officer, start=True).batch_id
    officers.suspend(number, "kunci dicuri", actor=CLI)
    stopped = worked(batch_id, world.officer)
    assert (stopped.state, stopped.filed, Report.objects.count()) == (BatchState.CANCELLED, 0, 0)
    officers.lift_suspension(number, actor=CLI)
    start_batch(batch_id, actor=world.officer)
    assert worked(batch_id, world.officer).filed == 2


def test_a_row_that_is_refused_only_now_leaves_its_neighbours(world: World) -> None:
    """If a platform was removed between check and start, its rows say so and the others are filed."""
    batch_id = sent().batch_id
    worked(batch_id)
    start_batch(batch_id, actor=CLI)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE records_batch SET platform = 'gone' WHERE id = %s", [batch_id])
    done = worked(batch_id)
    assert (done.state, counts(done)) == (BatchState.DONE, (2, 2, 0, 2, 0))


def test_a_chunk_that_somebody_else_has_filed_is_not_filed_again(world: World) -> None:
    """If two workers both think that it is their turn, the second one's chunk does nothing."""
    batch_id = sent().batch_id
    worked(batch_id)
    start_batch(batch_id, actor=CLI)
    batch = Batch.objects.get(pk=batch_id)
    with vault.open_original(batch.sha256, None) as file:
        ((after, rows, refused, upto, _),) = work._chunks(batch, read_batch(file.path))
    assert filing.file_chunk(batch_id, after, rows, refused, upto)
    assert not filing.file_chunk(batch_id, after, rows, refused, upto)
    assert Report.objects.count() == 2
    report = Report.objects.first()
    for row in ({"report": report, "number": 9}, {"number": 2, "repeats": 1}, {"number": 9}):  # a report, a row, no end
        with pytest.raises(IntegrityError), transaction.atomic():
            BatchRow.objects.create(batch=batch, **row)


def test_each_sees_and_moves_their_own_only(world: World) -> None:
    """Another sender's batch is not found; people without the role are refused."""
    batch_id = sent(actor=world.supervisor).batch_id
    assert [one.batch_id for one in seen.list_batches(actor=CLI)] == [batch_id]
    for stranger in (PUBLIC, HOLDER, *world.reviewers):
        with pytest.raises(NotPermitted):
            seen.access_batch(batch_id, actor=stranger)
        with pytest.raises(NotPermitted):
            sent(actor=stranger)
    for outside in (world.officer, world.minister):
        for verb in (start_batch, cancel_batch, seen.access_batch):
            with pytest.raises(NotFound):
                verb(batch_id, actor=outside)
        assert seen.list_batches(actor=outside) == ()


def test_the_number_of_an_account_is_one_source_with_its_sender(world: World) -> None:
    """Many rows of one sender on an account are one case with one independent source."""
    rows = b"akun,nomor\n" + b"".join(b"%s,%d\n" % (ACCOUNT.encode(), number) for number in range(12))
    worked(sent(rows, start=True).batch_id)
    file_waiting()
    case = Case.objects.get()
    assert (case.reports_count, case.sources_count) == (12, 1)
