"""The quality pages and the dashboard: what each role sees, that the second judgement is blind, and what the numbers
mean.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from tests.factories import FACTS, World, decided_closure, in_review, resolved_closure, vote
from tests.web.console.conftest import Staff

from jaga.appeals.verbs import appeals
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.core.actors import HOLDER, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Role
from jaga.decisions.verbs import consequences as sampling
from jaga.desk.operations import dashboard as load_page
from jaga.people.models import Preferences
from jaga.policy.local_time import day_of
from jaga.quality.models import BlindReview, GoldenCase, Measured, Tally
from jaga.quality.verbs import blind_review
from jaga.quality.verbs import blind_review as agreement
from jaga.store.codes import appeal_code
from jaga.web.frame.charts import per_hundred

Open = Callable[[Actor], Client]
WHY = "Tarif dan cara pesan disebut."


@pytest.fixture(autouse=True)
def _every_case_is_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sampling, "lot", lambda material: 0.0)
    monkeypatch.setattr(blind_review, "lot", lambda material: 0.99)


def dismissed(world: World, **changes: object) -> int:
    case_id = in_review(**changes)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    return case_id


def test_a_case_is_judged_again_without_a_word_of_what_was_decided(world: World, browser_of: Open) -> None:
    """Take, read, judge: the page shows neither number, votes, decision, facts nor whether the case is golden."""
    case_id = decided_closure(world, published="open BO, nego")
    browser = browser_of(world.reviewers[2])
    assert "Take the next" in browser.get("/console/quality/").content.decode()
    task = browser.post("/console/quality/take/").url
    page = browser.get(task).content.decode()
    assert "<mark>open BO</mark>" in page
    assert "The rule" in page
    for secret in (f"K{case_id:06d}", FACTS, "Sinta", "Bayu", "golden", "close the account"):
        assert secret not in page.partition("<main")[2].partition("</main")[0], secret
    refused = browser.post(task, {"kind": "restrict", "reasons": ""})
    assert refused.status_code == 422
    assert "Say why, in a sentence." in refused.content.decode()
    nothing = browser.post(task, {"kind": "nonsense", "reasons": "Kata saya tetap ada."})
    assert (nothing.status_code, "Kata saya tetap ada." in nothing.content.decode()) == (422, True)
    done = browser.post(task, {"kind": "dismiss", "reasons": ""}, follow=True).content.decode()
    assert "Your judgement is kept." in done
    assert BlindReview.objects.get(case_id=case_id).agrees is False
    assert browser.get(task).status_code == 404
    for nothing in (browser.post("/console/quality/take/", follow=True), browser.get("/console/quality/")):
        assert ("no case for you" in nothing.content.decode(), "Take the next" in nothing.content.decode()) == (
            True,
            False,
        )


def test_a_golden_case_looks_like_any_other(world: World, browser_of: Open) -> None:
    """The two pages differ only in the cases' content."""
    first, second = dismissed(world), dismissed(world, account="@lain:localhost")
    BlindReview.objects.filter(case_id=second).update(
        drawn_at=now(), person=world.reviewers[1].person_id, taken_at=now()
    )
    blind_review.mark_golden(second, DecisionKind.CLOSE, WHY, actor=world.supervisor)
    browser, pages = browser_of(world.reviewers[2]), []
    for _ in range(2):
        task = browser.post("/console/quality/take/").url
        number = int(task.rstrip("/").rpartition("/")[2])
        text = browser.get(task).content.decode().partition("<main")[2].partition("</main")[0]
        account = BlindReview.objects.get(pk=number).case.subject.account_id
        pages.append(
            [
                line
                for line in text.replace(account, "@").replace(f"/{number}/", "/N/").splitlines()
                if "csrf" not in line and "WIB" not in line and "hash" not in line
            ]
        )
        browser.post(task, {"kind": "dismiss", "reasons": ""})
    assert BlindReview.objects.filter(golden__isnull=False, judged_at__isnull=False).count() == 1
    assert pages[0] == pages[1]
    assert first != second


def test_a_victims_words_stay_closed_here_too(world: World, browser_of: Open) -> None:
    """The page for a second judgement shows no more than the case page."""
    case_id = in_review(category="trafficking", text="kata kata yang tidak boleh terlihat")
    for person in world.reviewers[:2]:
        vote(case_id, DecisionKind.DISMISS, person)
    browser = browser_of(world.reviewers[2])
    page = browser.get(browser.post("/console/quality/take/").url).content.decode()
    assert "tidak boleh terlihat" not in page
    assert "(text closed)" in page


def test_a_supervisor_marks_golden_cases_and_notes_differences(world: World, browser_of: Open) -> None:
    """A refused form keeps its text; an unknown or undecided case gets a message."""
    case_id, waiting = dismissed(world), in_review(account="@antre:localhost")
    browser = browser_of(world.supervisor)
    for number, sentence in (
        (f"K{waiting:06d}", "not decided"),
        ("K999999", "no case with this number"),
        ("abc\x01", "no case with this number"),
    ):
        page = browser.post("/console/quality/golden/", {"number": number, "kind": "close", "reasons": WHY})
        assert (page.status_code in (409, 422), sentence in page.content.decode(), WHY in page.content.decode()) == (
            True,
            True,
            True,
        ), number
    browser.post("/console/quality/golden/", {"number": f"K{case_id:06d}", "kind": "close", "reasons": WHY})
    assert "Take back" in browser.get("/console/quality/").content.decode()
    browser.post(f"/console/quality/golden/{GoldenCase.objects.get().pk}/withdraw/")
    assert "Take back" not in browser.get("/console/quality/").content.decode()
    taken = blind_review.take_next(actor=world.reviewers[1])
    assert taken is not None
    blind_review.record_blind_review(
        taken, blind_review.BlindJudgement(DecisionKind.RESTRICT, WHY), actor=world.reviewers[1]
    )
    short = browser.post(f"/console/quality/{taken}/note/", {"note": "hm"})
    assert (short.status_code, "hm</textarea>" in short.content.decode()) == (422, True)
    browser.post(f"/console/quality/{taken}/note/", {"note": "Sudah dibahas bersama."})
    assert "Sudah dibahas bersama." in browser.get("/console/quality/").content.decode()


def test_reviewers_see_their_own_agreement_and_no_colleague(world: World, browser_of: Open) -> None:
    """Names and rows of colleagues are for supervisors; auditors see rules and languages."""
    for reviewer in world.reviewers:
        Measured.objects.create(
            dimension=MeasuredBy.REVIEWER,
            key=str(reviewer.person_id),
            units=50,
            pairs=50,
            alike=40,
            alpha=0.5,
            low=0.4,
            high=0.6,
            counted_at=now(),
        )
    Measured.objects.create(
        dimension=MeasuredBy.CATEGORY,
        key="fraud",
        units=50,
        pairs=50,
        alike=40,
        alpha=0.5,
        low=0.4,
        high=0.6,
        counted_at=now(),
    )
    mine = browser_of(world.reviewers[0]).get("/console/quality/")
    assert mine.context["own"].rows[0].label == "Sinta"
    assert not {"Bayu", "Tirta"} & set(mine.content.decode().split())
    assert "alike in 40 of 50" in mine.content.decode()
    assert "judged differently too often" in mine.content.decode()
    everybody = browser_of(world.supervisor).get("/console/quality/").context["scales"]
    assert {row.label for part in everybody for row in part.rows} >= {"Sinta", "Bayu", "Tirta"}
    Measured.objects.filter(dimension=MeasuredBy.REVIEWER).update(pairs=9, alike=8)
    page = browser_of(world.supervisor).get("/console/quality/")
    assert [part.unnamed for part in page.context["scales"]] == [0, 3]
    assert "3 people have fewer than 10 pairs and are not named." in page.content.decode()
    assert browser_of(world.reviewers[0]).get("/console/quality/").context["own"] is None


@pytest.mark.parametrize(
    ("alike", "pairs", "said"),
    [
        (388, 400, (97, 100)),
        (9, 12, (9, 12)),
        (9999, 10000, (99, 100)),
        (10000, 10000, (100, 100)),
        (1, 9999, (1, 100)),
        (0, 500, (0, 100)),
    ],
)
def test_a_share_is_said_of_a_hundred(alike: int, pairs: int, said: tuple[int, int]) -> None:
    """All and none are said only where it is so; fewer than a hundred pairs are said as they are."""
    assert per_hundred(alike, pairs) == said


def test_the_dashboard_shows_what_the_worker_counted(world: World, staff: Staff, browser_of: Open) -> None:
    """Load and deadlines, ages, throughput, decisions, appeals and restorations, each as sentences and tables."""
    supervisor = browser_of(world.supervisor)
    assert "Nothing was counted yet." in supervisor.get("/console/dashboard/").content.decode()
    late, soon = in_review(account="@telat:localhost"), in_review(account="@segera:localhost")
    closed = resolved_closure(world)
    appeal = appeals.file_appeal(appeal_code(Decision.objects.get(case_id=closed).pk), "Itu bukan saya.", actor=HOLDER)
    Case.objects.filter(pk=late).update(opened_at=now() - timedelta(days=2), due_at=now() - timedelta(days=1))
    Case.objects.filter(pk=soon).update(due_at=now() + timedelta(minutes=90))
    agreement.count_dashboard()
    seen = supervisor.get("/console/dashboard/")
    clocks = {bar.label: bar.number for bar in seen.context["clocks"].bars}
    assert (clocks["overdue"], clocks["less than 2 hours"], seen.context["waiting"]) == (1, 1, 2)
    assert {bar.label: bar.number for bar in seen.context["ages"].bars if bar.number} == {
        "below 1 hour": 1,
        "1 to 3 days": 1,
    }
    (load,) = seen.context["categories"]
    assert (load.total, load.overdue) == (2, 1)
    assert {bar.label: bar.number for bar in seen.context["kinds"].bars if bar.number} == {"Close the account": 1}
    today = seen.context["days"].columns[-1]
    assert (today.first, today.second) == (2, 1)
    assert (seen.context["appeals"].open, seen.context["appeals"].overturned) == (1, 0)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Akun itu dibajak.", actor=world.reviewers[2])
    agreement.count_dashboard()
    again = browser_of(staff.by_role[Role.AUDITOR]).get("/console/dashboard/")
    assert (again.context["appeals"].overturned, again.context["appeals"].percent) == (1, 100)
    assert again.context["restorations"].open == 1
    assert "in 1 d" in again.content.decode()


def test_the_dashboard_shows_a_chosen_period_with_times_and_each_app(
    world: World, browser_of: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half and nine in ten of the handling times, for all and for each app; a forecast only after a full week."""
    supervisor = browser_of(world.supervisor)
    closed = resolved_closure(world)
    Case.objects.filter(pk=closed).update(opened_at=now() - timedelta(days=9), decided_at=now() - timedelta(days=9 - 2))
    in_review(account="@antre:localhost")
    agreement.count_dashboard()
    assert supervisor.get("/console/dashboard/").context["load"] is None
    agreement.count_dashboard_periods()
    load = supervisor.get("/console/dashboard/?days=30").context["load"]
    assert (load.days, load.opened, load.decided, load.time.median, load.forecast) == (30, 1, 1, 2 * 24 * 60, None)
    (app,) = load.apps
    assert (app.waiting, app.opened, app.time.count, app.time.p90) == (1, 2, 1, 2 * 24 * 60)
    monkeypatch.setattr(load_page, "counted_since", lambda actor: day_of(now()) - timedelta(days=40))
    week = supervisor.get("/console/dashboard/?days=7").context["load"]
    assert (week.days, week.opened, week.forecast.waiting) == (7, 0, 1)
    assert len(week.chart.days) == 7 + 7
    for odd in ("8", "-1", "x", "9" * 30):
        assert supervisor.get("/console/dashboard/", {"days": odd}).context["load"].days == 30


def test_days_are_those_of_the_readers_zone(world: World, browser_of: Open) -> None:
    """An hour after midnight in Jayapura it is the evening before in Jakarta."""
    midnight = datetime.now(UTC).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=2)
    Tally.objects.create(name="counted", number=1, counted_at=now())
    Tally.objects.create(name="opened", key=midnight.isoformat(), number=7, counted_at=now())
    found = []
    for zone in ("Asia/Jakarta", "Asia/Jayapura"):
        Preferences.objects.update_or_create(person_id=world.supervisor.person_id, defaults={"time_zone": zone})
        page = browser_of(world.supervisor).get("/console/dashboard/")
        found.extend(day.long_label for day in page.context["days"].columns if day.first == 7)
    assert len(found) == 2
    assert found[0] != found[1]


def test_the_dashboard_reads_two_tables_however_many_cases_there_are(world: World, browser_of: Open) -> None:
    """The page counts nothing itself: the number of queries stays the same with more cases, and none reads the table of
    cases but the bounded one of the navigation's counters.
    """
    browser, seen = browser_of(world.supervisor), []
    for number in range(2):
        in_review(account=f"@a{number}:localhost")
        agreement.count_dashboard()
        with CaptureQueriesContext(connection) as queries:
            browser.get("/console/dashboard/")
        seen.append(len(queries))
        reading = [query["sql"] for query in queries if 'FROM "records_case"' in query["sql"]]
        assert [sql[:25] for sql in reading] == ["SELECT 'queue', count(*) "]
    assert seen[0] == seen[1]


def test_old_numbers_are_said_to_be_old(world: World, browser_of: Open) -> None:
    """Without a worker the page would otherwise look current for ever."""
    agreement.count_dashboard()
    Tally.objects.update(counted_at=now() - timedelta(minutes=11))
    assert "the worker is not running" in browser_of(world.supervisor).get("/console/dashboard/").content.decode()


def test_supervisors_see_who_sends_the_prepared_sentence_unchanged(world: World, browser_of: Open) -> None:
    """The share of each person with ten votes with facts; nobody below that, and for nobody else's eyes."""
    for number in range(10):
        case_id = in_review(account=f"@akun{number}:localhost")
        vote(case_id, DecisionKind.CLOSE, world.reviewers[0], as_prepared=number < 4)
        if number:
            vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    page = browser_of(world.supervisor).get("/console/quality/")
    assert [(one.name, one.votes, one.unchanged) for one in page.context["unchanged"]] == [("Sinta", 10, 4)]
    assert "Sent unchanged" in page.content.decode()
    assert "Prepared sentences" not in browser_of(world.reviewers[0]).get("/console/quality/").content.decode()
