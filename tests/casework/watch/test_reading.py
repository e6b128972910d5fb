"""Taking in what a watch reads: filed where people should look, counted, mostly forgotten, and once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from tests.factories import PLATFORM, World, resolved_closure
from tests.watching import LOUD, pair, running, seen, take_in

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Evidence, Report
from jaga.core.actors import SYSTEM
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput
from jaga.core.observations import Deletion, Observation, ObservedBatch, SourceFault, SourceWentBack
from jaga.core.terms.reports import Channel, ObservationKind, ReportForm, SourceState
from jaga.watch.models.kept import ObservedHash, WatchFinding, WatchSample
from jaga.watch.models.watches import WatchDay, WatchProgress
from jaga.watch.verbs import people_sample as candidates
from jaga.watch.verbs import reading
from jaga.watch.verbs import watches as expiry
from jaga.watch.verbs.watches import WatchOver, stop_watch, take_opt_out_back

CALM = "Sepeda masih ada? Bisa nego."


def batch(*observed: Observation, cursor: str = "c1", **more: object) -> ObservedBatch:
    return ObservedBatch(observed, cursor, **more)  # type: ignore[arg-type]


def counted(number: int) -> dict[str, int]:
    day = WatchDay.objects.get(watch=number)
    return {name: value for name, value in vars(day).items() if isinstance(value, int) and value and "id" not in name}


def test_an_advertisement_becomes_a_case_of_the_watch(world: World) -> None:
    """With channel, form, place, the sealed original, and the day of the conduct by the Indonesian calendar."""
    (filed,) = take_in(PLATFORM, (seen(LOUD),))
    stored = Report.objects.get()
    assert (stored.channel, stored.form, stored.receipt_hash) == (Channel.WATCH, ReportForm.OBSERVATION, None)
    assert (stored.conduct_on, stored.place) == (date(2026, 11, 2), "Nongkrong")
    assert Case.objects.get(pk=filed.case_id).channel == Channel.WATCH
    assert Evidence.objects.get().report_id == stored.pk
    finding = WatchFinding.objects.get()
    assert (finding.report_id, finding.sealed) == (stored.pk, None)


def test_of_ordinary_talk_only_counts_a_code_and_the_sample_are_kept(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The sample holds the text without account and platform; a deletion at the source deletes both at once."""
    monkeypatch.setattr(candidates, "SAMPLE_SHARE", 1.0)
    number = running()
    reading.take_in(number, batch(seen(CALM)), actor=SYSTEM)
    assert not Report.objects.exists()
    assert not WatchFinding.objects.exists()
    assert counted(number) == {"observed": 1}
    kept = WatchSample.objects.get()
    assert reading.begin_reading(number).cursor == "c1"  # type: ignore[union-attr]
    assert b"mawar" not in bytes(kept.sealed)
    assert set(vars(kept)) == {
        "_state",
        "id",
        "native",
        "kind",
        "sealed",
        "at",
        "week",
        "rule",
        "category",
        "ticket",
        "drawn_id",
    }
    reading.take_in(number, batch(deletions=(Deletion("$1"),)), actor=SYSTEM)
    assert not WatchSample.objects.exists()
    assert not ObservedHash.objects.exists()


def test_a_text_seen_twice_is_one_observation_and_an_edit_is_another(world: World) -> None:
    """In the same batch, in the next, and after its hash is gone."""
    number = running()
    for _ in range(2):
        reading.take_in(number, batch(seen(LOUD), seen(LOUD)), actor=SYSTEM)
    with frozen(now() + timedelta(days=8)):
        assert expiry.forget_hashes() == 1
    reading.take_in(number, batch(seen(LOUD)), actor=SYSTEM)
    assert (Report.objects.count(), WatchFinding.objects.count()) == (1, 1)
    edit = seen(f"{LOUD} full service", kind=ObservationKind.EDIT)
    reading.take_in(number, batch(edit), actor=SYSTEM)
    assert (Report.objects.count(), Case.objects.get().sources_count) == (2, 1)
    assert WatchDay.objects.get().edits == 1


@pytest.mark.parametrize("noise", ["\x00", "\ud800", "x" * 100_000], ids=["nul", "surrogate", "long"])
def test_hostile_text_stops_nothing(world: World, noise: str) -> None:
    """An advertiser cannot hide behind characters that a database refuses."""
    assert len(take_in(PLATFORM, (seen(f"{LOUD} {noise}"), seen(LOUD, "$2")))) == 2


def test_a_stopped_watch_takes_nothing_in(world: World) -> None:
    """Not even what its source answered just now."""
    number = running()
    stop_watch(number, "Tidak perlu lagi.", actor=pair(PLATFORM)[1])
    with pytest.raises(WatchOver):
        reading.take_in(number, batch(seen(LOUD)), actor=SYSTEM)
    assert reading.begin_reading(number) is None
    assert not Report.objects.exists()


def test_what_was_said_before_a_closure_opens_no_case_and_is_kept_for_thirty_days(world: World) -> None:
    """A text read late about an account closed for the same thing; a later one opens a case."""
    case_id = resolved_closure(world)
    account = Case.objects.get(pk=case_id).subject.account_id
    assert take_in(PLATFORM, (seen(LOUD, "$early", account, now() - timedelta(hours=1)),)) == ()
    assert Case.objects.count() == 1
    finding = WatchFinding.objects.get()
    assert finding.report_id is None
    assert len(take_in(PLATFORM, (seen(LOUD, "$late", account, now() + timedelta(seconds=1)),))) == 1
    with frozen(now() + timedelta(days=29)):
        assert expiry.forget_findings() == 0
    with frozen(now() + timedelta(days=31)):
        assert expiry.forget_findings() == 2  # of what a case took the codes alone: the row stays
    assert WatchFinding.objects.get().report_id is not None


def test_an_account_that_asks_not_to_be_read_is_not_read(world: World) -> None:
    """The mark is kept: later batches need not repeat it."""
    number = running()
    reading.take_in(number, batch(opted_out=("@mawar:localhost",)), actor=SYSTEM)
    reading.take_in(number, batch(seen(LOUD), seen(LOUD, "$2", "@lain:localhost")), actor=SYSTEM)
    assert Report.objects.get().subject.account_id == "@lain:localhost"
    assert counted(number) == {"observed": 1, "flagged": 1, "filed": 1, "opted_out": 1}


def test_an_account_takes_its_mark_back_and_is_read_from_then_on(world: World) -> None:
    """By its own mark at the source, or by a request of its holder; what it published before stays unread."""
    number, account = running(), "@mawar:localhost"
    reading.take_in(number, batch(opted_out=(account,)), actor=SYSTEM)
    reading.take_in(number, batch(seen(LOUD, "$1"), opted_in=(account,)), actor=SYSTEM)
    reading.take_in(number, batch(seen(LOUD, "$2", at=now() - timedelta(hours=1))), actor=SYSTEM)
    assert not Report.objects.exists()
    reading.take_in(number, batch(seen(LOUD, "$3", at=now() + timedelta(seconds=1))), actor=SYSTEM)
    assert Report.objects.count() == 1
    reading.take_in(number, batch(opted_out=(account,)), actor=SYSTEM)
    later = now() + timedelta(minutes=1)
    reading.take_in(number, batch(seen(f"{LOUD} lagi", "$4", at=later)), actor=SYSTEM)
    assert Report.objects.count() == 1
    person, _ = pair(PLATFORM)
    with pytest.raises(InvalidInput):
        take_opt_out_back(PLATFORM, "@lain:localhost", "Pemegang akun meminta lewat surat.", actor=person)
    take_opt_out_back(PLATFORM, account, "Pemegang akun meminta lewat surat.", actor=person)
    reading.take_in(number, batch(seen(f"{LOUD} malam", "$5", at=later)), actor=SYSTEM)
    assert Report.objects.count() == 2
    with pytest.raises(InvalidInput):
        take_opt_out_back(PLATFORM, account, "Pemegang akun meminta lewat surat.", actor=person)


def test_nothing_is_looked_at_beyond_the_budget_of_the_day(world: World) -> None:
    """It goes on the next day; what was beyond is counted."""
    number = running(budget=2)
    step = reading.begin_reading(number)
    assert step is not None
    assert step.limit == 2
    reading.take_in(number, batch(*(seen(CALM, f"${n}") for n in range(5))), actor=SYSTEM)
    assert counted(number) == {"observed": 2, "over_budget": 3}
    assert reading.begin_reading(number) is None
    assert WatchProgress.objects.get().state == SourceState.BUDGET_USED
    assert reading.running_watches() == []
    with frozen(now() + timedelta(days=1)):
        assert reading.running_watches() == [str(number)]
        assert reading.begin_reading(number) is not None


def test_a_source_that_sends_the_same_again_is_slowed_down_in_sight(world: World) -> None:
    """Nothing is counted twice; the first new text makes it well again."""
    number = running()
    for _ in range(1 + reading.REPEATS_SHOWN):
        reading.take_in(number, batch(seen(CALM)), actor=SYSTEM)
    progress = WatchProgress.objects.get()
    assert progress.state == SourceState.REPEATING
    assert progress.retry_at is not None
    assert counted(number) == {"observed": 1, "repeated": reading.REPEATS_SHOWN}
    reading.take_in(number, batch(seen(CALM, "$2")), actor=SYSTEM)
    assert WatchProgress.objects.get().state == SourceState.READING


def test_a_source_that_changes_its_ids_is_slowed_down_in_sight_and_files_nothing_again(world: World) -> None:
    """The same texts of the same accounts at the same moments come under new ids, a little more each time: what is new
    among them is taken, and the rest counts as repeated."""
    number = running()
    said = [seen(LOUD if n == 0 else f"Sepeda nomor {n}", f"$0-{n}", account=f"@orang{n}:localhost") for n in range(9)]
    reading.take_in(number, batch(*said), actor=SYSTEM)
    for round_ in range(1, 1 + reading.REPEATS_SHOWN):
        renamed = [replace(one, native_id=f"${round_}-{n}") for n, one in enumerate(said)]
        reading.take_in(number, batch(*renamed), actor=SYSTEM)
    assert WatchProgress.objects.get().state == SourceState.REPEATING
    renamed = [replace(one, native_id=f"$9-{n}") for n, one in enumerate(said)]
    new = seen("Sepeda baru", "$9-9", account="@orang9:localhost")
    assert reading.take_in(number, batch(*renamed, new), actor=SYSTEM).observed == 1
    assert counted(number) == {"observed": 10, "repeated": 9 * (reading.REPEATS_SHOWN + 1), "flagged": 1, "filed": 1}
    assert (Report.objects.count(), WatchProgress.objects.get().state) == (1, SourceState.READING)


def test_who_publishes_the_same_again_is_read_again(world: World) -> None:
    """Another moment or another place makes another text, and so does an id where only two texts are alike."""
    number = running()
    said = [seen(f"Sepeda nomor {n}", f"${n}") for n in range(9)]
    reading.take_in(number, batch(*said), actor=SYSTEM)
    later = [replace(one, native_id=f"$l{n}", at=one.at + timedelta(seconds=1)) for n, one in enumerate(said)]
    elsewhere = [replace(one, native_id=f"$e{n}", surface="Pasar") for n, one in enumerate(said)]
    for again in (later, elsewhere, [replace(said[0], native_id="$x"), replace(said[1], native_id="$y")]):
        assert reading.take_in(number, batch(*again), actor=SYSTEM).observed == len(again)


def test_a_source_that_went_back_waits_for_a_person_and_others_go_on(world: World) -> None:
    """A person's decision, on record, lets it go on from the present."""
    number = running(cursor="c9")
    reading.record_failure(number, SourceWentBack(why="restored"), actor=SYSTEM)
    assert reading.begin_reading(number) is None
    with frozen(now() + timedelta(hours=1)):
        assert reading.running_watches() == []
    reading.go_on_from_present(number, actor=pair(PLATFORM)[0])
    step = reading.begin_reading(number)
    assert step is not None
    assert step.cursor is None


def test_pauses_grow_to_ten_minutes_and_end_with_a_good_reading(world: World) -> None:
    """The cursor stays meanwhile."""
    number = running(cursor="c9")
    with frozen(now()):
        pauses = []
        for _ in range(12):
            reading.record_failure(number, SourceFault(why="HTTP 500"), actor=SYSTEM)
            pauses.append(WatchProgress.objects.get().retry_at - now())  # type: ignore[operator]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (reading.FIRST_PAUSE, reading.LONGEST_PAUSE)
    progress = WatchProgress.objects.get()
    assert (progress.cursor, progress.state, progress.why) == ("c9", SourceState.FAULTY, "HTTP 500")
    reading.take_in(number, batch(cursor="c10"), actor=SYSTEM)
    progress.refresh_from_db()
    assert (progress.cursor, progress.failures, progress.retry_at) == ("c10", 0, None)


def test_ten_texts_of_one_account_are_one_source(world: World) -> None:
    """However much a watch sees."""
    take_in(PLATFORM, [seen(LOUD, f"${n}", at=datetime(2026, 11, 1, n, tzinfo=UTC)) for n in range(10)])
    assert (Case.objects.get().reports_count, Case.objects.get().sources_count) == (10, 1)
