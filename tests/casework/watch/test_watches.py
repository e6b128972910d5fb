"""Proposing, starting, stopping and ending watches; looking up accounts without a case."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import PLATFORM, World, resolved_closure
from tests.watching import LOUD, new_watch, pair, seen, take_in

from jaga.cases.models.cases import Case, Platform
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.reports import SourceKind, WatchState
from jaga.policy.local_time import today
from jaga.quality.models import AccessEvent
from jaga.store.models import LedgerEntry
from jaga.watch.models.watches import Watch
from jaga.watch.reads.watches import list_watches, state_of
from jaga.watch.verbs import lookups, watches


def verbs() -> list[str]:
    return list(LedgerEntry.objects.filter(verb__contains="watch").order_by("pk").values_list("verb", flat=True))


def test_a_watch_is_started_by_another_and_stopped_by_anyone(world: World) -> None:
    """Each step once, and on record; the database refuses what a program might try."""
    one, other = pair(PLATFORM)
    with pytest.raises(NotPermitted):
        watches.propose_watch(new_watch(), actor=world.reviewers[0])
    row = watches.propose_watch(new_watch(), actor=one)
    with pytest.raises(watches.OwnWatch):
        watches.start_watch(row.pk, actor=one)
    for changes in ({"started_by": one.person_id, "started_at": now()}, {"budget": 5}, {"purpose": "Lain."}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Watch.objects.filter(pk=row.pk).update(**changes)
    watches.start_watch(row.pk, actor=other)
    with pytest.raises(watches.WatchOver):
        watches.start_watch(row.pk, actor=other)
    with pytest.raises(InvalidInput):
        watches.stop_watch(row.pk, "", actor=one)
    watches.stop_watch(row.pk, "Sudah tidak perlu.", actor=one)
    with pytest.raises(watches.WatchOver):
        watches.stop_watch(row.pk, "Sudah tidak perlu.", actor=one)
    assert verbs() == ["propose_watch", "start_watch", "stop_watch"]
    assert list_watches(actor=one).over[0].state is WatchState.STOPPED


def test_a_watch_ends_by_itself_and_a_proposal_lapses(world: World) -> None:
    """At its moment, also before the worker notes it."""
    one, other = pair(PLATFORM)
    begun = watches.propose_watch(new_watch(until=today() + timedelta(days=1)), actor=one)
    lapsed = watches.propose_watch(new_watch(), actor=one)
    watches.start_watch(begun.pk, actor=other)
    with frozen(now() + timedelta(days=4)):
        with pytest.raises(watches.WatchOver):
            watches.start_watch(lapsed.pk, actor=other)
        begun.refresh_from_db()
        assert state_of(begun, now()) is WatchState.ENDED
        assert (watches.end_watches(), watches.end_watches()) == (2, 0)
    assert verbs()[-2:] == ["end_watch", "lapse_watch"]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        (
            {"until": None, "budget": 0, "purpose": "x", "legal_basis": "-"},
            {"until", "budget", "purpose", "legal_basis"},
        ),
        ({"until": today() + timedelta(days=91)}, {"until"}),
        ({"platform": "tidak-ada", "kind": None}, {"platform", "kind"}),
        ({"kind": SourceKind.MASTODON, "url": "https://u:p@social.example"}, {"url"}),
        ({"kind": SourceKind.MASTODON, "url": "https://social.example", "token_file": "social"}, {"token_owner"}),
    ],
)
def test_a_wrong_proposal_names_its_fields(world: World, changes: dict[str, Any], fields: set[str]) -> None:
    """Nothing is stored."""
    with pytest.raises(InvalidInput) as wrong:
        watches.propose_watch(new_watch(**changes), actor=pair(PLATFORM)[0])
    assert {error.field for error in wrong.value.errors} == fields
    assert not Watch.objects.exists()


def test_the_rooms_of_a_platform_that_nobody_permits_are_not_watched(world: World) -> None:
    """An administrator permits it with the platform's settings."""
    Platform.objects.update(watched=False)
    with pytest.raises(InvalidInput):
        watches.propose_watch(new_watch(), actor=pair(PLATFORM)[0])


def test_an_account_without_a_case_is_looked_up_once_by_two_people(world: World) -> None:
    """With a reason, in the access log; for this account alone, and only what no case took."""
    account = Case.objects.get(pk=resolved_closure(world)).subject.account_id
    take_in(PLATFORM, (seen(LOUD, "$1", account, now() - timedelta(hours=1)),))
    one, other = pair(PLATFORM)
    asked = lookups.ask_account_lookup(PLATFORM, account, "Ada pertanyaan dari operator.", actor=one)
    with pytest.raises(lookups.OwnLookup):
        lookups.permit_account_lookup(asked.pk, actor=one)
    with pytest.raises(lookups.LookupNotPermitted):
        lookups.look_up_account(asked.pk, account, actor=one)
    lookups.permit_account_lookup(asked.pk, actor=other)
    for actor, typed in ((other, account), (one, "@lain:localhost")):
        with pytest.raises(lookups.LookupNotPermitted):
            lookups.look_up_account(asked.pk, typed, actor=actor)
    (found,) = lookups.look_up_account(asked.pk, account, actor=one)
    assert (found.text, found.surface) == (LOUD, "Nongkrong")
    with pytest.raises(lookups.LookupNotPermitted):
        lookups.look_up_account(asked.pk, account, actor=one)
    assert list(AccessEvent.objects.filter(what="watch").order_by("pk").values_list("person", flat=True)) == [
        one.person_id,
        other.person_id,
        one.person_id,
    ]  # asked, permitted, carried out
    assert account not in str(list(LedgerEntry.objects.filter(verb__contains="lookup").values_list("payload")))
