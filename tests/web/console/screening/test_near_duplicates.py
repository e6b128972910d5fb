"""A group of copies: its cases, what they share, and a batch run that never closes accounts."""

from collections.abc import Callable

from django.test import Client
from tests.casework.screening.test_near_duplicates import TEXT, again, copy
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.cases.models.cases import Case
from jaga.core.actors import Actor
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Clearance, Role

Open = Callable[[Actor], Client]
CONTACT = "wa 0812-3456-7890"


def made(world: World) -> tuple[list[int], int]:
    """Three cases of one text, the second and third with the same number, and their group."""
    cases = [copy(1), copy(2, said(CONTACT)), copy(3, said(CONTACT))]
    again(cases[0])
    number = Case.objects.get(pk=cases[0]).cluster_id
    assert number is not None
    return cases, number


def said(more: str) -> str:

    return f"{more}, {TEXT}"


def test_the_queue_shows_one_line_that_opens_to_its_cases(world: World, browser_of: Open) -> None:
    """Each case can be opened from there; the shared contact is masked."""
    cases, number = made(world)
    client = browser_of(world.reviewers[0])
    queue = client.get("/console/queue/").content.decode()
    assert queue.count('class="queue__row') == 1
    assert "3 accounts with nearly this text" in queue
    assert f"/console/queue/copies/{number}/" in queue
    page = client.get(f"/console/queue/copies/{number}/").content.decode()
    assert all(f"/console/cases/K{case_id:06d}/" in page for case_id in cases)
    assert "+62 812-***-890" in page
    assert "3456" not in page
    assert f"/console/queue/copies/{number}/" in client.get(f"/console/cases/K{cases[0]:06d}/").content.decode()


def test_a_decided_account_is_counted_and_no_longer_listed(world: World, browser_of: Open) -> None:
    """The page says what became of the others once the reader has voted on each, and says so when none waits."""
    cases, number = made(world)
    for reviewer in world.reviewers[:2]:
        vote(cases[0], DecisionKind.CLOSE, reviewer)
    page = browser_of(world.reviewers[2]).get(f"/console/queue/copies/{number}/").content.decode()
    assert f"/console/cases/K{cases[0]:06d}/" not in page
    assert "2 accounts" in page
    assert "<dt>Close the account</dt>" not in page
    assert "once none of them waits for your vote" in page
    for case_id in cases[1:]:
        vote(case_id, DecisionKind.DISMISS, world.reviewers[2])
    page = browser_of(world.reviewers[2]).get(f"/console/queue/copies/{number}/").content.decode()
    assert "None of these cases waits for your vote." in page
    assert "<dt>Close the account</dt><dd>1 account</dd>" in page


def test_cases_that_need_a_clearance_are_not_told_of(world: World, staff: Staff, browser_of: Open) -> None:
    """Neither in the list nor in the counts; if all need one, the page is 404."""
    cases, number = made(world)
    Case.objects.filter(pk=cases[2]).update(clearance=Clearance.CHILD_SAFETY)
    client = browser_of(staff.by_role[Role.REVIEWER])
    page = client.get(f"/console/queue/copies/{number}/").content.decode()
    assert f"K{cases[2]:06d}" not in page
    assert "3 accounts" not in page
    assert "+62 812" not in page
    Case.objects.filter(pk__in=cases).update(clearance=Clearance.CHILD_SAFETY)
    assert client.get(f"/console/queue/copies/{number}/").status_code == 404
    assert client.get("/console/queue/copies/99999999999999999999999/").status_code == 404
    assert client.get("/console/queue/").content.decode().count('class="queue__row') == 0


def test_a_case_does_not_tell_of_copies_that_its_reader_may_not_see(
    world: World, staff: Staff, browser_of: Open
) -> None:
    """The link to the copies, and their page, are there only for people who may see another copy."""
    cases, number = made(world)
    reviewer, cleared = browser_of(staff.by_role[Role.REVIEWER]), browser_of(world.reviewers[0])
    place, line = f"/console/cases/K{cases[0]:06d}/", f"/console/queue/copies/{number}/"
    assert line in reviewer.get(place).content.decode()
    Case.objects.filter(pk__in=cases[1:]).update(clearance=Clearance.CHILD_SAFETY)
    assert line not in reviewer.get(place).content.decode()
    assert reviewer.get(line).status_code == 404
    assert line in cleared.get(place).content.decode()
    assert cleared.get(line).status_code == 200


def test_the_list_has_pages(world: World, browser_of: Open) -> None:
    """Each case is on one page."""
    cases, number = made(world)
    cases += [copy(place) for place in range(4, 32)]
    in_review(account="@lain:localhost", published="Teks yang lain sama sekali dari yang tadi", source="192.0.2.9")
    client = browser_of(world.reviewers[0])
    first = client.get(f"/console/queue/copies/{number}/").content.decode()
    after = first.split('href="?after=')[1].split('"')[0]
    second = client.get(f"/console/queue/copies/{number}/?after={after}").content.decode()
    lists = [page.split('<ol class="queue ')[1] for page in (first, second)]
    listed = [case_id for case_id in cases for one in lists if f'href="/console/cases/K{case_id:06d}/"' in one]
    assert sorted(listed) == sorted(cases)
