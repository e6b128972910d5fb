"""A flood hides nobody: networks take turns among urgent cases; cases of unknown accounts keep their deadlines."""

from datetime import timedelta
from typing import Any

import pytest
from tests.factories import World, in_review, new_report, report
from tests.platforms.fake import FakeAccount, FakePlatform

from jaga.cases.models.cases import Case, Subject, TurnKey
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.terms.cases import AccountState
from jaga.core.terms.reports import ReportRoute
from jaga.queue.reads.queue import list_queue, next_in_queue
from jaga.queue.reads.waiting import QueueFilter, count_waiting, waiting_for
from jaga.queue.verbs import search as rotation
from jaga.reporting import jobs as jobs_absent
from jaga.reporting.verbs import handle_resolution as unknown_accounts
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.screening.engine.priority import A_TURN, MOST_TURNS
from jaga.signals.verbs import triage
from jaga.store.models import LedgerEntry

CATEGORY = "trafficking"
HELP = "Tolong, kakak saya dikunci di ruko belakang pasar dan tidak boleh pulang"
OWN = (
    "Anak tetangga dibawa ke kota dan tidak bisa dihubungi",
    "Mereka menyuruh adik saya kerja tanpa upah",
    "Pintu kamar dikunci dari luar setiap malam",
    "Saya melihat tiga orang tidak boleh keluar rumah itu",
    "Katanya utang harus lunas dulu baru boleh pergi",
    "Sopir travel itu mengambil semua ponsel penumpang",
)


def flood(number: int, **changes: Any) -> None:
    """One more urgent report on another account."""
    network = changes.pop("network", "203.0.113.0")
    intake.accept_report(
        new_report(
            account=f"@banjir{number}:localhost",
            category=CATEGORY,
            source=network,
            network=network,
            route=ReportRoute.VICTIM,
            **changes,
        ),
        actor=PUBLIC,
    )


def triage_received() -> None:
    """In order of arrival, some at a time, as the worker does."""
    received = Case.objects.select_for_update(of=("self",)).select_related("subject__platform").filter(state="received")
    cases = list(received.order_by("pk"))
    for start in range(0, len(cases), 25):
        triage.triage_cases(cases[start : start + 25], actor=SYSTEM)


def call_for_help(**changes: Any) -> int:
    """The genuine report, which arrives last and from another network."""
    given = {
        "account": "@korban:localhost",
        "category": CATEGORY,
        "source": "198.51.100.0",
        "network": "198.51.100.0",
        "route": ReportRoute.VICTIM,
        "text": HELP,
        **changes,
    }
    intake.accept_report(new_report(**given), actor=PUBLIC)
    file_waiting()
    triage_received()
    return Case.objects.get(subject__account_id=given["account"]).pk


def order(world: World) -> list[int]:
    """The whole queue as it is displayed."""
    return [row.case_id for row in list_queue(QueueFilter(), most=500, actor=world.reviewers[0]).rows]


def given_out(world: World, most: int) -> list[int]:
    """The order in which the next case is given out."""
    taken: list[int] = []
    for _ in range(most):
        found = next_in_queue(actor=world.reviewers[0])
        assert found is not None
        taken.append(found)
        case = Case.objects.get(pk=found)
        case.snoozed_until, case.snooze_reason = case.due_at, "Uji urutan."
        case.save(update_fields=["snoozed_until", "snooze_reason"])
    Case.objects.filter(pk__in=taken).update(snoozed_until=None, snooze_reason="")
    return taken


@pytest.mark.parametrize("words", ["none", "one text", "numbered", "own"])
def test_sixty_from_one_network_hide_no_call_for_help(world: World, words: str) -> None:
    """Whatever they contain; only the first of them may come before it, and the displayed order equals the order of the
    next cases.
    """
    for number in range(60):
        flood(
            number,
            text={
                "none": "",
                "one text": HELP,
                "numbered": f"{HELP} {number}",
                "own": f"{OWN[number % 6]} {OWN[number // 6 % 6]} {'abcdefghij'[number // 36]}",
            }[words],
        )
    real = call_for_help(text="Tolong, saya disekap di lantai dua toko kain sejak hari minggu")
    assert order(world).index(real) <= 1
    assert given_out(world, 4) == order(world)[:4]


@pytest.mark.parametrize("text", ["", HELP, "tolong"])
def test_a_hundred_networks_of_one_report_each_hide_nobody_with_own_words(world: World, text: str) -> None:
    """Reports without words, with the same text or with a single word come after a report in its own words."""
    for number in range(100):
        flood(number, network=f"203.0.{number}.0", text=f"{text} {number}" if text else "")
    real = call_for_help(text="Saya disekap di lantai dua toko kain, paspor diambil, mohon bantuan")
    assert order(world).index(real) <= 1


def test_a_mixed_flood_hides_nobody(world: World) -> None:
    """Some networks with one text, ten with their own words, one without any: the genuine report is among the first of
    each network, even without words, and never behind the flood.
    """
    for number in range(90):
        flood(
            number,
            network=f"203.0.{number % 30}.0" if number % 3 else "203.0.113.0",
            text=("", f"{HELP} {number}", f"{OWN[number % 6]} {OWN[number // 6 % 6]} ya")[number % 3],
        )
    real = call_for_help(text="Saya disekap di lantai dua toko kain, paspor diambil, mohon bantuan")
    silent = call_for_help(account="@diam:localhost", source="198.51.101.0", network="198.51.101.0", text="")
    shown = order(world)
    assert shown.index(real) <= 12
    assert shown.index(silent) <= 24


def test_a_person_in_the_flooding_network_comes_by_own_words(world: World) -> None:
    """A whole town may share one address: copied or empty reports do not come before one in its own words."""
    for number in range(60):
        flood(number, text="" if number % 2 else HELP)
    real = call_for_help(
        network="203.0.113.0", source="203.0.113.0", text="Saya disekap di lantai dua toko kain, paspor diambil"
    )
    assert order(world).index(real) <= 1


def test_the_clock_stays_and_turns_move_on(world: World) -> None:
    """No deadline changes; when an earlier case is decided, the next one moves up; keys are deleted."""
    for number in range(4):
        flood(number)
    call_for_help()
    cases = list(Case.objects.filter(subject__account_id__startswith="@banjir").order_by("pk"))
    assert [case.turn for case in cases] == [0, 1, 2, 3]
    assert len({case.due_at - case.opened_at for case in cases}) == 1
    assert cases[1].rank_at - cases[0].rank_at > A_TURN - timedelta(minutes=1)
    Case.objects.filter(pk=cases[0].pk).update(state="acting")
    assert rotation.recount_turns() == 3
    for case in cases[1:]:
        triage.triage_case(case.pk, actor=SYSTEM)
    assert list(
        Case.objects.filter(pk__in=[case.pk for case in cases[1:]]).order_by("pk").values_list("turn", flat=True)
    ) == [0, 1, 2]
    assert not any(b"203.0.113" in bytes(key) for key in TurnKey.objects.values_list("key", flat=True))


def test_other_sources_and_what_is_not_urgent_have_no_turns(world: World) -> None:
    """A second network, an authority or the platform's own button removes a case from the turns of one network."""
    for number in range(3):
        flood(number)
    intake.accept_report(
        new_report(
            account="@banjir2:localhost", category=CATEGORY, source="198.51.100.9", network="198.51.100.9", text=HELP
        ),
        actor=PUBLIC,
    )
    call_for_help(text=OWN[0])
    joined = Case.objects.get(subject__account_id="@banjir2:localhost")
    assert (joined.turn, joined.own_words) == (0, True)
    plain = [
        in_review(account=f"@biasa{number}:localhost", network="203.0.113.0", source="203.0.113.0")
        for number in range(3)
    ]
    assert set(Case.objects.filter(pk__in=plain).values_list("turn", "own_words")) == {(0, True)}
    assert MOST_TURNS < 20


def test_accounts_that_the_platform_does_not_know_wait_apart(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the same deadline, seen by the same people, given out when nothing else waits; and back when the account
    exists.
    """
    for number in range(5):
        flood(number, network=f"203.0.{number}.0", text=OWN[number])
    real = call_for_help()
    platform = FakePlatform()
    platform.accounts["@korban:localhost"] = FakeAccount("sandi")
    monkeypatch.setattr(jobs_absent, "adapter_for", lambda name: platform)
    assert unknown_accounts.sought_platforms() == ["obrolan"]
    assert jobs_absent.seek_accounts("obrolan") == 6
    assert jobs_absent.seek_accounts("obrolan") == 0
    for case in Case.objects.order_by("pk"):
        triage.triage_case(case.pk, actor=SYSTEM)
    assert order(world) == [real]
    actor = world.reviewers[1]
    aside = [row.case_id for row in list_queue(QueueFilter(apart=True), actor=actor).rows]
    assert len(aside) == count_waiting(waiting_for(actor, QueueFilter(apart=True))).number == 5
    assert given_out(world, 6) == [real, *aside]
    assert LedgerEntry.objects.filter(verb="seek_account").count() == 5
    dues = set(Case.objects.filter(apart=True).values_list("due_at", "opened_at"))
    assert {due - opened for due, opened in dues} == {
        Case.objects.get(pk=real).due_at - Case.objects.get(pk=real).opened_at
    }
    platform.accounts["@banjir1:localhost"] = FakeAccount("sandi")
    Subject.objects.filter(absent=True).update(sought_at=None)
    jobs_absent.seek_accounts("obrolan")
    back = Case.objects.get(subject__account_id="@banjir1:localhost")
    triage.triage_case(back.pk, actor=SYSTEM)
    assert set(order(world)) == {real, back.pk}


def test_an_authority_or_a_second_look_keeps_nobody_apart(world: World) -> None:
    """What the platform or our own staff saw is not invented; ordinary cases stay where they are."""
    number = report(account="@hilang:localhost", category=CATEGORY).case_id
    Subject.objects.update(absent=True)
    triage.triage_case(number, actor=SYSTEM)
    assert Case.objects.get(pk=number).apart
    plain = in_review(account="@biasa:localhost")
    Subject.objects.update(absent=True)
    triage.triage_case(plain, actor=SYSTEM)
    assert not Case.objects.get(pk=plain).apart
    assert AccountState.MISSING.value == "missing"
