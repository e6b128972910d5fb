"""Repeats of dismissed matters: copies are answered automatically, others reach a person, floods are spread over
days.
"""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.factories import World, in_review, new_report, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Letter
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import ReportRoute
from jaga.queue.reads.queue import list_queue
from jaga.queue.reads.waiting import QueueFilter
from jaga.queue.verbs.assignment import lift_expired_holds
from jaga.queue.verbs.linked_accounts import CARDS_OF_A_NETWORK, HOLD
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.reads.reopened_matters import SHOWN_OF_A_NETWORK, repeat_of
from jaga.reporting.verbs import intake
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.verbs import triage

WEAK = "Akun ini menjual jasa dan menipu banyak orang di kota kami, tolong segera diperiksa"
CONCRETE = [
    "Saya kirim Rp 1.750.000 ke dia lewat transfer bank tanggal 3, barang tidak pernah datang",
    "Sudah saya laporkan ke polisi, nomor LP/B/112/XI/2026, petugas minta akun ini diperiksa",
    "Dia bilang malam ini akan datang ke rumah ibu saya kalau saya tidak bayar lagi",
    WEAK + ". Kerugian saya 400 ribu",
    WEAK + ". LP/B/9/2026",
]
WIB = ZoneInfo("Asia/Jakarta")
NOON = now().astimezone(WIB).replace(hour=9, minute=0, second=0, microsecond=0)


def send(text: str, sender: str, **changes: object) -> intake.AcceptedReport:
    """One report from its own network, filed and triaged."""
    accepted = intake.accept_report(
        new_report(**{"text": text, "source": sender, "network": sender, **changes}), actor=PUBLIC
    )
    while file_waiting():
        pass
    for case in Case.objects.filter(state=CaseState.RECEIVED):
        triage.triage_case(case.pk, actor=SYSTEM)
    return accepted


def case_of(accepted: intake.AcceptedReport) -> Case:
    return Case.objects.get(reports=accepted.report_id)


@pytest.fixture
def weak(world: World) -> Case:
    """One weak report, dismissed by one person."""
    case_id = in_review(text=WEAK, source="satu", network="satu")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return Case.objects.get(pk=case_id, state=CaseState.RESOLVED)


def test_every_new_and_concrete_report_reaches_a_person_on_one_card(weak: Case, world: World) -> None:
    """22 of 22 are on one card, which says what it repeats; nobody is answered before a person decides."""
    sent = [send(f"{CONCRETE[n % len(CONCRETE)]} (bukti {n})", f"n{n}") for n in range(22)]
    cards = {case_of(one).pk for one in sent}
    assert (len(cards), weak.pk in cards) == (1, False)
    card = Case.objects.get(pk__in=cards)
    assert (card.repeats, card.reports_count, card.snoozed_until) == (weak, 22, None)
    assert card.pk in {row.case_id for row in list_queue(QueueFilter(), actor=world.reviewers[0]).rows}
    assert not Letter.objects.filter(report__in=[one.report_id for one in sent]).exists()
    assert all(access_report(one.receipt).outcome is None for one in sent)
    vote(card.pk, DecisionKind.DISMISS, world.reviewers[1])
    letters = Letter.objects.filter(report__in=[one.report_id for one in sent])
    assert {letter.key for letter in letters} == {"reporter_dismiss"}


def test_no_letter_of_a_program_says_that_nothing_was_new(weak: Case, world: World) -> None:
    """The letter says what was compared, that no person read it, and what a person would read."""
    for language, sentence in (("id", "sama persis"), ("en", "exactly the same")):
        copy = send(WEAK.upper(), f"copy-{language}", language=language)
        assert case_of(copy) == weak
        letter = Letter.objects.get(report=copy.report_id)
        assert (letter.key, sentence in letter.body) == ("reporter_settled", True)
        assert not any(words in letter.body for words in ("hal baru", "nothing new"))


def test_a_copy_of_what_nobody_read_is_not_settled(weak: Case, world: World) -> None:
    """Texts that joined the case after its dismissal were read by nobody, so copies of them are not answered
    automatically.
    """
    send(WEAK, "dua")
    unread = Report.objects.filter(case=weak).latest("pk")
    unread.text = CONCRETE[0]
    unread.save(update_fields=["text"])  # as earlier versions settled it
    assert case_of(send(CONCRETE[0], "tiga")) != weak


def test_the_next_card_of_a_day_comes_tomorrow_and_what_is_urgent_now(weak: Case, world: World) -> None:
    """Somebody who keeps writing costs one review a day; victims, authorities and danger do not wait."""
    with frozen(NOON + timedelta(days=1)):
        first = case_of(send(CONCRETE[0], "a"))
        vote(first.pk, DecisionKind.DISMISS, world.reviewers[1])
    with frozen(NOON + timedelta(days=1, hours=2)):
        second = case_of(send(CONCRETE[1], "b"))
        assert (second.repeats, second.snooze_reason) == (first, HOLD)
        assert second.snoozed_until is not None
        assert second.snoozed_until <= second.due_at
        assert second.pk not in {row.case_id for row in list_queue(QueueFilter(), actor=world.reviewers[0]).rows}
        assert case_of(send(CONCRETE[2], "c")) == second
        assert Case.objects.get(pk=second.pk).snoozed_until is not None
    with frozen(NOON + timedelta(days=2)):
        lift_expired_holds()
        assert Case.objects.get(pk=second.pk).snoozed_until is None
        vote(second.pk, DecisionKind.DISMISS, world.reviewers[1])
        urgent = case_of(send(CONCRETE[3], "d", route=ReportRoute.VICTIM))
        assert urgent.snoozed_until is None
        assert urgent.repeats == second


def test_what_waits_for_tomorrow_comes_at_once_when_a_victim_joins(weak: Case, world: World) -> None:
    """The card waits only as long as that is harmless."""
    noon = now().astimezone(WIB).replace(hour=12) + timedelta(days=1)  # far from the midnight that it waits for
    with frozen(noon):
        vote(case_of(send(CONCRETE[0], "a")).pk, DecisionKind.DISMISS, world.reviewers[1])
        held = case_of(send(CONCRETE[1], "b"))
        assert held.snoozed_until
        send("Saya orangnya, tolong saya", "v", route=ReportRoute.VICTIM)
        triage.triage_case(held.pk, actor=SYSTEM)
        assert Case.objects.get(pk=held.pk).snoozed_until is None


def test_one_network_opens_so_many_cards_a_day_and_another_brings_its_card_forward(world: World) -> None:
    """Further cards of that network follow on later days, always within half of their deadline."""
    accounts = [f"akun{n}" for n in range(CARDS_OF_A_NETWORK + 2)]
    with frozen(NOON):
        for account in accounts:
            case_id = in_review(account=f"@{account}:localhost", text=WEAK, source="satu", network="satu")
            vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    with frozen(NOON + timedelta(hours=1)):
        cards = [
            case_of(send(f"{CONCRETE[0]} {n}", "gang", account=f"@{account}:localhost"))
            for n, account in enumerate(accounts)
        ]
        assert [card.snoozed_until is None for card in cards] == [True] * CARDS_OF_A_NETWORK + [False] * 2
        last = cards[-1]
        assert last.snoozed_until is not None
        assert last.snoozed_until <= last.opened_at + (last.due_at - last.opened_at) / 2
        assert case_of(send(CONCRETE[1], "tetangga", account=f"@{accounts[-1]}:localhost")) == last
        triage.triage_case(last.pk, actor=SYSTEM)
        assert Case.objects.get(pk=last.pk).snoozed_until is None


def test_the_card_marks_what_is_new_and_one_network_takes_no_more_of_it_than_another(weak: Case, world: World) -> None:
    """New words, links and people are marked, known words are not; three reports of each network are shown, the others
    counted.
    """
    for n in range(8):
        send(f"{WEAK}, pesan {n}", "gang")
    last = send(
        WEAK + ". Kerugian 400 ribu", "saksi", contact="rini@contoh.example", links=("https://contoh.example/baru",)
    )
    repeat = repeat_of(case_of(last), actor=world.reviewers[0])
    assert repeat is not None
    assert [one.case_id for one in repeat.earlier] == [weak.pk]
    assert (len(repeat.differences), repeat.more) == (SHOWN_OF_A_NETWORK + 1, 8 - SHOWN_OF_A_NETWORK)
    assert repeat.differences[1].report_id == last.report_id  # the second voice stands second
    new = repeat.differences[1]
    assert [new.text[start:end] for start, end in new.places] == ["Kerugian 400 ribu"]
    assert (new.links, new.person, new.reordered) == (("https://contoh.example/baru",), True, False)
