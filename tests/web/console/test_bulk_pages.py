"""Runs over many cases as pages: select, tick, pass on, check, follow, take back. Everything works without a script."""

import re
from collections.abc import Callable

import pytest
from django.test import Client
from tests.factories import World, in_review, vote

from jaga.casework.searching import read_all_stale
from jaga.core.actors import Actor
from jaga.core.terms import DecisionKind
from jaga.jobs.bulk import work_on_runs
from jaga.records.models import BulkItem, BulkRun, Case, Vote

WHY = "Iklan yang sama, sudah dilihat satu per satu."
Browser = Callable[[Actor], Client]


@pytest.fixture
def cases(world: World) -> list[int]:
    """Three cases in review that the search knows."""
    numbers = [in_review(account=f"@akun{number}:localhost", text="", source=f"198.51.100.{number}")
               for number in range(3)]
    read_all_stale()
    return numbers


def made(client: Client, kind: str, lines: str) -> int:
    """The number of the run that the form makes."""
    answer = client.post("/console/bulk/", {"kind": kind, "q": "", "lines": lines})
    assert answer.status_code == 302, answer.content.decode()
    assert answer["Location"].startswith("/console/bulk/")
    return int(answer["Location"].split("/")[3])


def ticks(run: int, *left_out: int) -> dict[str, list[int]]:
    items = list(BulkItem.objects.filter(run=run).order_by("place").values_list("pk", flat=True))
    return {"shown": items, "ticked": [item for place, item in enumerate(items) if place not in left_out]}


def test_two_people_take_a_run_from_pasted_lines_to_its_report(
    world: World, cases: list[int], browser_of: Browser
) -> None:
    """Bad lines are shown and the rest go on; the checker unticks one; the report says what became of each."""
    maker, checker = browser_of(world.reviewers[0]), browser_of(world.reviewers[1])
    run = made(maker, "dismiss", f"K{cases[0]:06d}\n@akun1:localhost\n\nnobody@nowhere\nK999999\n{cases[2]}\n")
    page = maker.get(f"/console/bulk/{run}/").content.decode()
    assert "2 lines that mean no case" in page
    assert "K999999" in page
    assert Vote.objects.count() == 0
    assert maker.post(f"/console/bulk/{run}/step/", {"step": "propose", "why": WHY, **ticks(run)}).status_code == 302
    assert "Somebody else must check it now" in maker.get(f"/console/bulk/{run}/").content.decode()
    assert maker.post(f"/console/bulk/{run}/step/", {"step": "approve"}).status_code == 403
    assert checker.post(f"/console/bulk/{run}/step/", {"step": "approve", **ticks(run, 1)}).status_code == 302
    work_on_runs()
    work_on_runs()
    assert list(BulkItem.objects.filter(run=run).order_by("place").values_list("state", flat=True)) == [
        "done", "left_out", "done"]
    lines = checker.get(f"/console/bulk/{run}/report.csv").getvalue().decode().split("\r\n")
    assert [f"K{cases[0]:06d}" in lines[1], "done" in lines[1], "left out" in lines[2]] == [True, True, True]
    item = BulkItem.objects.get(run=run, case=cases[0])
    wrong = checker.post(f"/console/bulk/{run}/take-back/", {"item": item.pk, "reverse_why": "x"})
    assert (wrong.status_code, "Say in at least 15 characters why." in wrong.content.decode()) == (422, True)
    checker.post(f"/console/bulk/{run}/take-back/", {"item": item.pk, "reverse_why": WHY})
    assert Case.objects.filter(reopens=item.case_id).exists()


def test_a_search_selects_and_a_wrong_term_is_said(world: World, cases: list[int], browser_of: Browser) -> None:
    """What the search finds goes into the run; what it cannot read keeps the form as it was."""
    client = browser_of(world.supervisor)
    client.post("/console/bulk/", {"kind": "label", "q": "category:prostitution_advertising state:review"})
    assert set(BulkItem.objects.values_list("case_id", flat=True)) == set(cases)
    for sent, said in (({"kind": "label", "q": "colour:red"}, "colour:"), ({"kind": "close", "q": "K1"}, "Choose what"),
                       ({"kind": "label", "lines": "\x00"}, "No line means a case"), ({}, "Choose what"),
                       ({"kind": "label", "lines": "K1\n" * 600}, "At most 500 lines")):
        answer = client.post("/console/bulk/", sent)
        assert (answer.status_code, said in answer.content.decode()) == (422, True), sent
    assert BulkRun.objects.count() == 1


def test_what_was_written_survives_a_refusal_and_a_draft(world: World, cases: list[int], browser_of: Browser) -> None:
    """Too short a reason is said beside its field; the ticks and the words stay."""
    client = browser_of(world.reviewers[0])
    run = made(client, "restrict", "\n".join(map(str, cases)))
    sent = {"step": "propose", "why": WHY, "facts": "pendek", "legal_basis": "", "restrict_days": "7", **ticks(run, 0)}
    refused = client.post(f"/console/bulk/{run}/step/", sent)
    assert refused.status_code == 422
    for page in (refused.content.decode(), client.get(f"/console/bulk/{run}/").content.decode()):
        assert "pendek" in page
        assert WHY in page
        assert len(re.findall(r'name="ticked"[^>]* checked', page)) == 2
    assert client.post(f"/console/bulk/{run}/step/", {"step": "nonsense"}).status_code == 404
    assert client.post(f"/console/bulk/{run}/step/", {"step": "resume"}).status_code == 409


def test_the_second_person_learns_of_no_vote_of_the_makers(
    world: World, cases: list[int], browser_of: Browser
) -> None:
    """A doubt that rests on the maker's own sealed vote is the maker's alone."""
    vote(cases[0], DecisionKind.CLOSE, world.reviewers[0])
    client = browser_of(world.reviewers[0])
    run = made(client, "dismiss", "\n".join(map(str, cases)))
    assert "you have no vote left there" in client.get(f"/console/bulk/{run}/").content.decode()
    other = browser_of(world.reviewers[1]).get(f"/console/bulk/{run}/").content.decode()
    assert f"K{cases[0]:06d}" in other
    assert "no vote left" not in other


def test_the_fast_lane_leads_from_case_to_case_and_votes_on_none(
    world: World, cases: list[int], browser_of: Browser
) -> None:
    """It says which is next; each vote is cast on its own page; what others hold or was voted on is passed over."""
    client = browser_of(world.reviewers[0])
    page = client.get("/console/lane/", {"q": "category:prostitution_advertising"}).content.decode()
    assert "3 cases wait for your vote" in page
    for left in (2, 1, 0):
        case = int(client.get("/console/lane/next/")["Location"].rstrip("/").rpartition("K")[2])
        vote(case, DecisionKind.CLOSE, world.reviewers[0])
        voted = client.get(f"/console/cases/K{case:06d}/voted/").content.decode()
        assert (f"Fast lane: {left} case" in voted) is bool(left)
    assert client.get("/console/lane/next/")["Location"] == "/console/lane/"
    client.post("/console/lane/leave/")
    assert "wait for your vote" not in client.get("/console/lane/").content.decode()


def test_labels_are_put_on_and_taken_off_a_case(world: World, cases: list[int], browser_of: Browser) -> None:
    """A wrong one is said on the case page."""
    client, address = browser_of(world.reviewers[0]), f"/console/cases/K{cases[0]:06d}/"
    client.post(f"{address}labels/", {"label": "Kontak Sama"})
    assert "kontak-sama" in client.get(address, {"tab": "accounts"}).content.decode()
    assert client.post(f"{address}labels/", {"label": "kontak sama"}).status_code == 409
    assert client.post(f"{address}labels/", {"label": "<b>"}).status_code == 422
    client.post(f"{address}labels/", {"remove": "kontak-sama"})
    assert "kontak-sama" not in client.get(address, {"tab": "accounts"}).content.decode()
