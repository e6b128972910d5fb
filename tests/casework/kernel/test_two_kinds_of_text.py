"""What reporters write, paste or attach is a claim; only published text counts as the account's."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.factories import PLATFORM, World, decided_closure, in_review, new_report, report, vote
from tests.watching import seen, take_in

from jaga.cases.models.cases import Case, Signal
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, SYSTEM
from jaga.core.cases import CaseState
from jaga.core.platforms import InAppReport
from jaga.core.terms.cases import DecisionKind, Severity
from jaga.core.terms.reports import ReportForm, TextKind
from jaga.reporting.verbs import handle_resolution as in_app
from jaga.reporting.verbs import intake, quotable_text
from jaga.reporting.verbs.filing import file_waiting
from jaga.signals.models import AccountIndicator, BanEvasionMatch, Cluster, PictureMatch
from jaga.signals.verbs import triage

ADVERT = (
    "Malam kak, aku lagi di kota sebelah sampai hari minggu, bisa temani ngobrol dan makan malam, open BO nego, "
    "langsung wa 0812-3456-7890 saja ya, jangan lupa sebut nama dan jam berapa mau ketemu"
)
INNOCENT = "@warung_sari:localhost"
CLAIMS: list[dict[str, Any]] = [{"text": ADVERT}, {"text": "", "excerpt": ADVERT}, {"text": ADVERT, "excerpt": ADVERT}]


def advertisers(world: World) -> list[int]:
    """Three accounts that a watch saw posting one advertisement, one of them closed meanwhile."""
    made = []
    for number in range(3):
        (filed,) = take_in(PLATFORM, (seen(f"{ADVERT} {number}", f"${number}", f"@pengiklan{number}:localhost"),))
        triage.triage_case(filed.case_id, actor=SYSTEM)
        made.append(filed.case_id)
    triage.triage_case(made[0], actor=SYSTEM)
    for reviewer in world.reviewers[:2]:
        vote(made[2], DecisionKind.CLOSE, reviewer)
    return made


def state_of(case_id: int) -> tuple[float, object, int, int, int]:
    case = Case.objects.get(pk=case_id)
    return (
        case.score,
        case.cluster_id,
        case.signals.count(),
        BanEvasionMatch.objects.filter(case=case).count(),
        AccountIndicator.objects.filter(subject=case.subject).exclude(kind="handle").count(),
    )


@pytest.mark.parametrize("claim", CLAIMS)
def test_an_innocent_account_reported_with_a_copied_advert_stays_innocent(world: World, claim: dict[str, Any]) -> None:
    """No score, no near-duplicate, no ban-evasion match, no indicator; ranked as if the report had no text."""
    first, second, _ = advertisers(world)
    case_id = in_review(account=INNOCENT, source="198.51.100.7", **claim)
    for again in (first, second, case_id):
        triage.triage_case(again, actor=SYSTEM)
    assert state_of(case_id) == (0.0, None, 0, 0, 0)
    assert {Case.objects.get(pk=one).cluster_id for one in (first, second)} != {None}
    silent = in_review(account="@lain:localhost", source="203.0.113.5", text="")
    earlier = {number: case.due_at - case.rank_at for number, case in Case.objects.in_bulk([case_id, silent]).items()}
    assert earlier[case_id] == earlier[silent]


def test_many_reports_with_one_advert_neither_score_nor_lead_a_line(world: World) -> None:
    """A gang that reports its rival a dozen times: more sources move the case up a little, and nothing else."""
    for number in range(12):
        report(account=INNOCENT, source=f"198.51.{number}.1", network=f"198.51.{number}.1", text=f"{ADVERT} {number}")
    case_id = in_review(account=INNOCENT, source="203.0.113.1", excerpt=ADVERT)
    assert state_of(case_id) == (0.0, None, 0, 0, 0)
    assert not Cluster.objects.exists()
    (filed,) = take_in(PLATFORM, (seen(ADVERT, "$9", "@baru:localhost"),))
    triage.triage_case(filed.case_id, actor=SYSTEM)
    assert Case.objects.get(pk=filed.case_id).cluster_id is None  # nobody else was seen to say it


def test_a_claim_counts_once_a_person_has_seen_it_there(world: World) -> None:
    """The recorded words score, group and connect accounts; they add no source and move no deadline."""
    first, _, closed = advertisers(world)
    case_id = in_review(account=INNOCENT, source="198.51.100.7", excerpt=ADVERT)
    before = Case.objects.get(pk=case_id)
    quotable_text.record_public_words(case_id, ADVERT, "Ruang Umum, 1 November 2026", actor=world.reviewers[0])
    quotable_text.record_public_words(case_id, ADVERT, "Ruang Umum, 1 November 2026", actor=world.reviewers[0])
    triage.triage_case(case_id, actor=SYSTEM)
    after = Case.objects.get(pk=case_id)
    assert after.score > 0
    assert after.cluster_id == Case.objects.get(pk=first).cluster_id
    assert list(BanEvasionMatch.objects.filter(case=case_id).values_list("earlier_case_id", flat=True)) == [closed]
    assert (after.sources_count, after.due_at) == (before.sources_count, before.due_at)
    seen = Report.objects.get(case=case_id, form=ReportForm.OBSERVATION)
    assert (seen.text, seen.published, seen.source_weight) == ("", ADVERT, 0.0)


def test_an_apps_own_copy_counts_and_what_its_reporter_wrote_does_not(world: World) -> None:
    """One report contains both, each in its column."""
    in_app_reports = [
        InAppReport("1", "@satu:localhost", "r1", datetime(2026, 11, 1, tzinfo=UTC), words=ADVERT),
        InAppReport("2", "@dua:localhost", "r2", datetime(2026, 11, 1, tzinfo=UTC), words="tolong", text=ADVERT),
    ]
    in_app.take_reports(PLATFORM, in_app_reports, "c", actor=SYSTEM)
    file_waiting()
    scores = {}
    for case in Case.objects.select_related("subject"):
        triage.triage_case(case.pk, actor=SYSTEM)
        case.refresh_from_db()
        scores[case.subject.account_id] = case.score
    assert scores["@satu:localhost"] == 0.0
    assert scores["@dua:localhost"] > 0.5
    row = Report.objects.get(subject__account_id="@dua:localhost")
    assert (row.text, row.published) == ("tolong", ADVERT)


@pytest.mark.parametrize("kind", [TextKind.WORDS, TextKind.EXCERPT])
def test_a_reporters_sign_of_a_victim_asks_and_scores_nothing(world: World, kind: TextKind) -> None:
    """The words may speed up a review and propose the victim-first branch; the signal says whose text it is."""
    field = "text" if kind is TextKind.WORDS else "excerpt"
    case_id = in_review(account=INNOCENT, **{"text": "", field: "open BO, paspor ditahan"})
    case = Case.objects.get(pk=case_id)
    assert (case.victim_first, case.severity >= Severity.HIGH, case.score) == (True, True, 0.0)
    signals = Signal.objects.filter(case=case_id)
    assert {(one.text_kind, one.category) for one in signals} == {(kind.value, "trafficking")}


def test_a_report_does_not_shield_what_the_account_publishes_next(world: World) -> None:
    """A gang reports its own account with words that it will post and has that dismissed: what the watch sees later is
    no copy, and reaches people.
    """
    case_id = in_review(account=INNOCENT, text=ADVERT)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    assert Case.objects.get(pk=case_id).state == CaseState.RESOLVED
    (filed,) = take_in(PLATFORM, (seen(ADVERT, account=INNOCENT, at=datetime(2099, 1, 1, tzinfo=UTC)),))
    assert filed.case_id != case_id
    triage.triage_case(filed.case_id, actor=SYSTEM)
    assert Case.objects.get(pk=filed.case_id).state == CaseState.IN_REVIEW


def test_copies_of_a_reporters_words_are_still_told(world: World) -> None:
    """Copies concern reports, not the account; also if half of the words were in the excerpt."""
    case_id = in_review(account=INNOCENT, text="Ini menipu banyak orang di kampung kami", excerpt=ADVERT)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    again = report(account=INNOCENT, text="Ini menipu banyak orang di kampung kami", excerpt=ADVERT, source="b")
    assert again.case_id == case_id
    other = report(account=INNOCENT, text="Ini menipu banyak orang di kampung kami", excerpt="open BO", source="c")
    assert other.case_id != case_id


def test_no_model_and_no_backtest_reads_reporters_words(world: World) -> None:
    """Otherwise a gang could teach a model what is harmless by having its own reports dismissed."""
    from jaga.signals.verbs.model_training import lessons_of

    decided_closure(world, account="@satu:localhost", text=ADVERT)
    vote(in_review(account="@dua:localhost", text=ADVERT, source="b"), DecisionKind.DISMISS, world.reviewers[0])
    vote(in_review(account="@tiga:localhost", published=ADVERT, source="c"), DecisionKind.DISMISS, world.reviewers[0])
    assert [one.texts for one in lessons_of("prostitution_advertising")] == [(ADVERT,)]


def test_the_database_keeps_reporters_words_out_of_observations(world: World) -> None:
    """Whatever code writes the row."""
    number = report(text="kata orang", published=ADVERT).report_id
    with pytest.raises(IntegrityError, match="records_observation_has_no_reporters_words"), transaction.atomic():
        Report.objects.filter(pk=number).update(form=ReportForm.OBSERVATION)


def test_no_form_of_reporters_sets_what_was_published(world: World) -> None:
    """Reports from the form and the API have only words and excerpts, stored separately."""
    filed = intake.accept_report(new_report(text="Saya lihat ini", excerpt=ADVERT), actor=PUBLIC)
    row = Report.objects.get(pk=filed.report_id)
    assert (row.text, row.excerpt, row.published) == ("Saya lihat ini", ADVERT, "")
    assert not PictureMatch.objects.exists()
