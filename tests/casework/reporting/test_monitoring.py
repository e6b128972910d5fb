"""Monitoring: screened, filed once where people should look; everything else is stored nowhere."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.factories import PLATFORM, World, resolved_closure

from jaga.casework.reporting.monitoring import ObservedText, read_from, take_in
from jaga.core.actors import SYSTEM
from jaga.core.clock import now
from jaga.core.errors import NotFound
from jaga.core.terms.reports import Channel, ReportForm
from jaga.records.models import Case, Evidence, Platform, Report, WatchCursor

LOUD = "open BO malam ini, wa 0812-0000-1111"


def seen(text: str, message: str = "$1", at: datetime = datetime(2026, 11, 1, 18, tzinfo=UTC)) -> ObservedText:
    return ObservedText("@mawar:localhost", "mawar", "Nongkrong", message, text, at)


def test_an_advertisement_becomes_a_case_of_the_watch(world: World) -> None:
    """With channel, form, the sealed original, and the day of the conduct by the Indonesian calendar."""
    (filed,) = take_in(PLATFORM, (seen(LOUD),), "c1", actor=SYSTEM)
    stored = Report.objects.get()
    assert (stored.channel, stored.form, stored.receipt_hash) == (Channel.WATCH, ReportForm.OBSERVATION, None)
    assert stored.conduct_on == date(2026, 11, 2)
    assert Case.objects.get(pk=filed.case_id).channel == Channel.WATCH
    assert Evidence.objects.get().report_id == stored.pk


def test_ordinary_talk_is_stored_nowhere(world: World) -> None:
    """Only the cursor moves."""
    assert take_in(PLATFORM, (seen("Sepeda masih ada? Bisa nego."),), "c2", actor=SYSTEM) == ()
    assert not Report.objects.exists()
    assert not Evidence.objects.exists()
    assert read_from(PLATFORM) == "c2"


def test_a_message_seen_twice_is_one_observation(world: World) -> None:
    """In the same round and in the next."""
    take_in(PLATFORM, (seen(LOUD), seen(LOUD)), "c1", actor=SYSTEM)
    take_in(PLATFORM, (seen(LOUD),), "c1", actor=SYSTEM)
    assert Report.objects.count() == 1
    assert Case.objects.get().sources_count == 1


def test_a_watch_is_one_source_however_much_it_sees(world: World) -> None:
    """Ten messages of one account give ten reports and one source."""
    take_in(PLATFORM, tuple(seen(LOUD, f"${n}") for n in range(10)), "c1", actor=SYSTEM)
    assert (Case.objects.get().reports_count, Case.objects.get().sources_count) == (10, 1)


@pytest.mark.parametrize("noise", ["\x00", "\ud800", "x" * 100_000], ids=["nul", "surrogate", "long"])
def test_hostile_text_in_a_room_stops_nothing(world: World, noise: str) -> None:
    """An advertiser cannot hide behind characters that a database refuses."""
    assert len(take_in(PLATFORM, (seen(f"{LOUD} {noise}"), seen(LOUD, "$2")), "c1", actor=SYSTEM)) == 2


def test_an_unwatched_platform_is_not_read(world: World) -> None:
    """Neither the cursor changes nor is anything stored."""
    Platform.objects.update(watched=False)
    with pytest.raises(NotFound):
        read_from(PLATFORM)
    with pytest.raises(NotFound):
        take_in(PLATFORM, (seen(LOUD),), "c1", actor=SYSTEM)
    assert not WatchCursor.objects.exists()


def test_what_was_said_before_a_closure_opens_no_second_case(world: World) -> None:
    """A message read late about an account closed for the same thing is ignored; a later message is not."""
    case_id = resolved_closure(world)
    subject = Case.objects.get(pk=case_id).subject
    early = ObservedText(subject.account_id, "x", "Nongkrong", "$early", LOUD, now() - timedelta(hours=1))
    late = ObservedText(subject.account_id, "x", "Nongkrong", "$late", LOUD, now() + timedelta(seconds=1))
    assert take_in(PLATFORM, (early,), "c1", actor=SYSTEM) == ()
    assert Case.objects.count() == 1
    assert len(take_in(PLATFORM, (late,), "c2", actor=SYSTEM)) == 1


def test_an_observation_says_where_it_was_seen(world: World) -> None:
    """The public room's name is stored with the text."""
    take_in(PLATFORM, (seen(LOUD),), "c1", actor=SYSTEM)
    assert Report.objects.get().place == "Nongkrong"
