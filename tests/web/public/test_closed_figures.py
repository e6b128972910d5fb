"""Closed periods by the verbs, and an attacker who reads all public pages before and after each event."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.urls import URLResolver, get_resolver
from tests.casework.operator_world import Operator, asked, make_operator
from tests.factories import World, in_review, make_world, new_report, resolved_closure
from tests.roles import acting_as
from tests.web.test_every_route import ANYBODY

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.cases.reads.history import VERIFIED
from jaga.core.actors import CLI, PUBLIC
from jaga.core.clock import frozen
from jaga.core.terms.outside import PeriodKind
from jaga.core.terms.people import HostKind
from jaga.core.terms.reports import Danger, ReportRoute
from jaga.figures.reads import closed_counts as counted
from jaga.figures.reads.closed_counts import Span
from jaga.figures.verbs import closing
from jaga.figures.verbs import figures as exact
from jaga.figures.verbs import figures as rounding
from jaga.figures.verbs.closing import close_periods, find, month_content, years_of
from jaga.figures.verbs.published import csv, published
from jaga.operators.verbs import register
from jaga.operators.verbs.register import OperatorFacts
from jaga.people.models import Organisation
from jaga.people.verbs.people import claim_installation
from jaga.quality.models import Tally
from jaga.referrals.verbs import referrals
from jaga.referrals.verbs.referrals import NewReferral
from jaga.reporting.verbs.filing import file_waiting
from jaga.reporting.verbs.intake import accept_reports
from jaga.signals.jobs import triage_waiting
from jaga.store.grants import Part
from jaga.store.models import PublishedPeriod

WIB = ZoneInfo("Asia/Jakarta")
BEGAN = datetime(2026, 9, 1, 9, tzinfo=WIB)
OCTOBER = Span(date(2026, 10, 1), date(2026, 11, 1))
TRAFFICKING = "trafficking"
LIVE = {"health/live", "health/ready", "key/", "language/", "report/", "report/received/"}
"""Not figures: whether the server works, the ledger's head, and forms whose tokens change with each visit."""
_CHANGES = re.compile(rb'(name="csrfmiddlewaretoken" value=|nonce=)"[^"]*"')


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    settings.HOME = tmp_path
    return make_world()


@pytest.fixture
def operator(world: World) -> Operator:
    """A registered operator."""
    made = make_operator()
    number = Organisation.objects.get(name="PSE mengobrol").pk
    register.describe_operator(number, OperatorFacts("mengobrol"), actor=CLI)
    return made


@pytest.fixture
def house(world: World, operator: Operator) -> World:
    """An installation since September."""
    with frozen(BEGAN):
        claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)
    return world


def at(day: int, hour: int = 12, month: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=WIB)


def many(count: int, day: int, category: str = "fraud", start: int = 0, **changes: Any) -> None:
    """This many reports of different accounts on a day of October."""
    with frozen(at(day)):
        accept_reports(
            [
                new_report(
                    account=f"@akun-{category}-{day}-{number}:localhost",
                    category=category,
                    source=f"198.51.{number}.{day}",
                    **changes,
                )
                for number in range(start, start + count)
            ],
            actor=PUBLIC,
        )
        file_waiting()
        while triage_waiting():
            pass


def closed(moment: datetime) -> int:
    with frozen(moment):
        return close_periods()


def shown(day: date) -> dict[str, int]:
    found: dict[str, int] = PublishedPeriod.objects.get(kind=PeriodKind.DAY, first_day=day).content["reports"]
    return found


def test_a_day_is_public_six_hours_after_its_end_and_never_changes(house: World) -> None:
    """The count is rounded down and uses Jakarta's days; later reports and changes do not alter what was shown."""
    many(13, 5)
    assert closed(at(6, 5)) > 0
    assert not PublishedPeriod.objects.filter(kind=PeriodKind.DAY, first_day=date(2026, 10, 5)).exists()
    note = Tally.objects.create(name=VERIFIED, key="row_faults", number=1, counted_at=at(6, 5))
    assert closed(at(6, 6)) == 0  # nothing is published that may rest on rows that were changed past Jaga
    note.delete()
    closed(at(6, 6))
    assert shown(date(2026, 10, 5)) == {"fraud": 10}
    many(8, 5, start=50)
    Report.objects.update(category="gambling")
    assert closed(at(6, 7)) == 0
    assert shown(date(2026, 10, 5)) == {"fraud": 10}


def test_the_database_refuses_to_change_what_was_public(house: World) -> None:
    """Whoever writes; a second row of the same period is refused too."""
    closed(at(6, 7))
    row = PublishedPeriod.objects.filter(kind=PeriodKind.DAY).first()
    assert row is not None
    for statement in ("UPDATE records_publishedperiod SET content = '{}'", "DELETE FROM records_publishedperiod"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    with pytest.raises(DatabaseError), transaction.atomic():
        PublishedPeriod.objects.create(kind=row.kind, first_day=row.first_day, closed_at=row.closed_at, content={})


HELD = "Paspor saya ditahan bos, saya dipaksa melayani tamu dan tidak boleh pulang."
REFERRAL = NewReferral("sapa_129", Danger.LIFE, "Mungkin ada orang yang ditahan.")
VICTIMS: dict[str, dict[str, Any]] = {
    "in a victim-first category": {"category": TRAFFICKING},
    "a victim's own word": {"route": ReportRoute.VICTIM},
    "words that take the victim-first way": {"text": HELD},
}


def month_and_days() -> dict[str, object]:
    """What a month publishes except about possible victims, with its newest rows."""
    with frozen(at(2, 7, 11)):
        close_periods()
        month = month_content(OCTOBER)
    days = dict(PublishedPeriod.objects.filter(kind=PeriodKind.DAY).values_list("first_day", "content"))
    return {**{key: value for key, value in month.items() if key != "victims"}, "days": days}


@pytest.mark.parametrize("planted", [0, 9])
@pytest.mark.parametrize("what", VICTIMS)
def test_a_possible_victims_report_moves_no_other_number(
    house: World, monkeypatch: pytest.MonkeyPatch, what: str, planted: int
) -> None:
    """The exact counts under the public ones do not change either. This also holds if an attacker reports the account
    among nine others: their report counts the same, whatever else is known about the account.
    """
    monkeypatch.setattr(closing, "blurred", lambda count: count)

    def planting() -> dict[str, object]:
        many(planted, 5)
        if planted:
            with frozen(at(5, 14)):
                in_review(account="@korban:localhost", category="fraud", source="192.0.77.0")
        return {
            key: value
            for key, value in month_and_days().items()
            if key in {"reports", "days", "channels", "regions"} or not planted
        }

    with transaction.atomic():
        without = planting()
        transaction.set_rollback(True)
    with frozen(at(5, 13)):
        case_id = in_review(
            **{"account": "@korban:localhost", "category": "fraud", "source": "192.0.78.0", **VICTIMS[what]}
        )
        with frozen(at(2, 7, 11)):
            assert counted.victims(OCTOBER) == 1
    assert Case.objects.filter(pk=case_id).exists()
    assert planting() == without
    assert not planted or shown(date(2026, 10, 5)) == {"fraud": 10}


def test_a_case_that_becomes_a_possible_victims_after_its_day_takes_nothing_away(house: World) -> None:
    """The month shows what its days showed."""
    many(10, 5)
    closed(at(6, 7))
    Report.objects.filter(pk=Report.objects.latest("pk").pk).update(route=ReportRoute.VICTIM)
    with frozen(at(2, 7, 11)):
        close_periods()
    assert published().months[date(2026, 10, 1)]["reports"] == {"fraud": 10}


def test_many_days_of_nine_do_not_betray_themselves(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nine on each of the only two days of a month: a month of ten would show that no day had none."""
    monkeypatch.setattr(counted, "installed_on", lambda: date(2026, 10, 30))
    many(9, 30)
    many(9, 31)
    closed(at(2, 7, 11))
    assert published().months[date(2026, 10, 1)]["reports"] == {}


# The attacker.


def public_addresses() -> list[str]:
    """Every address that is open without a receipt, as the program lists them."""
    assert isinstance(get_resolver(), URLResolver)
    return [f"/{one.replace('<slug:slug>', 'mengobrol')}" for one in sorted(ANYBODY - LIVE)]


def poll() -> dict[str, bytes]:
    cache.clear()
    client, seen = Client(), {}
    for address in public_addresses():
        answer = client.get(address)
        seen[address] = _CHANGES.sub(b"", b"".join(answer) if answer.streaming else answer.content)
    return seen


EVENTS: dict[str, Callable[[World, Operator], object]] = {
    "a trafficking report": lambda world, operator: in_review(
        account="@a:localhost", category=TRAFFICKING, source="192.0.21.0"
    ),
    "a report": lambda world, operator: in_review(account="@b:localhost", category="fraud", source="192.0.22.0"),
    "a closure": lambda world, operator: resolved_closure(world, account="@c:localhost", source="192.0.23.0"),
    "a notice": lambda world, operator: asked(world, operator, account="tamu-9", source="192.0.24.0"),
    "a referral": lambda world, operator: referrals.refer_at_once(
        in_review(account="@d:localhost", category=TRAFFICKING, source="192.0.25.0"), REFERRAL, actor=world.reviewers[0]
    ),
    "a marked case": lambda world, operator: Case.objects.update(victim_first=True, victim_state="proposed"),
}


def test_who_polls_everything_around_each_event_sees_no_difference(house: World, operator: Operator) -> None:
    """Also at the tenth event of a kind: within a day every public page and file stays identical, byte by byte."""
    many(9, 5)
    many(9, 5, TRAFFICKING)
    closed(at(2, 7, 11))
    with frozen(at(2, 12, 11)):
        before = poll()
        for name, event in EVENTS.items():
            event(house, operator)
            close_periods()
            after = poll()
            assert [address for address in before if before[address] != after[address]] == [], name


def test_referrals_are_counted_by_months_and_shown_from_twenty_on(
    house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """How often one person referred at once, how often a second person reviewed it in time, and how often it was wrong;
    without category or receiver. Nineteen and none look the same.
    """
    monkeypatch.setattr(rounding, "_geometric", lambda: 0)

    def month() -> object:
        return month_content(OCTOBER)["referrals"]

    for number in range(20):
        assert month() == {}
        with frozen(at(5)):
            case_id = in_review(
                account=f"@anak{number}:localhost", category="violence_against_children", source=f"198.51.{number}.5"
            )
            made = referrals.refer_at_once(case_id, REFERRAL, actor=house.reviewers[0])
        with frozen(at(5 if number else 7)):
            referrals.review_referral(
                made, rightly=number != 1, reasons="Itu sandiwara sekolah.", actor=house.reviewers[1]
            )
    assert month() == {"at_once": 20}  # one was reviewed too late, and one was wrong
    closed(at(2, 7, 11))
    assert b'"2026-10","referrals","at_once",20,"referrals"' in b"".join(csv(published()))


def test_who_polls_on_the_next_days_learns_nothing_of_a_single_report(
    house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same months with and without one trafficking report: the days between look the same at any time."""
    monkeypatch.setattr(rounding, "_geometric", lambda: 0)
    many(19, 5)

    def days_later() -> dict[str, bytes]:
        closed(at(7, 7))
        with frozen(at(7, 8)):
            return poll()

    with transaction.atomic():
        without = days_later()
        transaction.set_rollback(True)
    many(1, 5, TRAFFICKING)
    assert days_later() == without
    assert b'"2026-10-05","reports","",10,"reports"' in without["/figures.csv"]


def test_an_operators_single_asking_is_few(house: World, operator: Operator) -> None:
    """A closed month with one request does not show it, and says so in a sentence."""
    with frozen(at(5)):
        asked(house, operator)
    closed(at(2, 7, 11))
    content = published().months[date(2026, 10, 1)]
    assert all(table == {} for tables in content["operators"].values() for table in tables.values())
    assert "terlalu sedikit untuk ditampilkan" in Client().get("/operators/mengobrol/").content.decode()


def test_figures_are_shown_with_their_rule_in_both_languages(house: World) -> None:
    """Rounded numbers of a closed month, with an explanation; exact ones appear nowhere."""
    many(24, 5)
    closed(at(2, 7, 11))
    client = Client()
    for language, words in (("en", ("How these numbers are made", "20+", "few")), ("id", ("sedikit", "20+", "bulat"))):
        client.cookies["jaga_language"] = language
        page = client.get("/figures/").content.decode()
        for word in words:
            assert word in page
        assert not re.search(r">\s*24\s*<", page)


def test_channels_and_provinces_are_of_the_same_reports_and_never_show_more(
    house: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of 38 reports, of which the categories show 30, channels and provinces show at most 30. A province counts where a
    text names exactly one; those of possible victims are in neither. From 20 on, cases concerning children have one
    number, whatever else is known of them.
    """
    monkeypatch.setattr(rounding, "_geometric", lambda: 0)
    many(29, 5, text="Info loker Surabaya, transfer dulu")
    many(9, 6, text="Surabaya atau Papua Barat Daya, transfer dulu")
    many(20, 7, "child_protection", text="Surabaya")
    with frozen(at(2, 7, 11)):
        assert (counted.by_region(OCTOBER), counted.by_channel(OCTOBER)) == ({"Jawa Timur": 29}, {"public": 38})
    closed(at(2, 7, 11))
    content = published().months[date(2026, 10, 1)]
    assert content["reports"] == {"fraud": 30}
    assert content["channels"] == {"public": 30}
    assert content["regions"] == {"Jawa Timur": 20}
    assert (content["victims"], content["children"]) == (20, 20)
    client = Client()
    client.cookies["jaga_language"] = "en"
    page = client.get("/figures/year/?year=2026").content.decode()
    for words in (
        "The year 2026",
        "<strong>30+</strong> reports came in",
        "Fraud (<strong>30+</strong>)",
        "The public (<strong>30+</strong>)",
        "Cases concerning children: <strong>20+</strong>",
        "<title>Jawa Timur: 20+</title>",
        "<title>Papua: few</title>",
    ):
        assert words in page
    assert b'"2026-10","reports_by_region_named","Jawa Timur",20,"reports"' in b"".join(csv(published()))


def test_what_a_month_did_not_record_is_said_and_is_no_zero(house: World) -> None:
    """Channels, children, provinces and referrals came later than the first closed months. Page, tables and CSV say of
    which months they are not recorded; a year in which some months have them names the others.
    """
    old: dict[str, object] = {
        "reports": {"fraud": 50},
        "victims": 0,
        "late": 0,
        "became": {},
        "times": [],
        "appeals": {},
        "restorations": {},
        "requests": {},
        "operators": {},
        "flaggers": {},
    }
    later = {"channels": {"public": 30}, "children": 20, "regions": {"Jawa Timur": 20}, "referrals": {"at_once": 20}}
    for first, content in ((date(2025, 3, 1), old), (date(2026, 3, 1), old), (date(2026, 4, 1), old | later)):
        PublishedPeriod.objects.create(kind=PeriodKind.MONTH, first_day=first, closed_at=at(2, 7, 11), content=content)
    client = Client()
    client.cookies["jaga_language"] = "en"
    before = client.get("/figures/year/?year=2025").content.decode()
    assert before.count("Not recorded: these months were closed before this was counted") == 2
    assert "Cases concerning children: not recorded in these months." in before
    mixed = client.get("/figures/year/?year=2026").content.decode()
    assert mixed.count("Not recorded for: March.") == 3
    assert "Cases concerning children: <strong>20+</strong>" in mixed
    assert "Not recorded: these months" in client.get("/figures/?period=2026-03&with=none").content.decode()
    assert "not recorded</td>" in client.get("/figures/?period=2026-04&with=2026-03").content.decode()
    written = b"".join(csv(published())).decode()
    for line in (
        '"2026-03","reports_by_channel","not_recorded","","reports"',
        '"2026-03","cases_concerning_children","not_recorded","","cases"',
        '"2026-04","reports_by_channel","public",30,"reports"',
    ):
        assert line in written
    assert '"2026-04","reports_by_channel","not_recorded"' not in written


def test_no_map_is_drawn_where_all_provinces_are_few(house: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """A sentence stands instead, and odd years show the newest."""
    monkeypatch.setattr(rounding, "_geometric", lambda: 0)
    many(12, 5, text="Loker Surabaya, transfer dulu")
    closed(at(2, 7, 11))
    client = Client()
    client.cookies["jaga_language"] = "en"
    for query in ("", "?year=1999", "?year=%27", "?year=2026-10"):
        page = client.get(f"/figures/year/{query}").content.decode()
        assert "Too few reports name one province" in page
        assert 'class="chart tiles"' not in page


def month_of(first_day: date, **tables: Any) -> None:
    """A closed month that shows this."""
    PublishedPeriod.objects.create(
        kind=PeriodKind.MONTH,
        first_day=first_day,
        closed_at=at(2, 7, 11),
        content={
            "reports": {},
            "victims": 0,
            "late": 0,
            "became": {},
            "times": [],
            "appeals": {},
            "restorations": {},
            "referrals": {},
            "requests": {},
            "operators": {},
            "flaggers": {},
            **tables,
        },
    )


def test_a_year_is_the_sum_of_what_its_months_showed_and_changes_need_two_numbers(house: World) -> None:
    """Nothing is counted anew for a year, so no month follows from a year and the others: what was few adds nothing. A
    change appears only between two shown numbers, and odd choices show the newest month.
    """
    month_of(date(2025, 12, 1), reports={"fraud": 70}, times=[5, 9])
    month_of(date(2026, 9, 1), reports={"fraud": 20, "gambling": 40}, became={"close:seen": 20}, times=[9, 30])
    month_of(date(2026, 10, 1), reports={"fraud": 50}, times=[7, 40])
    many(9, 5)  # unseen by anything that is shown
    public = published()
    assert [one.key for one in years_of(public)] == ["2026", "2025"]
    year = find(public, "2026")
    assert year is not None
    assert (year.months, year.figures.together("reports"), year.figures.slowest()) == (
        2,
        {"fraud": 70, "gambling": 40},
        (9, 40),
    )
    client = Client()
    client.cookies["jaga_language"] = "en"

    def row(query: str, name: str) -> list[str]:
        cache.clear()
        page = client.get(f"/figures/?{query}").content.decode()
        found = re.search(rf'<th scope="row">{name}</th>(.*?)</tr>', page)
        return re.findall(r"[\d+−±]+\+?|few|–", found[1].replace("</", " </")) if found else []

    assert row("period=2026-10&with=2026-09", "Fraud") == ["50+", "+30", "20+"]
    assert row("period=2026-10&with=2026-09", "Gambling") == ["few", "40+"]
    assert row("period=2026&with=2025", "Fraud") == ["70+", "±0", "70+"]
    assert row("period=2026-10&with=none", "Fraud") == ["50+"]
    for odd in ("period=2031&with=x", "period=%27&with=2026", "period=2026-09-01", "period=" + "9" * 500, "with=2025"):
        assert row(odd, "Fraud") == ["50+", "+30", "20+"]


def test_periods_are_not_counted_twice_and_long_silence_is_bridged(house: World) -> None:
    """A worker that was down closes the missing periods, at most back to the month before; a second run does
    nothing.
    """
    many(10, 5)
    first = closed(at(2, 7, 11))
    assert first == 31 + 1 + 1  # October's days, November 1st, and October
    assert closed(at(2, 8, 11)) == 0
    assert closed(at(2, 8, 11) + timedelta(days=1)) == 1


def test_the_worker_closes_periods_with_its_own_rights(house: World, database_roles: Mapping[Part, str]) -> None:
    """The worker's database role may read everything that is counted."""
    many(10, 5)
    with acting_as("worker"):
        assert closed(at(2, 7, 11)) == 33
    assert shown(date(2026, 10, 5)) == {"fraud": 10}


def test_people_of_the_installation_keep_exact_figures(house: World) -> None:
    """Staff see exact, current figures; the public does not."""
    many(1, 5, TRAFFICKING)
    assert b'"cases_by_category","trafficking",1,"cases"' in b"".join(exact.csv(exact.compute()))
