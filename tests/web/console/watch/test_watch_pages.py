"""The pages of watches: proposed, started by another, stopped; look-ups by two; what everybody sees."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from tests.factories import PLATFORM, World
from tests.watching import LOUD, new_watch, pair, permitted, running, seen, take_in

from jaga.cases.models.cases import Case
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import frozen, now
from jaga.core.observations import ObservedBatch, SourceRefused, SourceWentBack
from jaga.core.terms.reports import SourceKind, SourceState
from jaga.policy.local_time import start_of_day, today
from jaga.policy.release import load_release
from jaga.signals.verbs.triage import triage_case
from jaga.watch.models.kept import AccountLookup, WatchCapture, WatchFinding, WatchOptOut
from jaga.watch.models.watches import Backlog, BacklogBlock, Watch, WatchDay, WatchProgress
from jaga.watch.verbs import reading, watches

Open = Callable[[Actor], Client]


@pytest.fixture
def two(world: World) -> tuple[Actor, Actor]:
    return pair(PLATFORM)


def form(**changes: str) -> dict[str, str]:
    new = new_watch()
    return {
        "platform": PLATFORM,
        "kind": "public_rooms",
        "legal_basis": new.legal_basis,
        "purpose": new.purpose,
        "budget": "1000",
        "until": (today() + timedelta(days=7)).isoformat(),
        **changes,
    }


def test_a_watch_is_proposed_started_by_another_and_stopped(two: tuple[Actor, Actor], browser_of: Open) -> None:
    """Wrong fields are named beside themselves and what was typed stays; the own proposal has no button to start it."""
    one, other = map(browser_of, two)
    assert "Nothing is watched" in one.get("/console/watches/").content.decode()
    refused = one.post("/console/watches/new/", form(budget="banyak", url="https://x.example", purpose="Iklan"))
    assert refused.status_code == 422
    page = refused.content.decode()
    assert {name for name in ("budget", "url", "purpose", "until") if f'id="{name}-error"' in page} == {
        "budget",
        "url",
        "purpose",
    }
    assert 'value="banyak"' in page
    answer = one.post("/console/watches/new/", form())
    number = Watch.objects.get().pk
    assert answer["Location"] == f"/console/watches/{number}/"
    assert "Start this watch" not in one.get(answer["Location"]).content.decode()
    assert one.post(f"/console/watches/{number}/start/").status_code == 403
    assert "Start this watch" in other.get(answer["Location"]).content.decode()
    assert other.post(f"/console/watches/{number}/start/").status_code == 302
    take_in(PLATFORM, (seen(LOUD),))
    page = one.get(answer["Location"]).content.decode()
    assert "1 of 1,000 texts today" in page
    assert "1, in 1 case" in page
    assert "Private rooms, direct messages and encrypted rooms are not read." in page
    assert one.post(f"/console/watches/{number}/stop/", {"why": ""}).status_code == 422
    assert one.post(f"/console/watches/{number}/stop/", {"why": "Sudah tidak perlu."}).status_code == 302
    assert one.post(f"/console/watches/{number}/stop/", {"why": "Sudah tidak perlu."}).status_code == 409
    assert "stopped by a person" in one.get("/console/watches/").content.decode()


@pytest.mark.parametrize(
    "scope",
    [
        "https://forum.example/papan\0",
        "https://forum.example/\u202enapap",
        "papan",
        "https://forum.example/papan\nftp://forum.example",
        "https://lain.example/",
    ],
)
def test_a_scope_that_cannot_be_read_is_refused_before_two_people_agree_on_it(
    two: tuple[Actor, Actor], browser_of: Open, scope: str
) -> None:
    """Beside its field: what is no text or no address, and a start outside of it."""
    client = browser_of(two[0])
    web = form(kind="web", url="https://forum.example/papan/1", surfaces=scope)
    refused = client.post("/console/watches/new/", web)
    assert refused.status_code == 422
    assert 'id="surfaces-error"' in refused.content.decode()
    assert client.post("/console/watches/new/", form(surfaces="!a:b\0")).status_code == 422
    assert not Watch.objects.exists()
    assert client.post("/console/watches/new/", web | {"surfaces": "https://forum.example/papan"}).status_code == 302


def test_a_file_that_is_not_there_is_said_so_in_the_readers_language(
    two: tuple[Actor, Actor], browser_of: Open
) -> None:
    """And where it belongs, instead of a token to check."""
    number = running(kind=SourceKind.FILE, url="minggu-48.jsonl")
    reading.record_failure(number, SourceRefused(why="No such file or directory"), actor=SYSTEM)
    client = browser_of(two[0])
    client.cookies["jaga_language"] = "id"
    for place in ("/console/watches/", f"/console/watches/{number}/"):
        page = client.get(place).content.decode()
        assert "berkasnya tidak ada" in page
        assert "tidak dapat dibuka" in page
        assert "No such file" not in page
    assert "Taruh berkas itu di folder watch" in page
    assert "token dan cakupan" not in page


def test_a_source_that_went_back_is_in_sight_and_goes_on_by_a_person(
    two: tuple[Actor, Actor], browser_of: Open
) -> None:
    """The page says what to do."""
    number = running(cursor="c1")
    reading.record_failure(number, SourceWentBack(why="since before s1"), actor=SYSTEM)
    client = browser_of(two[0])
    page = client.get(f"/console/watches/{number}/").content.decode()
    assert "Go on from the present" in page
    assert "since before s1" in page
    assert "went back in time" in client.get("/console/watches/").content.decode()
    assert client.post(f"/console/watches/{number}/go-on/").status_code == 302
    assert WatchProgress.objects.get().state == SourceState.WAITING


def test_a_look_up_takes_two_people_and_is_shown_once(two: tuple[Actor, Actor], browser_of: Open) -> None:
    """Nobody permits their own, and the second time it is refused."""
    one, other = map(browser_of, two)
    asked = {"platform": PLATFORM, "account": "@mawar:localhost", "reason": "Pertanyaan dari penyelenggara."}
    for reason in ("", "Kata tetangga, @mawar:localhost menawarkan jasa.", "Kata tetangga, Mawar menawarkan jasa."):
        assert one.post("/console/account-lookups/", asked | {"reason": reason}).status_code == 422
    assert one.post("/console/account-lookups/", asked).status_code == 302
    start = f"/console/account-lookups/{AccountLookup.objects.get().pk}/"
    assert one.post(f"{start}permit/").status_code == 403
    assert other.post(f"{start}permit/").status_code == 302
    assert one.post(f"{start}look-up/", {"account": "@lain:localhost"}).status_code == 409
    one.cookies["jaga_language"] = "id"
    refused = one.post(f"{start}look-up/", {"account": "@lain:localhost"}).content.decode()
    assert "Pencarian ini tidak diizinkan: pencarian itu untuk akun lain." in refused
    assert '<th scope="col" role="columnheader">Nomor</th>' in refused
    one.cookies["jaga_language"] = "en"
    answer = one.post(f"{start}look-up/", {"account": "@mawar:localhost"})
    assert "Nothing is kept of this account." in answer.content.decode()
    assert one.post(f"{start}look-up/", {"account": "@mawar:localhost"}).status_code == 409


def test_everybody_sees_little_while_it_runs_and_results_a_month_after_its_end(
    two: tuple[Actor, Actor], client: Client
) -> None:
    """Scope, purpose and rounded counts come later; a proposal that nobody started never."""
    watches.propose_watch(new_watch(purpose="Usul yang belum dimulai."), actor=two[0])
    number = running(surfaces=("!ruang:localhost",), purpose="Iklan judi di ruang umum.")
    reading.take_in(number, ObservedBatch(tuple(seen(f"Halo {n}", f"${n}") for n in range(25)), "c"), actor=SYSTEM)
    page = client.get("/watches/").content.decode()
    assert f"W{number:06d}" in page
    assert Watch.objects.get(pk=number).legal_citation in page
    assert not {word for word in ("!ruang", "Iklan judi", "Usul yang") if word in page}
    with frozen(now() + timedelta(days=8 + 30)):
        watches.end_watches()
        page = client.get("/watches/").content.decode()
    assert "!ruang:localhost" in page
    assert "Iklan judi" in page
    assert "Usul yang" not in page
    assert "20" in page
    assert "25" not in page.partition("!ruang")[2].partition("</section>")[0]


def test_the_page_of_a_watch_of_files_names_blocks_left_alone(two: tuple[Actor, Actor], browser_of: Open) -> None:
    """And the flagged rows that open no case, whose number would otherwise be missing on the page."""
    number = running(kind=SourceKind.BACKLOG, surfaces=("a" * 64,))
    client = browser_of(two[0])
    row = Backlog.objects.create(
        platform=Watch.objects.get(pk=number).platform,
        watch_id=number,
        name="minggu-48.jsonl",
        sha256="a" * 64,
        size=3,
        columns={},
        policy_hash="b" * 64,
        engine="1",
        begun_at=now(),
    )
    common = {"backlog": row, "size": 1, "input_hash": "c" * 64}
    BacklogBlock.objects.create(
        **common,
        number=0,
        start=0,
        done_at=now(),
        output_hash="d" * 64,
        root="e" * 64,
        rows_read=40,
        flagged=31,
        unusable=31,
    )
    BacklogBlock.objects.create(**common, number=1, start=1)
    page = client.get(f"/console/watches/{number}/").content.decode()
    assert "1 of 2 blocks are done" in page
    assert "flagged without an account of the app that may be read, so that they open no case: 31" in page
    assert "blocks left alone" not in page
    BacklogBlock.objects.filter(number=1).update(poisoned_at=now(), tries=3)
    assert "blocks left alone: 1" in client.get(f"/console/watches/{number}/").content.decode()


def test_accounts_that_a_watch_named_are_never_published(two: tuple[Actor, Actor], client: Client) -> None:
    """Who was watched need not have done anything; that accounts were named is said, and the rest of the scope."""
    running(kind=SourceKind.MASTODON, url="https://social.example", surfaces=("pasar", "@mawar@social.example"))
    running(
        kind=SourceKind.ATPROTO,
        url="https://pds.example",
        surfaces=("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "app.bsky.feed.post"),
    )
    with frozen(now() + timedelta(days=8 + 30)):
        watches.end_watches()
        page = client.get("/watches/").content.decode()
    assert "(pasar)" in page
    assert "(app.bsky.feed.post)" in page
    assert page.count("Juga akun tertentu, yang tidak disebut di sini.") == 2
    assert "mawar" not in page
    assert "did:plc" not in page


def test_the_page_of_a_case_says_what_was_captured_and_what_could_not(world: World, browser_of: Open) -> None:
    """With the reason, in words and in the log's own."""
    (filed,) = take_in(PLATFORM, (seen(LOUD),))
    assert filed.case_id
    client, place = browser_of(world.reviewers[0]), reverse("console:case", args=[filed.case_id])
    before = client.get(place)
    assert (before.status_code, "Captured pages" in before.content.decode()) == (200, False)
    WatchCapture.objects.create(
        finding=WatchFinding.objects.get(),
        state="page_only",
        found_at=now(),
        ended_at=now(),
        why="nothing can be rendered on this machine: no namespaces",
    )
    page = client.get(place).content.decode()
    assert "page, without a picture" in page
    assert "nothing can be rendered on this machine: no namespaces" in page


def test_the_holder_of_an_account_may_have_it_read_again(two: tuple[Actor, Actor], browser_of: Open) -> None:
    """A supervisor notes how they asked; of an account that is read anyway the form says so and keeps what was
    typed.
    """
    reading.take_in(running(), ObservedBatch((), "c", opted_out=("@mawar:localhost",)), actor=SYSTEM)
    client, asked = browser_of(two[0]), {"platform": PLATFORM, "reason": "Pemegang akun meminta lewat surat."}
    refused = client.post("/console/account-lookups/read-again/", asked | {"account": "@lain:localhost"})
    assert refused.status_code == 422
    page = refused.content.decode()
    assert 'value="@lain:localhost"' in page
    assert "This account does not ask not to be read" in page
    done = client.post("/console/account-lookups/read-again/", asked | {"account": "@mawar:localhost"})
    assert "read again from now on" in client.get(done["Location"]).content.decode()
    assert WatchOptOut.objects.get().taken_back_by_id == two[0].person_id


def test_the_page_of_a_watch_says_how_many_texts_wait(two: tuple[Actor, Actor], browser_of: Open) -> None:
    """And for what; a watch of which nothing waits says nothing."""
    number, place = running(), f"/console/watches/{running()}/"
    assert "The same words of other accounts" not in browser_of(two[0]).get(place).content.decode()
    release = load_release().screening
    observed = tuple(
        seen("main slot gacor di BOLAMAS88, depo 10rb langsung maxwin", f"${at}", f"@akun{at}:localhost")
        for at in range((release.shared_words_cases or 0) + 2)
    )
    reading.take_in(number, ObservedBatch(observed, "c"), actor=SYSTEM)
    page = browser_of(two[0]).get(place).content.decode()
    assert "7 of 1,000 texts today (&lt;1%)" in page
    assert "<dt>Waiting</dt><dd>2 <span" in page
    assert f"at the latest after {release.shared_words_days} days" in page


def test_the_page_of_a_watch_tells_its_rate_and_how_far_it_is_behind(
    two: tuple[Actor, Actor], browser_of: Open
) -> None:
    """The rate is of the local day, which in Jakarta begins at 17:00 UTC. A source without more was read to its end."""
    midnight = start_of_day(today())
    with frozen(midnight - timedelta(hours=10)):
        number = running(budget=10_000)
    WatchDay.objects.create(watch_id=number, day=today(), observed=6000)
    with frozen(midnight + timedelta(hours=5)):
        place, client = f"/console/watches/{number}/", browser_of(two[0])
        reading.take_in(number, ObservedBatch((), "c1", lag=timedelta(minutes=3), more=True), actor=SYSTEM)
        page = client.get(place).content.decode()
        assert "1,200 an hour, today" in page
        assert "<dd>3 minutes</dd>" in page
        assert "3 minutes behind" in client.get("/console/watches/").content.decode()
        reading.take_in(number, ObservedBatch((), "c2", more=True), actor=SYSTEM)
        assert "the source does not tell" in client.get(place).content.decode()
        reading.take_in(number, ObservedBatch((), "c3"), actor=SYSTEM)
        assert "nothing: it was read to its end" in client.get(place).content.decode()
        assert " behind" not in client.get("/console/watches/").content.decode()


def test_the_page_of_a_file_shows_what_was_filed(two: tuple[Actor, Actor], browser_of: Open, tmp_path: Path) -> None:
    """Not in how many cases: only the findings of a watch that the worker reads know theirs."""
    (tmp_path / "arsip.jsonl").write_text("{}")
    number = permitted(tmp_path / "arsip.jsonl")
    WatchDay.objects.create(watch_id=number, day=today(), observed=9, flagged=4, filed=3)
    page = browser_of(two[0]).get(f"/console/watches/{number}/").content.decode()
    assert "<dd>3</dd>" in page
    assert "in 0 cases" not in page
    assert "Accounts that asked not to be read are left out." in page


def test_whoever_decides_for_others_too_is_told(world: World, two: tuple[Actor, Actor], browser_of: Open) -> None:
    """Only the holder of the case, and only while other accounts with the same words wait; no number, no names."""
    most = load_release().screening.shared_words_cases or 0
    sentence = "Other accounts with the same words wait"

    def publish(accounts: range) -> None:
        take_in(PLATFORM, [seen(LOUD, f"$sama{number}", f"@sama{number}:localhost") for number in accounts])

    publish(range(most))
    case_id = Case.objects.order_by("pk").values_list("pk", flat=True)[0]
    triage_case(case_id, actor=SYSTEM)
    page, reviewer = f"/console/cases/K{case_id:06d}/", browser_of(world.reviewers[0])
    reviewer.post(f"{page}take/")
    assert "data-decide" in (alone := reviewer.get(page).content.decode())
    assert sentence not in alone
    publish(range(most, most + 2))
    assert sentence in reviewer.get(page).content.decode()
    assert sentence not in browser_of(world.reviewers[1]).get(page).content.decode()
    WatchFinding.objects.update(same_words=None)
    assert sentence not in reviewer.get(page).content.decode()
