"""No page tells a reviewer whether there is a first vote, or what it said."""

import re
from collections.abc import Callable

from django.test import Client
from tests.factories import World, in_review, vote
from tests.web.console.conftest import Staff

from jaga.core.actors import Actor
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.people.models import PersonRole

Open = Callable[[Actor], Client]
SECRET_FACTS = "Fakta rahasia dari suara pertama."


def _plain(page: bytes) -> str:
    """The page without what differs each time: form tokens, the lease's token, minutes."""
    text = re.sub(r'(value|data-token)="[0-9A-Za-z]{40,64}"|data-left="\d+"', "", page.decode())
    return re.sub(r"\d+ (h|min)|\d\d:\d\d WIB", "", text)


def test_queue_and_case_look_the_same_before_and_after_a_first_vote(world: World, browser_of: Open) -> None:
    """The whole pages are compared before and after another reviewer voted to close."""
    first, second, _ = world.reviewers
    case_id, client = in_review(), browser_of(second)
    paths = ("/console/queue/", f"/console/cases/K{case_id:06d}/", f"/console/cases/K{case_id:06d}/history/")
    before = [_plain(client.get(path).content) for path in paths]
    vote(case_id, DecisionKind.CLOSE, first, facts=SECRET_FACTS)
    assert [_plain(client.get(path).content) for path in paths] == before


def test_the_form_of_whoever_takes_the_case_looks_the_same_too(world: World, browser_of: Open) -> None:
    """The lease's number would hint at an earlier holder, so the page has a keyed token instead."""
    first, second, _ = world.reviewers
    fresh, voted = in_review(account="@a:localhost"), in_review(account="@b:localhost")
    vote(voted, DecisionKind.CLOSE, first, facts=SECRET_FACTS)
    client, pages = browser_of(second), []
    for case_id, account in ((fresh, "@a:"), (voted, "@b:")):
        address = f"/console/cases/K{case_id:06d}/"
        client.post(address + "take/")
        page = client.get(address).content.replace(f"K{case_id:06d}".encode(), b"K").replace(account.encode(), b"@")
        page = re.sub(rb'name="accounts" value="\d+"', b"", page)  # the account's own number
        # A report has a number of its own, too.
        page = re.sub(rb"(/reports/|question-|sentence-|consents-|report-)\d+", rb"\1", page)
        page = re.sub(rb'<details class="rail".*?</details>', b"", page, flags=re.DOTALL)  # compared in the test above
        pages.append(re.sub(r"K\d{6}|entry \d+|isoformat|datetime=\"[^\"]+\"", "", _plain(page)))
    assert pages[0] == pages[1]


def test_a_supervisor_who_may_be_the_second_voter_is_blind_as_well(world: World, browser_of: Open) -> None:
    """Before two votes differ there is nothing to settle, so the supervisor sees nothing."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0], facts=SECRET_FACTS)
    page = browser_of(world.supervisor).get(f"/console/cases/K{case_id:06d}/").content.decode()
    assert SECRET_FACTS not in page
    assert "A vote was cast" not in page


def test_an_auditor_who_also_reviews_does_not_read_of_it_in_the_ledger(
    world: World, staff: Staff, browser_of: Open
) -> None:
    """The combination of both roles must not reveal a sealed vote; an auditor alone sees the entry, which has no
    content.
    """
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0], facts=SECRET_FACTS)
    auditor = browser_of(staff.by_role[Role.AUDITOR])
    assert "A vote was cast" in auditor.get("/console/ledger/").content.decode()
    PersonRole.objects.create(person_id=staff.by_role[Role.AUDITOR].person_id, role=Role.REVIEWER)
    assert "A vote was cast" not in auditor.get("/console/ledger/").content.decode()


def test_own_votes_leave_the_queue_and_stand_among_the_votes(world: World, browser_of: Open) -> None:
    """The voter cannot cast the second vote, so the case is not offered again."""
    case_id, client = in_review(), browser_of(world.reviewers[0])
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    queue = client.get("/console/queue/").content.decode()
    assert (
        f"K{case_id:06d}" not in queue[queue.index("<main") : queue.index("</main>")]
    )  # below it stands the last vote
    assert "waits for a second person" in client.get("/console/votes/").content.decode()


def test_differing_votes_go_to_supervisors_only(world: World, browser_of: Open) -> None:
    """The supervisor sees both votes; the case is neither listed for other reviewers nor can they open it."""
    case_id = in_review()
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0], facts=SECRET_FACTS)
    vote(case_id, DecisionKind.DISMISS, world.reviewers[1])
    address = f"/console/cases/K{case_id:06d}/"
    supervisor, reviewer = browser_of(world.supervisor), browser_of(world.reviewers[2])
    assert "two votes differ" in supervisor.get("/console/queue/").content.decode()
    assert SECRET_FACTS in supervisor.get(address).content.decode()
    assert f"K{case_id:06d}" not in reviewer.get("/console/queue/").content.decode()
    assert SECRET_FACTS not in reviewer.get(address).content.decode()
    assert reviewer.post(address + "take/").status_code == 409
