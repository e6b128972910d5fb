"""The breach desk: the clock, who is concerned by the access log, records, lessons, and the drill."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import World, in_review, lose_clearance_of, report, resolved_closure, vote

from jaga.cases.models.cases import Subject
from jaga.core.actors import PUBLIC
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.cases import AccessKind, DecisionKind
from jaga.core.terms.privacy import BreachGroup, BreachScopeKind
from jaga.figures.reads.work_counts import see_overview
from jaga.privacy.models import Breach
from jaga.privacy.reads import holder_data as concerned
from jaga.privacy.reads.breaches import access_breach, list_breaches
from jaga.privacy.verbs.breaches import (
    BreachClosed,
    NewBreach,
    NewScope,
    NotEverybodyTold,
    add_scope,
    breach_letters,
    close_breach,
    declare_breach,
    list_people_concerned,
    record_notice,
)
from jaga.privacy.verbs.drill import NothingToPlay, OnlyInPractice, play_breach
from jaga.quality.models import AccessEvent
from jaga.queue.verbs.linked_accounts import link_account
from jaga.reporting.verbs import intake
from jaga.store.models import Installation, LedgerEntry
from jaga.store.reads import log_access

SAID = "Kenari hijau di dermaga."


def breach(world: World, **changes: object) -> int:
    moment = now()
    new = NewBreach(
        "Kata sandi seorang petugas dipakai orang lain.",
        "isi laporan",
        "Kata sandi diganti, sesi ditutup.",
        "Waspadai pesan yang meminta kode atau uang.",
        moment,
        moment - timedelta(days=1),
        moment,
    )
    return declare_breach(replace(new, **changes), actor=world.supervisor)  # type: ignore[arg-type]


def test_who_is_concerned_comes_from_the_access_log(world: World) -> None:
    """What the account opened in the period, by group and way; nothing before it, by others, or of canary cases."""
    named = intake.file_report(
        intake.NewReport(
            "obrolan",
            "@mawar:localhost",
            "prostitution_advertising",
            "192.0.2.0",
            text=SAID,
            name="Ayu Kenari",
            contact="0800-111-222",
        ),
        actor=PUBLIC,
    )
    report(source="198.51.100.0")
    closed = resolved_closure(world, account="@melati:localhost")
    hidden = in_review(account="@kamboja:localhost", category="child_protection")
    begins = now()
    reader = world.reviewers[0]
    for case in (named.case_id, closed, hidden):
        log_access(case, AccessKind.CASE, actor=reader)
    log_access(None, AccessKind.SEARCH, actor=reader)
    later = begins + timedelta(days=2)
    with frozen(later):
        log_access(in_review(account="@teratai:localhost"), AccessKind.CASE, actor=reader)
        number = breach(world, began_at=begins, stopped_at=begins + timedelta(days=1))
        assert access_breach(number, actor=world.supervisor).counts.cases == 0
        add_scope(number, NewScope(BreachScopeKind.PERSON, "sinta"), actor=world.supervisor)
        add_scope(number, NewScope(BreachScopeKind.PERSON, "sinta"), actor=world.supervisor)
        seen = access_breach(number, actor=world.supervisor)
        assert (seen.counts.cases, seen.counts.lists, len(seen.scopes)) == (3, 1, 1)
        assert {group: people for group, people, _ in seen.groups} == {
            BreachGroup.AUTHORITY: 0,
            BreachGroup.REPORTERS_NAMED: 1,
            BreachGroup.REPORTERS: 3,
            BreachGroup.HOLDERS: 1,
            BreachGroup.HOLDERS_UNREACHED: 2,
        }
        with pytest.raises(NotPermitted):
            list_people_concerned(number, actor=reader)
        found = list_people_concerned(number, actor=world.supervisor)
        assert (len(found.people), found.hidden) == (7, 0)
        assert "Ayu" not in repr(found)
        assert AccessEvent.objects.filter(
            what=AccessKind.PRIVACY, person=world.supervisor.person_id, case=hidden
        ).exists()
        lose_clearance_of(world.supervisor)
        found = list_people_concerned(number, actor=world.supervisor)
        assert (len(found.people), found.hidden) == (5, 1)
        add_scope(number, NewScope(BreachScopeKind.PAGE, "search"), actor=world.supervisor)
        assert access_breach(number, actor=world.supervisor).counts.cases == 0  # This account, on this kind of page.
        add_scope(number, NewScope(BreachScopeKind.KEY, "database backup"), actor=world.supervisor)
        assert access_breach(number, actor=world.supervisor).counts.everything


def test_everybody_concerned_is_on_a_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Senders, then holders, also of accounts that were decided together with another; and how many there are."""
    case_id = in_review()
    report(source="198.51.100.0")
    link_account(case_id, "obrolan", "@kedua:localhost", "Nomor yang sama.", actor=world.reviewers[0])
    vote(
        case_id, DecisionKind.RESTRICT, world.reviewers[0], accounts=tuple(Subject.objects.values_list("pk", flat=True))
    )
    number = breach(world)
    add_scope(number, NewScope(BreachScopeKind.CASE, f"K{case_id:06d}"), actor=world.supervisor)
    whole = list_people_concerned(number, actor=world.supervisor)
    assert (whole.pages, whole.total, whole.others) == (1, 4, ())
    assert {one.account for one in whole.people} == {"@mawar:localhost", "@kedua:localhost"}
    monkeypatch.setattr(concerned, "LISTED", 3)
    pages = [list_people_concerned(number, one, actor=world.supervisor) for one in (1, 2)]
    assert [(len(one.people), one.pages, one.others) for one in pages] == [(3, 2, (2,)), (1, 2, (1,))]
    assert (*pages[0].people, *pages[1].people) == whole.people


def test_a_breach_runs_from_its_discovery_to_its_lessons(world: World) -> None:
    """72 hours from the discovery; closed only when each group has its record; nothing is edited afterwards."""
    case_id = in_review(text=SAID)
    number = breach(world, found_at=now() - timedelta(hours=80))
    (row,) = list_breaches(actor=world.supervisor)
    assert row.due_at - row.found_at == timedelta(hours=72)
    assert row.overdue
    assert see_overview(actor=world.supervisor).breaches_overdue == 1
    add_scope(number, NewScope(BreachScopeKind.CASE, f"K{case_id:06d}"), actor=world.supervisor)
    for wrong in (
        NewScope(BreachScopeKind.CASE, "K999999"),
        NewScope(BreachScopeKind.PERSON, "nobody"),
        NewScope(BreachScopeKind.PAGE, "page"),
        NewScope(None, "x"),
        NewScope(BreachScopeKind.KEY, " "),
    ):
        with pytest.raises(InvalidInput):
            add_scope(number, wrong, actor=world.supervisor)
    letters = breach_letters(number, actor=world.supervisor)
    assert len(letters) == 4
    for letter in letters:
        for needed in ("isi laporan", "Kata sandi diganti", "Waspadai", row.reference):
            assert needed in letter.text
        assert "hijau" not in letter.text
    lessons = "Faktor kedua diwajibkan untuk semua orang."
    with pytest.raises(NotEverybodyTold):
        close_breach(number, lessons, actor=world.supervisor)
    for group in (BreachGroup.AUTHORITY, BreachGroup.REPORTERS, BreachGroup.HOLDERS_UNREACHED):
        record_notice(number, group, "Ditulis melalui kotak pesan.", sent=True, actor=world.supervisor)
    assert not list_breaches(actor=world.supervisor)[0].overdue
    report(text=SAID, source="198.51.100.77")
    assert list_breaches(actor=world.supervisor)[0].overdue  # somebody more is concerned
    with pytest.raises(NotEverybodyTold):
        close_breach(number, lessons, actor=world.supervisor)
    record_notice(number, BreachGroup.REPORTERS, "Yang kedua juga ditulisi.", sent=True, actor=world.supervisor)
    close_breach(number, lessons, actor=world.supervisor)
    with pytest.raises(BreachClosed):
        add_scope(number, NewScope(BreachScopeKind.PERSON, "sinta"), actor=world.supervisor)
    with pytest.raises(IntegrityError), transaction.atomic():
        Breach.objects.update(lessons="Lain.")
    assert see_overview(actor=world.supervisor).breaches == 0
    assert "hijau" not in str(list(LedgerEntry.objects.values_list("payload", flat=True)))
    with pytest.raises(InvalidInput):
        breach(world, stopped_at=now() - timedelta(days=9))
    with pytest.raises(NotPermitted):
        declare_breach(NewBreach("", "", "", "", None, None, None), actor=world.reviewers[0])


def test_a_drill_is_played_in_practice_only(world: World) -> None:
    """Seven steps with the real verbs; it stays out of the counters."""
    with pytest.raises(OnlyInPractice):
        list(play_breach())
    Installation.objects.create(practice=True, created_at=now())
    with pytest.raises(NothingToPlay):
        list(play_breach())
    log_access(in_review(text=SAID), AccessKind.CASE, actor=world.reviewers[0])
    steps = list(play_breach())
    assert [step.title[0] for step in steps] == list("1234567")
    assert "time left: 69 h 00 min" in steps[0].lines
    assert "reporters: 1" in steps[1].lines
    assert steps[4].lines[0].startswith("refused, as it should be")
    assert "hijau" not in repr(steps)
    (row,) = list_breaches(actor=world.supervisor)
    assert (row.drill, row.closed_at is not None) == (True, True)
    assert see_overview(actor=world.supervisor).breaches == 0
