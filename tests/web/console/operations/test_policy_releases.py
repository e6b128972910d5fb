"""The page of policy releases: the difference, the button of the second person, and going back."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.test import Client
from tests.factories import World
from tests.policy.conftest import Spoilt, copy_release
from tests.web.console.conftest import Staff

from jaga.adoption import verbs as policy_adoption
from jaga.adoption import verbs as policy_in_force
from jaga.core.actors import CLI, Actor
from jaga.core.terms.outside import AdoptionState
from jaga.core.terms.people import Role
from jaga.figures.reads.health import condition
from jaga.policy import in_force
from jaga.policy.release import release_files
from jaga.store.models import ReleaseAdoption

Open = Callable[[Actor], Client]
WHY = "Banding boleh diajukan lebih lama."


@pytest.fixture
def folder(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Spoilt]:
    made = copy_release(tmp_path)
    monkeypatch.setenv("JAGA_POLICY", str(made.folder))
    policy_adoption.adopt_first_release(release_files(), actor=CLI)
    yield made
    in_force.put_in_force(None)


def proposed(folder: Spoilt, actor: Actor) -> ReleaseAdoption:
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    return policy_adoption.propose_release(release_files(), WHY, actor=actor)


@pytest.mark.django_db
def test_a_second_person_confirms_what_they_read(world: World, folder: Spoilt, staff: Staff, browser_of: Open) -> None:
    """The difference and the reason stand beside the button; the proposer has none, nor has an auditor."""
    proposer, second = staff.by_role[Role.ADMINISTRATOR], staff.by_role[Role.SUPERVISOR]
    row = proposed(folder, proposer)
    address = f"/console/policy/{row.pk}/decide/"
    read = browser_of(second).get("/console/policy/").content.decode()
    assert WHY in read
    assert "appeal_window_days was “184” and becomes “200”." in read
    assert 'value="confirm"' in read
    for other in (proposer, staff.by_role[Role.AUDITOR]):
        assert 'value="confirm"' not in browser_of(other).get("/console/policy/").content.decode()
    assert browser_of(proposer).post(address, {"step": "confirm"}).status_code == 403
    assert browser_of(staff.by_role[Role.AUDITOR]).post(address, {"step": "confirm"}).status_code == 403
    assert browser_of(staff.by_role[Role.REVIEWER]).get("/console/policy/").status_code == 403
    client = browser_of(second)
    assert client.post(address, {"step": "dance"}).status_code == 422
    assert client.post(address, {"step": "refuse", "reason": ""}).status_code == 422
    assert client.post(address, {"step": "confirm"}).status_code == 302
    assert client.post(address, {"step": "confirm"}).status_code == 404
    row.refresh_from_db()
    assert row.state == AdoptionState.IN_FORCE
    shown = client.get(f"/console/policy/?show={row.pk}").content.decode()
    assert "becomes “200”" in shown


@pytest.mark.django_db
def test_one_goes_back_at_once_and_another_confirms(
    world: World, folder: Spoilt, staff: Staff, browser_of: Open
) -> None:
    """With a reason; the page and health say it where nobody confirmed it in time."""
    first = ReleaseAdoption.objects.get()
    row = proposed(folder, staff.by_role[Role.ADMINISTRATOR])
    policy_adoption.confirm_release(row.pk, actor=staff.by_role[Role.SUPERVISOR])
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    address = f"/console/policy/{row.pk}/decide/"
    assert client.post(address, {"step": "back", "hash": first.release.hash, "reason": ""}).status_code == 422
    assert client.post(address, {"step": "back", "hash": "0" * 64, "reason": WHY}).status_code == 404
    assert client.post(address, {"step": "back", "hash": first.release.hash, "reason": WHY}).status_code == 302
    back = ReleaseAdoption.objects.get(state=AdoptionState.IN_FORCE)
    assert back.release == first.release
    assert client.post(f"/console/policy/{back.pk}/decide/", {"step": "confirm-back"}).status_code == 403
    other = browser_of(world.supervisor)
    assert other.post(f"/console/policy/{back.pk}/decide/", {"step": "confirm-back"}).status_code == 302
    assert not condition().release.any


@pytest.mark.django_db
def test_an_edit_in_place_is_shown_and_reported(folder: Spoilt, staff: Staff, browser_of: Open, client: Client) -> None:
    """On the page, the overview and at `/health/ready`."""
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    policy_in_force._reported.at = 0.0
    policy_in_force.follow_release("web")
    told = policy_in_force.folder_hash()[:16]
    reader = browser_of(staff.by_role[Role.SUPERVISOR])
    for page in ("/console/policy/", "/console/overview/"):
        assert told in reader.get(page).content.decode()
    answer = client.get("/health/ready").json()
    assert "policy" in answer["faults"]
    assert answer["policy"]["unjudged_folders"] == [policy_in_force.folder_hash()]


@pytest.mark.django_db
def test_nothing_odd_that_is_sent_is_a_fault_or_changes_anything(
    world: World, folder: Spoilt, staff: Staff, browser_of: Open
) -> None:
    """NUL, signs that turn a line round, long texts, numbers of nothing, unknown steps, and people who may not."""
    first = ReleaseAdoption.objects.get()
    row = proposed(folder, staff.by_role[Role.ADMINISTRATOR])
    client = browser_of(staff.by_role[Role.SUPERVISOR])
    before = ReleaseAdoption.objects.values_list("pk", "state")
    kept = list(before)
    for step in ("back", "refuse", "confirm-back", "dance", "\x00"):
        for text in ("\x00", "\u202e", "x" * 100_000):
            for number in (row.pk, first.pk, 10**15, 10**30):
                sent = client.post(f"/console/policy/{number}/decide/", {"step": step, "hash": text, "reason": text})
                assert 400 <= sent.status_code < 500, (step, text[:9], number, sent.status_code)
    for shown in ("\x00", "-1", "9" * 40, "²", "x"):
        assert client.get("/console/policy/", {"show": shown}).status_code == (400 if shown == "\x00" else 200)
    for role in Role:
        if role not in (Role.SUPERVISOR, Role.ADMINISTRATOR):
            sent = browser_of(staff.by_role[role]).post(f"/console/policy/{row.pk}/decide/", {"step": "confirm"})
            assert sent.status_code in (403, 404), role
    assert list(before.all()) == kept
