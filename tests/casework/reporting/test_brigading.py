"""Brigading: many reports on one account make one case, few sources and no action; an honest report keeps its place."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from tests.factories import CATEGORY, World, in_review, new_report, new_request, report, vote

from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.decisions import Action, Decision, Letter
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import ReportRoute, SourceReason
from jaga.reporting.models import SourceKey
from jaga.reporting.verbs import independent_sources, intake
from jaga.reporting.verbs import independent_sources as abusive_reports
from jaga.reporting.verbs.filing import file_waiting
from jaga.reporting.verbs.merging import count_reports
from jaga.signals.verbs import triage

STORY = "Akun ini menjual jasa dan menipu banyak orang di kota kami, tolong segera ditutup sekarang juga ya admin"
OTHER_STORY = "Saya ditawari janji bertemu berbayar lewat pesan, lengkap dengan tarif dan alamat hotelnya kemarin malam"


def flood(count: int, **changes: object) -> list[Report]:
    """This many reports, each from its own network, accepted and filed."""
    news = [
        new_report(**{"source": f"10.{n // 250}.{n % 250}.0", "network": f"10.{n // 250}.{n % 250}.0", **changes})
        for n in range(count)
    ]
    accepted = intake.accept_reports(news, actor=PUBLIC)
    assert not [one for one in accepted if isinstance(one, InvalidInput)]
    while file_waiting():
        pass
    return list(Report.objects.filter(pk__in=[one.report_id for one in accepted]).order_by("pk"))  # type: ignore[union-attr]


def triage_all(case_id: int) -> None:
    """Run triage as the worker does, until no report of the case is left."""
    while Report.objects.filter(case=case_id, screened_by="").exclude(text="").exists():
        triage.triage_case(case_id, actor=SYSTEM)


def dismissed(**changes: object) -> Case:
    """A case that people found harmless."""
    case_id = in_review(**changes)
    return Case.objects.get(pk=case_id)


def test_hundreds_of_copies_are_one_case_one_source_and_no_action(world: World) -> None:
    """They are one item in the queue with one source; the common text is one signal; nothing is done."""
    reports = flood(300, text=STORY + " open BO")
    (case,) = Case.objects.all()
    assert (case.reports_count, case.sources_count) == (300, 1)
    assert {one.case_id for one in reports} == {case.pk}
    triage_all(case.pk)
    case.refresh_from_db()
    assert case.state == CaseState.IN_REVIEW
    assert Signal.objects.filter(case=case, params__phrase="open bo").count() <= 1
    assert not Decision.objects.exists()
    assert not Action.objects.exists()


def test_a_crowd_with_words_of_their_own_counts_for_about_a_dozen(world: World) -> None:
    """Networks and texts can be invented; within an hour later ones count for almost nothing."""
    words = [
        f"{chr(97 + n % 26) * 2}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)} cerita sendiri tanpa salinan {n}"
        for n in range(400)
    ]
    news = [
        new_report(source=f"n{n}", network=f"n{n}", text="".join(reversed(word)) if n % 2 else word)
        for n, word in enumerate(words)
    ]
    intake.accept_reports(news, actor=PUBLIC)
    while file_waiting():
        pass
    (case,) = Case.objects.all()
    assert case.reports_count == 400
    assert 1 <= case.sources_count <= 12


def test_an_honest_urgent_report_stands_before_the_crowd(world: World) -> None:
    """The effect of sources on the order is limited: no crowd outranks somebody in danger."""
    flood(300, text="")
    urgent = report(account="kenanga", category="trafficking", text="", source="198.51.100.0")
    for case in Case.objects.all():
        triage_all(case.pk)
        triage.triage_case(case.pk, actor=SYSTEM)
    assert Case.objects.order_by("rank_at").values_list("pk", flat=True)[0] == urgent.case_id


def test_filing_a_crowd_takes_statements_by_the_hundred_not_by_the_report(world: World) -> None:
    """So a flood delays nobody: 200 reports of one case need only a few more statements than 20."""

    def statements(count: int, account: str) -> int:
        intake.accept_reports(
            [new_report(account=account, source=f"s{n}", network=f"s{n}") for n in range(count)], actor=PUBLIC
        )
        with CaptureQueriesContext(connection) as seen:
            file_waiting()
        return len(seen)

    few = statements(20, "anggrek")
    assert statements(200, "kamboja") <= few + 5


def test_sources_are_the_same_whether_reports_come_one_by_one_or_together(world: World) -> None:
    """The estimate does not depend on how the worker divides the reports."""
    kinds = [
        ("a", "n1", ""),
        ("b", "n1", STORY),
        ("c", "n2", STORY + "!!"),
        ("d", "n3", OTHER_STORY),
        ("a", "n4", ""),
        ("e", "n5", STORY.title()),
    ]

    def counted(account: str, most: int) -> list[tuple[float | None, str]]:
        intake.accept_reports(
            [
                new_report(account=account, source=f"{account}{source}", network=f"{account}{network}", text=text)
                for source, network, text in kinds
            ],
            actor=PUBLIC,
        )
        while file_waiting(most):
            pass
        return list(
            Report.objects.filter(subject__account_id=f"@{account}:localhost")
            .order_by("pk")
            .values_list("source_weight", "source_reason")
        )

    together = counted("anggrek", 500)
    assert together == counted("kamboja", 1) == counted("cempaka", 2)
    assert [reason for _, reason in together] == ["new", "same_network", "new", "new", "same_sender", "same_words"]


@pytest.fixture
def harmless(world: World) -> Case:
    """A case that people reviewed and dismissed."""
    case_id = in_review(text=STORY, source="satu", network="satu")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return Case.objects.get(pk=case_id, state=CaseState.RESOLVED)


def test_copies_of_what_was_dismissed_make_no_work_and_are_answered(harmless: Case) -> None:
    """They are added to the dismissed case, and each reporter is told at once that it was reviewed."""
    reports = flood(50, text=STORY.upper())
    assert {one.case_id for one in reports} == {harmless.pk}
    assert Case.objects.exclude(state=CaseState.RESOLVED).count() == 0
    assert Letter.objects.filter(key="reporter_settled", report__in=reports).count() == 50
    harmless.refresh_from_db()
    assert harmless.state == CaseState.RESOLVED


@pytest.mark.parametrize(
    "new",
    [
        {"text": "open BO malam ini, DP dulu"},
        {"text": STORY + ", nomor laporan polisi LP/B/17/2026"},
        {"text": STORY.replace("tolong", "semalam ia mengancam ibu saya, tolong")},
        {"text": STORY, "contact": "rini@contoh.example", "source": "rini@contoh.example"},
        {"text": "penipu"},
        {"text": ""},
        {"text": STORY, "links": ("https://contoh.example/baru",)},
        {"text": OTHER_STORY, "contact": "rini@contoh.example", "source": "rini@contoh.example"},
        {"text": STORY, "route": ReportRoute.VICTIM},
        {"text": STORY, "picked": ("A: halo", "B: open BO")},
        {"text": STORY, "category": "fraud"},
    ],
    ids=[
        "signal",
        "a number",
        "a few words",
        "a person with the same words",
        "a cry",
        "no words",
        "link",
        "a person with words of their own",
        "victim",
        "messages",
        "category",
    ],
)
def test_whatever_is_new_opens_a_case(harmless: Case, new: dict[str, object]) -> None:
    """New content always opens a case."""
    accepted = intake.accept_report(new_report(**{"source": "dua", "network": "dua", **new}), actor=PUBLIC)
    file_waiting()
    filed = Report.objects.get(pk=accepted.report_id)
    assert filed.case_id != harmless.pk


def test_no_account_is_made_immune_by_a_report_that_holds_every_word(world: World) -> None:
    """Otherwise its holder could send one, have it dismissed, and be protected for three months."""
    case_id = in_review(text="open BO, DP dulu, VCS, slot gacor: cuma omong kosong", account="melati", source="satu")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    later = report(
        text="Dia menawarkan open BO kepada adik saya di ruang umum Rabu malam",
        account="melati",
        source="dua",
        network="dua",
    )
    assert later.case_id != case_id


def test_an_authoritys_request_always_opens_a_case(harmless: Case, world: World) -> None:
    """It has its own deadline, and an answer is owed."""
    assert requests.file_request(new_request(text=STORY), actor=world.officer).case_id != harmless.pk


def test_after_ninety_days_or_another_judgement_it_is_looked_at_again(harmless: Case, world: World) -> None:
    """A harmless account may change."""
    with frozen(now() + timedelta(days=91)):
        (later,) = flood(1, text=STORY)
        assert later.case_id != harmless.pk
        case_id = later.case_id or 0
        triage.triage_case(case_id, actor=SYSTEM)
        for reviewer in world.reviewers[:2]:
            vote(case_id, DecisionKind.CLOSE, reviewer)
        assert flood(1, text=STORY, source="tiga", network="tiga")[0].case_id not in (case_id, harmless.pk)


def test_bad_faith_is_a_persons_judgement_that_weighs_less_and_ends(harmless: Case, world: World) -> None:
    """Reasons are needed; others of the same contact count half, down to a minimum; a supervisor can withdraw it."""
    reviewer = world.reviewers[0]
    filed = report(account="melati", text=STORY, source="x@contoh.example", contact="x@contoh.example")
    triage.triage_case(filed.case_id, actor=SYSTEM)
    with pytest.raises(abusive_reports.NotDismissed):
        abusive_reports.mark_bad_faith(filed.report_id, "Menyalin cerita yang tidak benar.", actor=reviewer)
    vote(filed.case_id, DecisionKind.DISMISS, reviewer)
    with pytest.raises(InvalidInput):
        abusive_reports.mark_bad_faith(filed.report_id, " ", actor=reviewer)
    with pytest.raises(NotPermitted):
        abusive_reports.mark_bad_faith(filed.report_id, "Menyalin cerita yang tidak benar.", actor=world.officer)
    mark = abusive_reports.mark_bad_faith(filed.report_id, "Menyalin cerita yang tidak benar.", actor=reviewer)
    with pytest.raises(abusive_reports.MarkedAlready):
        abusive_reports.mark_bad_faith(filed.report_id, "Menyalin cerita yang tidak benar.", actor=reviewer)

    def voice_of(account: str, **more: object) -> float | None:
        made = report(account=account, source="x@contoh.example", contact="X@contoh.example", **more)
        return Report.objects.get(pk=made.report_id).source_weight

    assert voice_of("kenanga") == 0.5
    assert voice_of("seroja", category="trafficking") == 1.0  # who may be in danger has no record
    with pytest.raises(NotPermitted):
        abusive_reports.withdraw_bad_faith(mark.pk, actor=reviewer)
    abusive_reports.withdraw_bad_faith(mark.pk, actor=world.supervisor)
    assert voice_of("dahlia") == 1.0


def test_a_month_later_nobody_can_tell_from_which_network_a_report_came(world: World) -> None:
    """Keys of networks are deleted, even if the network was all that was known of a sender; keys of contacts stay."""
    flood(2, text="")
    known = report(source="a@contoh.example", contact="a@contoh.example", network="10.0.0.0")
    before = {one.pk: bytes(one.source_key) for one in Report.objects.all()}
    assert SourceKey.objects.filter(expires_at__isnull=False).exists()
    assert independent_sources.forget_networks() == 0
    with frozen(now() + independent_sources.NETWORK_KEPT + timedelta(hours=1)):
        independent_sources.forget_networks()
    assert not Report.objects.filter(network_key__isnull=False).exists()
    assert not SourceKey.objects.filter(expires_at__isnull=False).exists()
    changed = {one.pk: bytes(one.source_key) != before[one.pk] for one in Report.objects.all()}
    assert changed == {**dict.fromkeys(changed, True), known.report_id: False}


def test_a_report_that_is_taken_back_speaks_no_more(world: World) -> None:
    """Its deadline and its words stay; it does not count as a source."""
    case_id = report(source="a").case_id
    second = report(source="b")
    Report.objects.filter(pk=second.report_id).update(withdrawn_at=now())
    case = Case.objects.get(pk=case_id)
    count_reports(case)
    assert (case.reports_count, case.sources_count) == (2, 1)
    assert Report.objects.get(pk=second.report_id).source_reason == SourceReason.NEW
    assert case.category == CATEGORY
