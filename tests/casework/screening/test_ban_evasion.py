"""Returning accounts are labelled for people; merely reported ones match nothing, and nothing happens automatically."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests import watching
from tests.factories import PNG, World, decided_closure, in_review, report, resolved_closure, vote
from tests.watching import take_in

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Action, Decision, Vote
from jaga.cases.models.reports import Report
from jaga.cases.reads.decisions import matches_in_force
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import CLI, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.observations import Observation
from jaga.core.platforms import Capabilities, Capability
from jaga.core.terms.cases import DecisionKind, Step
from jaga.core.terms.reports import IndicatorKind, Likelihood, ReportForm
from jaga.people.models import Organisation
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.policy.release import load_release
from jaga.signals.models import AccountIndicator, BanEvasionMatch, LshBand
from jaga.signals.reads import at_a_glance as warning_list
from jaga.signals.verbs import triage
from jaga.signals.verbs.ban_evasion import forget_links, indicators_of_media, recheck_waiting_cases
from jaga.signals.verbs.shared_indicators import TOO_COMMON
from jaga.store.models import LedgerEntry

OTHER = "tamu"
CONTACT = "open BO, wa 0812-3456-7890"
PLAIN = "Halo kak, kalau mau ngobrol hubungi nol delapan satu dua 3456 7890 ya"
LONG = (
    "Malam kak, aku lagi di kota sebelah sampai hari minggu, bisa temani ngobrol dan makan malam, tarif nego, "
    "langsung kirim pesan saja ya, jangan lupa sebut nama dan jam berapa mau ketemu"
)


@pytest.fixture
def other(world: World) -> World:
    """The world with a second watched platform."""
    operator = Organisation.objects.get(name="Operator Contoh")
    able = Capabilities("synapse", {step: Capability(True) for step in Step})
    register_platform(
        NewPlatform(OTHER, "Tamu Contoh", operator.pk, "tamu.test", able, watched=True, practice=True), actor=CLI
    )
    return world


def seen(text: str, account: str = "@kenanga:tamu.test", message: str = "$1") -> Observation:
    return watching.seen(text, message, account, handle=account)


def elsewhere(**changes: Any) -> int:
    """A triaged report on the second platform, by another reporter."""
    return in_review(**{"platform": OTHER, "account": "@kenanga:tamu.test", "source": "198.51.100.7", **changes})


def labels(case_id: int) -> list[tuple[str, list[str]]]:
    return [(row.likelihood, row.kinds) for row in matches_in_force().filter(case_id=case_id).order_by("pk")]


def test_a_closed_account_that_returns_elsewhere_is_labelled_and_nothing_is_closed(other: World) -> None:
    """An account closed on one platform writes on another, under another name, with its number in words: people get a
    case.
    """
    closed = resolved_closure(other, published=CONTACT)
    before = Action.objects.count(), Decision.objects.count(), Vote.objects.count()
    (filed,) = take_in(OTHER, (seen(PLAIN), seen("Halo kak, apa kabar?", message="$2")), "c1", actor=SYSTEM)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    case = Case.objects.get(pk=filed.case_id)
    assert (case.state, case.reports_count) == (CaseState.IN_REVIEW, 1)
    assert Report.objects.get(case=case).form == ReportForm.OBSERVATION
    assert labels(case.pk) == [(Likelihood.LIKELY, [IndicatorKind.CONTACT])]
    assert BanEvasionMatch.objects.get().earlier_case_id == closed
    assert (Action.objects.count(), Decision.objects.count(), Vote.objects.count()) == before
    entry = LedgerEntry.objects.get(verb="find_ban_evasion_match", case_ref=case.pk)
    assert "3456" not in str(entry.payload)


def test_an_account_that_was_only_reported_labels_nobody(other: World) -> None:
    """Neither open, nor dismissed, nor with a first vote to close; and the watch discards the text."""
    waiting = in_review(published=CONTACT)
    vote(waiting, DecisionKind.CLOSE, other.reviewers[0])
    assert take_in(OTHER, (seen(PLAIN),), "c1", actor=SYSTEM) == ()
    assert labels(elsewhere(published=CONTACT)) == []
    vote(waiting, DecisionKind.CLOSE, other.reviewers[1])
    assert labels(elsewhere(published=f"{CONTACT} juga", source="198.51.100.8")) == [("likely", ["contact"])]


def test_a_dismissed_account_labels_nobody(other: World) -> None:
    """A dismissal is not held against anybody else."""
    vote(in_review(published=CONTACT), DecisionKind.DISMISS, other.reviewers[0])
    assert labels(elsewhere(published=CONTACT)) == []
    assert take_in(OTHER, (seen(PLAIN),), "c1", actor=SYSTEM) == ()


@pytest.mark.parametrize(
    ("first", "second", "expected"),
    [
        ({"published": LONG}, {"published": LONG.replace("kota", "kampung") + " 700"}, [("possible", ["text"])]),
        ({"account": "@sinta_bo01:localhost"}, {"account": "@sinta.bo02:tamu.test"}, [("possible", ["handle"])]),
        ({"screenshots": (Upload(PNG),)}, {"screenshots": (Upload(PNG),)}, []),
        (
            {"text": LONG, "excerpt": CONTACT, "links": ("https://t.me/mawar_22",)},
            {"text": LONG, "excerpt": CONTACT, "links": ("https://t.me/mawar_22",)},
            [],
        ),
        ({"published": f"{LONG} {CONTACT}"}, {"text": LONG, "excerpt": CONTACT}, []),
        (
            {"published": LONG, "account": "@sinta_bo01:localhost"},
            {"published": LONG, "account": "@sinta.bo02:tamu.test"},
            [("likely", ["handle", "text"])],
        ),
        ({"published": "https://t.me/mawar_22"}, {"published": "tele: @Mawar_22"}, [("likely", ["contact"])]),
        ({"published": "open BO, nego"}, {"published": "open BO, nego"}, []),
        ({"published": LONG}, {"published": "Dijual sepeda gunung bekas, kondisi masih bagus, rem baru diganti"}, []),
    ],
)
def test_what_is_alike_decides_how_likely_it_is(
    other: World,
    first: dict[str, Any],
    second: dict[str, Any],
    expected: list[tuple[str, list[str]]],
) -> None:
    """One weak indicator is possible, two kinds are likely; short or different texts are nothing. What reporters wrote,
    pasted, linked or attached connects nobody.
    """
    decided_closure(other, **first)
    assert labels(elsewhere(**second)) == expected


def test_a_contact_that_too_many_share_means_nothing(other: World) -> None:
    """A number under more accounts than one holder has, none of them decided against, belongs to a service or is a
    trick.
    """
    decided_closure(other, published=CONTACT)
    for number in range(TOO_COMMON):
        case_id = in_review(account=f"@pelanggan{number}:localhost", published=CONTACT, source=str(number))
    assert labels(case_id) == [("likely", ["contact"])]
    assert labels(elsewhere(published=CONTACT)) == []
    assert take_in(OTHER, (seen(PLAIN, account="@baru:tamu.test"),), "c1", actor=SYSTEM) == ()


def test_a_chain_letter_means_nothing(other: World) -> None:
    """The same for a text that many have written."""
    decided_closure(other, published=LONG)
    for number in range(TOO_COMMON):
        in_review(account=f"@penerus{number}:localhost", published=f"{LONG} {number}", source=str(number))
    assert labels(elsewhere(published=LONG)) == []


def test_whoever_comes_back_often_is_not_let_off(other: World) -> None:
    """Closed accounts do not make their own contact common."""
    for number in range(TOO_COMMON + 1):
        decided_closure(other, account=f"@kembali{number}:localhost", published=CONTACT, source=str(number))
    assert len(labels(elsewhere(published=CONTACT))) == TOO_COMMON + 1


def overturn(case_id: int, world: World) -> Decision:
    """A decision overturned by somebody without a vote in it, as the restoring verb records it."""
    closure = Decision.objects.get(case_id=case_id)
    Decision.objects.create(
        case_id=case_id,
        subject=closure.subject,
        kind=DecisionKind.RESTORE,
        overturns=closure,
        policy_hash=closure.policy_hash,
        decided_by_id=world.reviewers[2].person_id,
        decided_at=now(),
    )
    return closure


def test_an_overturned_decision_takes_its_labels_and_indicators_along(other: World) -> None:
    """Matches that rested on it are withdrawn, indicators deleted, and the case's rank is updated."""
    closed, case_id = decided_closure(other, published=CONTACT), elsewhere(published=CONTACT.replace("open BO", "halo"))
    lifted = Case.objects.get(pk=case_id).rank_at
    assert labels(case_id) == [("likely", ["contact"])]
    closure = overturn(closed, other)
    assert labels(case_id) == []  # at once, whoever cleans up
    assert forget_links(closure, actor=SYSTEM) == 1
    assert BanEvasionMatch.objects.get().withdrawn_at is not None
    assert not AccountIndicator.objects.filter(subject=closure.subject).exists()
    triage.triage_case(case_id, actor=SYSTEM)
    assert labels(case_id) == []
    assert Case.objects.get(pk=case_id).rank_at > lifted
    assert LedgerEntry.objects.filter(verb="withdraw_ban_evasion_match", case_ref=case_id).count() == 1
    assert forget_links(closure, actor=SYSTEM) == 0


def test_another_decision_in_force_keeps_the_label(other: World) -> None:
    """If one of two closures of an account is overturned, the match rests on the other from then on."""
    first = decided_closure(other, published=CONTACT)
    second = decided_closure(other, published=CONTACT, category="fraud")
    case_id = elsewhere(published=CONTACT)
    assert BanEvasionMatch.objects.get().earlier_case_id == second
    assert forget_links(overturn(second, other), actor=SYSTEM) == 0
    assert labels(case_id) == [("likely", ["contact"])]
    assert BanEvasionMatch.objects.get().earlier_case_id == first


def test_a_ban_evasion_match_moves_a_case_forward_a_little_and_no_further(other: World) -> None:
    """It is ranked between the same case without it and a case with one more source."""
    decided_closure(other, published=CONTACT)
    for number, text in enumerate(("halo kak", "halo kak, wa 0812-3456-7890")):
        elsewhere(account=f"@banding{number}:tamu.test", published=text)
    plain, lifted = Case.objects.order_by("-pk")[:2][::-1]
    ahead = (plain.rank_at - plain.due_at) - (lifted.rank_at - lifted.due_at)
    assert 3 <= ahead.total_seconds() / 3600 <= 4
    assert (lifted.state, lifted.score) == (CaseState.IN_REVIEW, 0.0)


def test_media_of_a_preserved_account_are_compared_too(other: World) -> None:
    """A closed account's public picture appears at another account; a reporter's screenshot of it is a claim."""
    closed = decided_closure(other)
    indicators_of_media(Case.objects.get(pk=closed).subject, [sha256(PNG).hexdigest()] * 2)
    case_id = elsewhere(screenshots=(Upload(PNG),))
    assert labels(case_id) == []
    indicators_of_media(Case.objects.get(pk=case_id).subject, [sha256(PNG).hexdigest()])
    triage.triage_case(case_id, actor=SYSTEM)
    assert labels(case_id) == [("possible", ["image"])]


@pytest.mark.parametrize("text", [CONTACT, LONG])
def test_a_case_that_waited_before_the_other_was_judged_is_looked_at_again(other: World, text: str) -> None:
    """Only its own triage is deferred once more; then it has its label."""
    waiting = elsewhere(published=text)
    elsewhere(account="@lain:tamu.test", published="Dijual sepeda gunung bekas, rem baru diganti")
    closed = decided_closure(other, published=text)
    assert labels(waiting) == []
    assert recheck_waiting_cases(Case.objects.get(pk=closed).subject_id) == 1
    triage.triage_case(waiting, actor=SYSTEM)
    assert len(labels(waiting)) == 1


def test_the_watch_does_not_follow_a_possible_victim(other: World) -> None:
    """In a victim-first case a restriction does not lead to observations of ordinary texts; reports are still
    labelled.
    """
    case_id = in_review(category="trafficking", published="paspor ditahan, wa 0812-3456-7890")
    for reviewer in other.reviewers[:2]:
        vote(case_id, DecisionKind.RESTRICT, reviewer)
    assert Decision.objects.filter(case_id=case_id, kind=DecisionKind.RESTRICT).exists()
    assert take_in(OTHER, (seen(PLAIN),), "c1", actor=SYSTEM) == ()
    assert labels(elsewhere(published=CONTACT)) == [("likely", ["contact"])]


def test_the_watch_takes_no_text_of_the_account_itself_and_none_that_is_only_possible(other: World) -> None:
    """A closed account that still writes is handled by verification; only a name or only a text is too little."""
    decided_closure(other, account="@sinta_bo01:localhost", published=f"{LONG} wa 0812-3456-7890")
    ordinary = LONG.replace("tarif nego, ", "")
    assert take_in("obrolan", (seen(PLAIN, "@sinta_bo01:localhost"),), "c1", actor=SYSTEM) == ()
    assert take_in(OTHER, (seen("Halo semua", "@sinta.bo02:tamu.test"),), "c1", actor=SYSTEM) == ()
    assert take_in(OTHER, (seen(ordinary),), "c2", actor=SYSTEM) == ()
    assert len(take_in(OTHER, (seen(ordinary, "@sinta.bo02:tamu.test", "$9"),), "c3", actor=SYSTEM)) == 1


def test_a_second_triage_finds_nothing_twice(other: World) -> None:
    """Indicators, bands, matches and their ledger entries stay the same."""
    decided_closure(other, published=f"{LONG} {CONTACT}")
    case_id = elsewhere(published=f"{LONG} {CONTACT}")

    def counted() -> tuple[int, ...]:
        return (
            AccountIndicator.objects.count(),
            LshBand.objects.count(),
            BanEvasionMatch.objects.count(),
            LedgerEntry.objects.filter(verb="find_ban_evasion_match").count(),
        )

    before = counted()
    assert before[-2:] == (1, 1)
    triage.triage_case(case_id, actor=SYSTEM)
    assert counted() == before
    report(platform=OTHER, account="@kenanga:tamu.test", published="beda", source="x", screenshots=(Upload(PNG),))
    triage.triage_case(case_id, actor=SYSTEM)
    assert counted()[2:] == before[2:]


def test_no_value_is_stored_in_the_open(other: World) -> None:
    """The tables contain only keyed hashes and masked forms, no number and no name."""
    in_review(published=CONTACT, account="@sinta_bo01:localhost")
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(to_jsonb(t)::text, ' ') FROM records_accountindicator t")
        stored = cursor.fetchone()[0]
    assert "+62 812-***-890" in stored
    assert not any(secret in stored for secret in ("3456", "6281", "sintabo", "sinta_bo"))


def test_a_look_up_takes_few_queries_however_many_were_closed(other: World) -> None:
    """The number of queries does not grow with the stored data."""
    for number in range(8):
        decided_closure(
            other,
            account=f"@tutup{number}:localhost",
            published=f"{LONG} wa 0812-3456-78{number:02d}",
            source=str(number),
        )
    queries = []
    for number, text in enumerate((f"{LONG} wa 0812-3456-7801", f"{LONG} wa 0812-3456-7802")):
        filed = report(platform=OTHER, account=f"@periksa{number}:tamu.test", published=text, source=f"s{number}")
        with CaptureQueriesContext(connection) as caught:
            triage.triage_case(filed.case_id, actor=SYSTEM)
        queries.append(sum("indicator" in query["sql"] for query in caught))
    assert queries[0] == queries[1]
    assert queries[0] <= 20


def test_an_indicator_is_of_the_report_that_showed_it_first(other: World) -> None:
    """Also if both come to one triage: somebody who reported the closed account too takes nothing from the first."""
    decided_closure(other, published=CONTACT, source="203.0.113.9")
    first = report(platform=OTHER, account="@kenanga:tamu.test", source="198.51.100.7", published=f"{CONTACT} ya")
    report(platform=OTHER, account="@kenanga:tamu.test", source="203.0.113.9", published=f"{CONTACT} kak")
    triage.triage_case(first.case_id, actor=SYSTEM)
    assert labels(first.case_id) == [("likely", ["contact"])]
    contact = AccountIndicator.objects.get(kind=IndicatorKind.CONTACT, subject__account_id="@kenanga:tamu.test")
    assert contact.report_id == first.report_id


def test_a_contact_of_a_helpline_ties_nobody(other: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither one that a service of the release names, nor one stored before it was listed."""
    helpline = "open BO? Jangan. Hubungi SAPA, WhatsApp 08111-129-129"
    resolved_closure(other, published=helpline)
    assert not AccountIndicator.objects.filter(kind=IndicatorKind.CONTACT).exists()
    assert labels(elsewhere(published=helpline.replace("Jangan", "Berhenti dulu, teman"))) == []
    resolved_closure(other, account="@melati:localhost", published=CONTACT)
    assert AccountIndicator.objects.filter(kind=IndicatorKind.CONTACT).exists()
    monkeypatch.setattr(warning_list, "never_indicators", lambda release: frozenset({"tel:+6281234567890"}))
    assert labels(elsewhere(account="@dahlia:tamu.test", published=PLAIN)) == []


def test_a_contact_shown_long_ago_is_a_weaker_indicator(other: World) -> None:
    """A number that lay idle may be somebody else's."""
    resolved_closure(other, published=CONTACT)
    AccountIndicator.objects.update(seen_at=now() - timedelta(days=load_release().screening.contact_days + 1))
    assert labels(elsewhere(published=PLAIN)) == [(Likelihood.POSSIBLE, ["contact"])]
