"""What the case page shows, and what it never shows."""

import re
from collections.abc import Callable

from django.db import connection
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import (
    PNG,
    World,
    decided_closure,
    in_review,
    new_request,
    observed,
    report,
    resolved_closure,
    rows,
)

from jaga.actions.verbs import attempts, verification
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, CaseLabel
from jaga.cases.models.decisions import Action
from jaga.cases.reads.reports import SignalView
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.core.terms.reports import Channel
from jaga.platforms.kit.steps import UNSUPPORTED
from jaga.signals.verbs import triage
from jaga.web.frame.sections import pieces

Open = Callable[[Actor], Client]
MOST_ASKED = 32


def _page(client: Client, case_id: int) -> str:
    answer = client.get(f"/console/cases/K{case_id:06d}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_looking_changes_nothing_of_a_case(world: World, browser_of: Open) -> None:
    """Opening the queue, a case and its history records who looked and for how long, and changes no other row."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    before = rows()
    _page(client, case_id)
    client.get("/console/queue/")
    client.get(f"/console/cases/K{case_id:06d}/history/")
    changed = {table for table, digest in rows().items() if digest != before[table]}
    assert changed == {"records_accessevent", "records_exposure"}


def test_what_a_case_has_not_is_not_asked_for(world: World, browser_of: Open) -> None:
    """The number of queries of a page is bounded; a case with more parts needs more."""
    case_id, client, asked = in_review(), browser_of(world.reviewers[0]), []
    in_review(account="@berikutnya:localhost")

    def count(execute: Callable[..., object], statement: str, *rest: object) -> object:
        asked.append(statement)
        return execute(statement, *rest)

    with connection.execute_wrapper(count):
        _page(client, case_id)
    assert len(asked) <= MOST_ASKED, "\n".join(asked)
    assert not [one for one in asked if one.startswith('SELECT "records_caselabel"')]
    CaseLabel.objects.create(
        case_id=case_id, label="brigading", added_by_id=world.reviewers[1].person_id, added_at=now()
    )
    asked.clear()
    with connection.execute_wrapper(count):
        _page(client, case_id)
    assert [one for one in asked if one.startswith('SELECT "records_caselabel"')]


def test_the_words_are_marked_and_explained_and_never_run(world: World, browser_of: Open) -> None:
    """Whatever an account published is shown as text, with the signals' places marked."""
    case_id = in_review(published="<script>alert(1)</script> open BO <b>nego</b>")
    page = _page(browser_of(world.reviewers[0]), case_id)
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<mark>open BO</mark>" in page
    assert "is on the word list" in page


def test_each_place_is_marked_as_it_was_written(world: World, browser_of: Open) -> None:
    """Also in disguised words, beside pictures and at the end of the text."""
    text = "🌸 𝗼𝗽𝗲𝗻 𝗯𝗼 🌸 n.e.g.o ya, WA 0812-3456-7890"
    page = _page(browser_of(world.reviewers[0]), in_review(published=text))
    assert re.findall(r"<mark>(.*?)</mark>", page) == ["𝗼𝗽𝗲𝗻 𝗯𝗼", "n.e.g.o", "WA", "0812-3456-7890"]
    assert text in re.sub(r"</?mark>|<sup.*?</sup>", "", page)


def test_who_reported_is_never_shown(world: World, browser_of: Open) -> None:
    """The page has no names or contacts of reporters, and no pictures."""
    case_id = in_review(name="Nama Pelapor", contact="pelapor@contoh.test", good_faith=True, screenshots=(Upload(PNG),))
    page = _page(browser_of(world.reviewers[0]), case_id)
    assert "formal notice" in page
    assert "Nama Pelapor" not in page
    assert "pelapor@contoh.test" not in page
    assert "<img" not in page


def test_a_request_stands_with_its_letter_and_analysis(world: World, browser_of: Open) -> None:
    """Authorities are named, with their letter, legal basis and legal analysis."""
    filed = requests.file_request(new_request(), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    page = _page(browser_of(world.reviewers[0]), filed.case_id)
    assert "Polisi Contoh" in page
    assert "B/17/2026" in page
    assert "Akun ini mengiklankan layanan di ruang umum." in page


def test_an_authoritys_unsigned_report_is_marked_as_such(world: World, browser_of: Open) -> None:
    """Any holder of a key can report in an authority's name; a signed letter has no such mark."""
    client = browser_of(world.reviewers[0])
    plain = in_review(
        channel=Channel.POLICE, organisation_id=world.officer.organisation_id, officer_id=world.officer.person_id
    )
    assert "not signed: by a key or a file" in _page(client, plain)
    signed = requests.file_request(new_request(account="kenanga"), actor=world.officer).case_id
    triage.triage_case(signed, actor=SYSTEM)
    assert "not signed: by a key or a file" not in _page(client, signed)


def test_a_victim_first_case_keeps_its_content_closed(world: World, browser_of: Open) -> None:
    """Text, quotes and account lists are not shown; only preserve, restrict, refer and dismiss are offered."""
    case_id = in_review(category="trafficking", text="paspor ditahan agen, open BO")
    reviewer = browser_of(world.reviewers[0])
    reviewer.post(f"/console/cases/K{case_id:06d}/take/")
    page = _page(reviewer, case_id)
    assert "paspor ditahan" not in page
    assert "open BO" not in page
    assert 'value="close"' not in page
    assert {kind for kind in ("dismiss", "preserve", "restrict", "refer") if f'value="{kind}"' in page} == {
        "dismiss",
        "preserve",
        "restrict",
        "refer",
    }
    assert "@mawar" not in reviewer.get("/console/queue/").content.decode()


def test_rejecting_comes_first_and_closing_last(world: World, browser_of: Open) -> None:
    """The order of the choices is itself a protection."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    client.post(f"/console/cases/K{case_id:06d}/take/")
    page = _page(client, case_id)
    places = [page.index(f'value="{kind}"') for kind in ("dismiss", "preserve", "restrict", "refer", "close")]
    assert places == sorted(places)


def test_other_cases_and_what_followed_are_shown(world: World, browser_of: Open) -> None:
    """After a closure: decision, steps, independent check, the letter without its code, and the history in words."""
    closed, other = resolved_closure(world), report(category="fraud").case_id
    page = _page(browser_of(world.reviewers[0]), closed)
    assert f"K{other:06d}" in page
    assert "independent check" in page
    assert "confirmed" in page
    assert "Two people decided alike: Close the account." in page
    assert "The appeal code stands only in the letter" in page


def test_only_a_supervisor_finds_the_retry_button(world: World, browser_of: Open) -> None:
    """Everyone who judges sees a stuck action; only a supervisor can retry it."""
    case_id = decided_closure(world)
    action = Action.objects.get(decision__case_id=case_id)
    attempts.mark_stuck(action.pk, OutcomeKind.REFUSED, actor=SYSTEM)
    assert f"/console/stuck/{action.pk}/retry/" not in _page(browser_of(world.reviewers[2]), case_id)
    supervisor = browser_of(world.supervisor)
    assert f"/console/stuck/{action.pk}/retry/" in _page(supervisor, case_id)
    assert f"K{case_id:06d}" in supervisor.get("/console/stuck/").content.decode()
    assert supervisor.post(f"/console/stuck/{action.pk}/retry/").status_code == 302
    action.refresh_from_db()
    assert action.state == "pending"
    assert supervisor.post(f"/console/stuck/{action.pk}/retry/").status_code == 409


def test_a_supervisor_ends_what_can_never_be_done_and_says_why(world: World, browser_of: Open) -> None:
    """Without a reason nothing changes; with one the case is resolved and every reporter gets a letter that says so."""
    case_id = decided_closure(world)
    action = Action.objects.get(decision__case_id=case_id)
    attempts.mark_stuck(action.pk, OutcomeKind.REFUSED, actor=SYSTEM)
    supervisor = browser_of(world.supervisor)
    assert supervisor.post(f"/console/stuck/{action.pk}/end/", {"reason": "\x00"}).status_code == 422
    assert Case.objects.get(pk=case_id).state == "acting"
    ended = supervisor.post(f"/console/stuck/{action.pk}/end/", {"reason": "Akun ini sudah dihapus pemiliknya."})
    assert ended.status_code == 302
    case = Case.objects.get(pk=case_id)
    assert case.state == "resolved"
    assert set(case.letters.values_list("key", flat=True)) == {"reporter_ended"}
    assert "Akun ini sudah dihapus pemiliknya." in _page(supervisor, case_id)
    assert supervisor.post(f"/console/stuck/{action.pk}/end/", {"reason": "sekali lagi begitu"}).status_code == 409


def test_what_is_no_longer_as_decided_stands_in_sight(world: World, browser_of: Open) -> None:
    """A closed account that a later check finds open is listed for supervisors until a check finds it closed again."""
    case_id = resolved_closure(world)
    action = Action.objects.get(decision__case_id=case_id).pk
    supervisor = browser_of(world.supervisor)
    verification.record_verification(action, observed(AccountState.ACTIVE), actor=SYSTEM)
    assert f"K{case_id:06d}" in supervisor.get("/console/stuck/").content.decode()
    assert "no longer as decided" in supervisor.get("/console/overview/").content.decode()
    verification.record_verification(action, observed(AccountState.CLOSED), actor=SYSTEM)
    assert f"K{case_id:06d}" not in supervisor.get("/console/stuck/").content.decode()


def test_the_queue_filters_and_pages(world: World, browser_of: Open) -> None:
    """Filters narrow the list, a page holds 25 rows, and the pages together hold each case once."""
    ids = {in_review(account=f"@akun{number}:localhost") for number in range(27)}
    other = in_review(category="fraud")
    client, seen, address = browser_of(world.reviewers[0]), [], "/console/queue/?category=prostitution_advertising"
    while address:
        answer = client.get(address)
        assert f"K{other:06d}" not in answer.content.decode()
        seen += [line.row.case_id for line in answer.context["lines"]]
        address = f"/console/queue/?{query}" if (query := answer.context["next_query"]) else ""
    assert sorted(seen) == sorted(ids)
    assert list(Case.objects.filter(pk__in=ids).order_by("rank_at", "pk").values_list("pk", flat=True)) == seen


@given(st.text(max_size=40), st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), max_size=6))
def test_the_pieces_are_the_text_and_mark_exactly_the_spans(text: str, spans: list[tuple[int, int]]) -> None:
    """With overlapping spans nothing is lost or doubled, and a character is marked if and only if a span covers it; of
    spaces, those at the ends of a piece are not.
    """
    signals = [SignalView("x", 0.5, "", {}, start, start + length) for start, length in spans]
    cut = pieces(text, signals)
    assert "".join(piece.text for piece in cut) == text
    marked = [piece.marked for piece in cut for _ in piece.text]
    covered = [any(s.start <= place < s.end for s in signals) for place in range(len(text))]
    assert all(
        is_marked == is_covered or (is_covered and character.isspace())
        for is_marked, is_covered, character in zip(marked, covered, text, strict=True)
    )
    assert not any(piece.marked and piece.text != piece.text.strip() for piece in cut)


def test_what_the_platform_answered_is_told_in_the_readers_language(world: World, browser_of: Open) -> None:
    """Jaga's own sentences are translated; a supervisor's words are shown unchanged, with per cent signs."""
    case_id = decided_closure(world)
    action = Action.objects.get(decision__case_id=case_id)
    for detail in (UNSUPPORTED, "100% <b>selesai</b>"):
        action.outcomes.create(step=Step.CLOSE, kind=OutcomeKind.IMPOSSIBLE, detail=detail, at=now())
    reviewer = browser_of(world.reviewers[2])
    assert UNSUPPORTED in _page(reviewer, case_id)
    reviewer.cookies["jaga_language"] = "id"
    page = _page(reviewer, case_id)
    assert UNSUPPORTED not in page
    assert "100% &lt;b&gt;selesai" in page
