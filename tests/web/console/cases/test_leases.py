"""The open case page: leases, drafts, and a supervisor's takeover."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from tests.factories import World, in_review, vote

from jaga.cases.models.cases import Lease
from jaga.core.actors import Actor
from jaga.core.clock import frozen, now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy.release import load_release
from jaga.queue.models import Draft
from jaga.queue.verbs import leases
from jaga.store.models import LedgerEntry

LENGTH = timedelta(minutes=load_release().enforcement.lease_minutes)
WHY = "Sinta sakit, tenggat hampir habis."
Browser = Callable[[Actor], Client]


def address(case_id: int, step: str = "") -> str:
    return f"/console/cases/K{case_id:06d}/{step}"


@pytest.fixture
def case_id(world: World) -> int:
    return in_review()


def test_a_page_prolongs_only_what_it_holds(world: World, case_id: int, browser_of: Browser) -> None:
    """The page's own token extends the lease; no token, another's or an old one neither extends nor takes it."""
    holder, other, _ = world.reviewers
    sinta, bayu = browser_of(holder), browser_of(other)
    moment = now()
    with frozen(moment):
        assert bayu.post(address(case_id, "lease/"), {"used": "1"}).json()["holder"] is None
        assert Lease.objects.count() == 0
        leases.take_lease(case_id, actor=holder)
        token = sinta.get(address(case_id, "lease/")).json()["fence"]
    with frozen(moment + LENGTH / 2):
        assert bayu.post(address(case_id, "lease/"), {"used": "1", "lease": token}).json()["mine"] is False
        assert sinta.post(address(case_id, "lease/"), {"lease": token}).json()["left"] == LENGTH.seconds / 2
        assert sinta.post(address(case_id, "lease/"), {"used": "1", "lease": "x"}).json()["left"] == LENGTH.seconds / 2
        kept = sinta.post(address(case_id, "lease/"), {"used": "1", "lease": token}).json()
        assert (kept["mine"], kept["left"], kept["fence"]) == (True, LENGTH.seconds, token)
    with frozen(moment + 2 * LENGTH):
        gone = sinta.post(address(case_id, "lease/"), {"used": "1", "lease": token}).json()
        assert (gone["mine"], gone["fence"], gone["until"]) == (False, None, None)


def test_the_fence_leaves_the_house_for_its_holder_alone(world: World, case_id: int, browser_of: Browser) -> None:
    """The holder never gets the fence number: one greater than 1 would hint at a first vote."""
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    leases.take_lease(case_id, actor=world.reviewers[1])
    own = browser_of(world.reviewers[1]).get(address(case_id, "lease/")).json()
    assert len(own["fence"]) == 40
    assert browser_of(world.reviewers[2]).get(address(case_id, "lease/")).json()["fence"] is None


def test_a_draft_comes_back_to_its_writer_alone_and_ends_with_the_vote(
    world: World, case_id: int, browser_of: Browser
) -> None:
    """Text and choices survive a lost lease, are visible to their writer only, and are deleted by the vote."""
    writer, other, _ = world.reviewers
    sinta, bayu = browser_of(writer), browser_of(other)
    leases.take_lease(case_id, actor=writer)
    form = {"kind": "restrict", "facts": "Iklan jasa <b>terlihat</b>.", "restrict_days": "30", "lease": "secret"}
    assert sinta.post(address(case_id, "draft/"), form).status_code == 204
    assert Draft.objects.get().fields == {"kind": ["restrict"], "facts": [form["facts"]], "restrict_days": ["30"]}
    page = sinta.get(address(case_id)).content.decode()
    assert "Iklan jasa &lt;b&gt;terlihat&lt;/b&gt;." in page
    assert '<option value="30" selected>' in page
    leases.release_lease(case_id, actor=writer)
    leases.take_lease(case_id, actor=other)
    assert "Iklan jasa" not in bayu.get(address(case_id)).content.decode()
    assert "You have a draft on this case" in sinta.get(address(case_id)).content.decode()
    leases.release_lease(case_id, actor=other)
    vote(case_id, DecisionKind.CLOSE, writer)
    assert not Draft.objects.exists()
    late = sinta.post(address(case_id, "draft/"), form)
    assert (late.status_code, late.json()["code"]) == (403, "already_voted")
    assert not Draft.objects.exists()


@pytest.mark.parametrize("fields", [{"facts": "x" * 20_001}, {f"f{n}": "x" for n in range(41)}, {"facts": "a\x00b"}])
def test_a_draft_that_no_form_could_hold_is_refused(
    world: World, case_id: int, browser_of: Browser, fields: dict[str, str]
) -> None:
    """Too long, too many fields or invalid characters: a sentence says so, and nothing is stored."""
    answer = browser_of(world.reviewers[0]).post(address(case_id, "draft/"), fields)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")
    assert not Draft.objects.exists()


def test_a_supervisor_takes_over_with_a_reason(world: World, case_id: int, browser_of: Browser) -> None:
    """The old fence decides nothing, the reason is kept, and the previous holder is hidden like a vote."""
    held = leases.take_lease(case_id, actor=world.reviewers[0])
    wulan = browser_of(world.supervisor)
    assert "Take this case over from Sinta" in wulan.get(address(case_id)).content.decode()
    refused = wulan.post(address(case_id, "take-over/"), {"reason": "sakit"})
    assert refused.status_code == 422
    assert "sakit</textarea>" in refused.content.decode()
    assert Lease.objects.get(released_at__isnull=True).holder_id == world.reviewers[0].person_id
    assert wulan.post(address(case_id, "take-over/"), {"reason": WHY}).status_code == 302
    lease = Lease.objects.get(released_at__isnull=True)
    assert (lease.holder_id, lease.reason, lease.fence) == (world.supervisor.person_id, WHY, held.fence + 1)
    assert LedgerEntry.objects.get(verb="take_over_lease").payload == {"from": world.reviewers[0].person_id}
    assert browser_of(world.reviewers[0]).get(address(case_id, "lease/")).json()["holder"] == "Wulan"
    assert "taken over" not in browser_of(world.reviewers[1]).get(address(case_id)).content.decode()
    again = wulan.post(address(case_id, "take-over/"), {"reason": WHY})
    assert again.status_code == 409
    assert "Nobody else holds this case any more." in again.content.decode()


def test_only_supervisors_take_over(world: World, case_id: int, browser_of: Browser) -> None:
    """A reviewer cannot take over by a forged form, and the page does not offer it."""
    leases.take_lease(case_id, actor=world.reviewers[0])
    bayu = browser_of(world.reviewers[1])
    assert "take-over" not in bayu.get(address(case_id)).content.decode()
    assert bayu.post(address(case_id, "take-over/"), {"reason": WHY}).status_code == 403
    assert Lease.objects.get(released_at__isnull=True).holder_id == world.reviewers[0].person_id
    assert Role.SUPERVISOR not in world.reviewers[1].roles
