"""A policy release comes into force by two people and on record, and no process works under another."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.http import HttpResponse
from django.test import RequestFactory
from tests.factories import World, in_review, make_world, vote
from tests.policy.conftest import Spoilt, copy_release
from tests.roles import acting_as

from jaga.adoption import verbs
from jaga.adoption import verbs as policy_in_force
from jaga.adoption.reads import release_alarms
from jaga.adoption.verbs import follow_release
from jaga.cases.models.decisions import Vote
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, NotFound, NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import AdoptionKind, AdoptionState
from jaga.core.terms.people import Role
from jaga.operators.models import OutgoingMail
from jaga.people.verbs.people import NewPerson, actor_for, create_person, deactivate_person
from jaga.policy import in_force
from jaga.policy.in_force import ReleaseNotInForce, one_release
from jaga.policy.local_time import local_zone
from jaga.policy.problems import PolicyError
from jaga.policy.release import jurisdiction, load_release, release_files
from jaga.quality.verbs import canary_cases as release_alarm_mail
from jaga.quality.verbs.canary_cases import call_for_release_alarms, call_me_at
from jaga.store.models import LedgerEntry, ReleaseAdoption, ReleaseInUse, StoredRelease
from jaga.web.middleware import NOT_IN_FORCE, OneReleaseMiddleware

WHY = "Batas waktu banding diperpanjang."


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world()


@pytest.fixture(autouse=True)
def nothing_looked_up() -> Iterator[None]:
    """What this process works under goes with each test."""
    policy_in_force._reported.__init__()  # type: ignore[misc]
    yield
    policy_in_force._reported.__init__()  # type: ignore[misc]
    in_force.put_in_force(None)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spoilt:
    """The folder of the installation, whose release the first start adopted."""
    made = copy_release(tmp_path)
    monkeypatch.setenv("JAGA_POLICY", str(made.folder))
    verbs.adopt_first_release(release_files(), actor=CLI)
    return made


def another(world: World, role: Role = Role.SUPERVISOR) -> Actor:
    house = world.supervisor.organisation_id or 0
    return actor_for(create_person(NewPerson(f"lain-{role}", "Lain", house, (role,)), actor=CLI))


def edited(folder: Spoilt) -> dict[str, bytes]:
    """The folder with a longer window for appeals."""
    folder.change("enforcement.yaml", "appeal_window_days: 184", "appeal_window_days: 200")
    return release_files(folder.folder)


def said() -> list[str]:
    verbs_said = LedgerEntry.objects.order_by("pk").values_list("verb", flat=True)
    return [verb for verb in verbs_said if "release" in verb or verb == "confirm_going_back"]


def test_the_first_start_adopts_the_folder_once(db: None, folder: Spoilt) -> None:
    """As *bootstrap*, with an entry; what the folder holds at later starts is an offer."""
    row = ReleaseAdoption.objects.get()
    assert (row.kind, row.state, row.proposed_by) == (AdoptionKind.BOOTSTRAP, AdoptionState.IN_FORCE, None)
    assert json.loads(row.release.files)["release.yaml"] == (folder.folder / "release.yaml").read_text()
    assert verbs.adopt_first_release(edited(folder), actor=CLI) is None
    assert said() == ["bootstrap_release"]
    entry = LedgerEntry.objects.get(verb="bootstrap_release")
    assert entry.payload == {"adoption": row.pk, "sha256": row.release.hash, "before": ""}


def test_two_people_adopt_a_release(world: World, folder: Spoilt) -> None:
    """The first's own confirmation counts for nothing, and nothing changes before the second's."""
    files, before = edited(folder), ReleaseAdoption.objects.get()
    row = verbs.propose_release(files, WHY, actor=world.supervisor)
    assert follow_release("worker") == 1
    assert load_release().hash == before.release.hash
    with pytest.raises(verbs.OwnProposal):
        verbs.confirm_release(row.pk, actor=world.supervisor)
    for stranger in (world.reviewers[0], world.officer):
        with pytest.raises(NotPermitted):
            verbs.confirm_release(row.pk, actor=stranger)
    verbs.confirm_release(row.pk, actor=another(world, Role.ADMINISTRATOR))
    before.refresh_from_db()
    assert before.state == AdoptionState.REPLACED
    assert follow_release("worker") == 1
    assert load_release().hash == row.release.hash
    assert follow_release("worker") == 0
    assert said() == ["bootstrap_release", "propose_release", "adopt_release"]
    with pytest.raises(NotFound):
        verbs.confirm_release(row.pk, actor=another(world))


def test_a_broken_release_is_refused_and_not_stored(world: World, folder: Spoilt) -> None:
    """With its faults by file and line."""
    folder.change("enforcement.yaml", "appeal_window_days: ", "appeal_window_days: -")
    with pytest.raises(PolicyError) as refused:
        verbs.propose_release(release_files(folder.folder), WHY, actor=world.supervisor)
    assert refused.value.problems[0].file == "enforcement.yaml"
    assert StoredRelease.objects.count() == ReleaseAdoption.objects.count() == 1


@pytest.mark.parametrize("fault", ["reason", "role", "same", "second"])
def test_what_is_proposed_is_asked_of(world: World, folder: Spoilt, fault: str) -> None:
    """A reason, a role, another release than the one in force, and one at a time."""
    files = release_files() if fault == "same" else edited(folder)
    if fault == "second":
        verbs.propose_release(files, WHY, actor=world.supervisor)
        (folder.folder / "release.yaml").write_text((folder.folder / "release.yaml").read_text() + "# lagi\n")
        files = release_files()
    refusal = {
        "reason": InvalidInput,
        "role": NotPermitted,
        "same": verbs.AlreadyInForce,
        "second": verbs.AnotherProposed,
    }[fault]
    with pytest.raises(refusal):
        verbs.propose_release(
            files, "" if fault == "reason" else WHY, actor=world.reviewers[0] if fault == "role" else world.supervisor
        )


@pytest.mark.parametrize("lapse", ["day", "person", "other"])
def test_a_proposal_does_not_outlive_what_it_rests_on(
    world: World, folder: Spoilt, lapse: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day, the proposer's right, and the release that the difference was shown to."""
    second, third = another(world), another(world, Role.ADMINISTRATOR)
    first = ReleaseAdoption.objects.get().release.hash
    if lapse == "other":
        verbs.confirm_release(verbs.propose_release(edited(folder), WHY, actor=third).pk, actor=second)
        (folder.folder / "release.yaml").write_text((folder.folder / "release.yaml").read_text() + "# lagi\n")
    row = verbs.propose_release(edited(folder) if lapse != "other" else release_files(), WHY, actor=world.supervisor)
    if lapse == "day":
        later = now() + timedelta(days=1, seconds=1)
        monkeypatch.setattr(verbs, "now", lambda: later)
    if lapse == "person":
        deactivate_person(world.supervisor.person_id or 0, actor=CLI)
    if lapse == "other":
        verbs.go_back_to_release(first, WHY, actor=world.supervisor)
    refusal = {"day": verbs.TooLate, "person": verbs.ProposerGone, "other": verbs.ReleaseOutdated}[lapse]
    with pytest.raises(refusal):
        verbs.confirm_release(row.pk, actor=second)
    if lapse == "day":
        assert verbs.lapse_proposals(actor=SYSTEM) == 1
        assert said()[-1] == "release_lapsed"


def test_a_proposal_is_refused_with_a_reason(world: World, folder: Spoilt) -> None:
    """For good; the same files can be proposed again."""
    row, second = verbs.propose_release(edited(folder), WHY, actor=world.supervisor), another(world)
    with pytest.raises(InvalidInput):
        verbs.refuse_release(row.pk, " ", actor=second)
    verbs.refuse_release(row.pk, "Belum dibaca oleh bagian hukum.", actor=second)
    with pytest.raises(NotFound):
        verbs.confirm_release(row.pk, actor=second)
    assert verbs.propose_release(release_files(), WHY, actor=world.supervisor).pk != row.pk
    assert said()[-2:] == ["refuse_release", "propose_release"]


def test_one_supervisor_goes_back_and_another_confirms(
    world: World, folder: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At once, only to what was in force; unconfirmed after a day it is an alarm."""
    second, first = another(world), ReleaseAdoption.objects.get().release.hash
    row = verbs.propose_release(edited(folder), WHY, actor=second)
    with pytest.raises(verbs.NeverInForce):
        verbs.go_back_to_release(row.release.hash, WHY, actor=world.supervisor)
    verbs.confirm_release(row.pk, actor=world.supervisor)
    with pytest.raises(NotPermitted):
        verbs.go_back_to_release(first, WHY, actor=another(world, Role.ADMINISTRATOR))
    with pytest.raises(InvalidInput):
        verbs.go_back_to_release(first, "", actor=world.supervisor)
    back = verbs.go_back_to_release(first, WHY, actor=world.supervisor)
    follow_release("worker")
    assert load_release().hash == first
    assert not release_alarms().unconfirmed
    with monkeypatch.context() as patched:
        later = now() + timedelta(days=1, seconds=1)
        patched.setattr("jaga.adoption.reads.now", lambda: later)
        assert release_alarms().unconfirmed
    with pytest.raises(verbs.OwnProposal):
        verbs.confirm_going_back(back.pk, actor=world.supervisor)
    verbs.confirm_going_back(back.pk, actor=second)
    assert said()[-2:] == ["go_back_to_release", "confirm_going_back"]


@pytest.mark.parametrize("fault", ["readable", "role", "reason", "broken", "place", "none"])
def test_an_emergency_is_only_one_where_nothing_can_be_loaded(
    world: World, folder: Spoilt, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One person then puts another release into force; it is an alarm until a second confirmed it."""
    second, before = another(world, Role.ADMINISTRATOR), ReleaseAdoption.objects.get()
    files = edited(folder)
    if fault == "broken":
        files["enforcement.yaml"] = b"appeal_window_days: many"
    if fault == "place":
        files["jurisdiction.yaml"] = files["jurisdiction.yaml"].replace(b"code: ID", b"code: TL")
    load = verbs.load_stored

    def of_a_later_version(stored: StoredRelease) -> Any:
        if stored.pk == before.release_id:
            raise policy_in_force.AdoptedUnreadable(hash=stored.hash[:16], why="release.yaml, line 1")
        return load(stored)

    if fault != "readable":
        monkeypatch.setattr(verbs, "load_stored", of_a_later_version)
    actor = world.reviewers[0] if fault == "role" else world.supervisor
    refusal = {
        "readable": verbs.StillReadable,
        "role": NotPermitted,
        "reason": InvalidInput,
        "broken": PolicyError,
        "place": policy_in_force.OtherJurisdiction,
    }.get(fault)
    if refusal:
        with pytest.raises(refusal):
            verbs.replace_unreadable_release(files, " " if fault == "reason" else WHY, actor=actor)
        assert ReleaseAdoption.objects.get() == before
        return
    made = verbs.replace_unreadable_release(files, WHY, actor=actor)
    follow_release("worker")
    assert load_release().hash == made.release.hash
    later = now() + timedelta(days=1, seconds=1)
    monkeypatch.setattr("jaga.adoption.reads.now", lambda: later)
    assert release_alarms().unconfirmed
    with pytest.raises(verbs.OwnProposal):
        verbs.confirm_going_back(made.pk, actor=world.supervisor)
    verbs.confirm_going_back(made.pk, actor=second)
    assert not release_alarms().unconfirmed
    assert said() == ["bootstrap_release", "replace_unreadable_release", "confirm_going_back"]


def test_a_release_of_another_place_is_refused(world: World, folder: Spoilt) -> None:
    """Deadlines and published figures rest on its days."""
    folder.change("jurisdiction.yaml", "code: ID", "code: TL")
    with pytest.raises(policy_in_force.OtherJurisdiction):
        verbs.propose_release(release_files(), WHY, actor=world.supervisor)


def test_days_and_zones_are_those_of_the_adopted_release(world: World, folder: Spoilt) -> None:
    """Not those of the folder, which anybody with a shell edits."""
    follow_release("worker")
    folder.change("jurisdiction.yaml", "  zone: Asia/Jakarta\n", "  zone: Asia/Makassar\n")
    assert str(local_zone()) == jurisdiction().time.zone == "Asia/Jakarta"
    verbs.confirm_release(verbs.propose_release(release_files(), WHY, actor=world.supervisor).pk, actor=another(world))
    follow_release("worker")
    assert str(local_zone()) == jurisdiction().time.zone == "Asia/Makassar"


def test_an_edit_in_place_changes_nothing_and_is_an_alarm(world: World, folder: Spoilt) -> None:
    """The process goes on under what was adopted; health and console name the folder until somebody judges it."""
    follow_release("worker")
    hash_before = load_release().hash
    assert not release_alarms().any
    edited(folder)
    policy_in_force._reported.at = 0.0  # as if its seconds were over
    follow_release("worker")
    assert load_release().hash == hash_before
    assert release_alarms().folders == (policy_in_force.folder_hash(),)
    row = verbs.propose_release(release_files(), WHY, actor=world.supervisor)
    assert not release_alarms().any
    verbs.refuse_release(row.pk, "Itu bukan perubahan kami.", actor=world.supervisor)
    assert not release_alarms().any


def test_an_alarm_is_mailed_once_a_day(world: World, folder: Spoilt, monkeypatch: pytest.MonkeyPatch) -> None:
    """To whoever watches and gave an address; it says only that something waits, and where."""
    second = another(world, Role.ADMINISTRATOR)
    call_me_at("jaga@contoh.example", actor=world.supervisor)
    call_me_at("admin@contoh.example", actor=second)
    follow_release("worker")
    assert call_for_release_alarms() == 0
    edited(folder)
    policy_in_force._reported.at = 0.0  # as if its seconds were over
    follow_release("worker")
    assert (call_for_release_alarms(), call_for_release_alarms()) == (2, 0)
    mail = OutgoingMail.objects.first()
    assert mail is not None
    assert "/console/policy/" in mail.body
    assert policy_in_force.folder_hash() not in mail.body
    later = now() + timedelta(days=1)
    monkeypatch.setattr(release_alarm_mail, "now", lambda: later)
    assert call_for_release_alarms() == 2


def test_a_process_under_another_release_is_an_alarm(
    world: World, folder: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the seconds in which each may follow."""
    follow_release("worker")
    ReleaseInUse.objects.create(process="worker lama 7", hash="1" * 64, seen_at=now(), folder_hash=load_release().hash)
    assert release_alarms().processes == ()
    monkeypatch.setattr("jaga.adoption.reads.FOLLOWS_WITHIN", timedelta())
    assert release_alarms().processes == ("worker lama 7",)


def test_the_database_refuses_a_vote_under_another_release(world: World, folder: Spoilt) -> None:
    """Whatever a process believes: a vote names the release in force, or one replaced within the last minute."""
    case_id = in_review()
    edited(folder)
    in_force.put_in_force(load_release(folder.folder))
    with pytest.raises(DatabaseError, match=NOT_IN_FORCE) as refused, transaction.atomic():
        vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    answer = OneReleaseMiddleware(lambda request: HttpResponse()).process_exception(
        RequestFactory().post("/api/v1/requests"), refused.value
    )
    assert answer is not None
    assert answer.status_code == 503
    assert not Vote.objects.exists()
    follow_release("worker")
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])


def test_a_damaged_release_stops_what_rests_on_rules(
    world: World, folder: Spoilt, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is answered by other rules instead, and health names the process."""
    monkeypatch.setattr(policy_in_force, "content_hash", lambda files: "0" * 64)
    for _ in range(2):
        with pytest.raises(policy_in_force.StoredReleaseDamaged):
            follow_release("web")
    with pytest.raises(ReleaseNotInForce):
        load_release()
    assert release_alarms().processes == (policy_in_force.process_name("web"),)


def test_a_request_sees_one_release_from_beginning_to_end(world: World, folder: Spoilt) -> None:
    """Or its words would be of one and its hash of another."""
    follow_release("web")
    before = load_release().hash
    with one_release():
        in_force.put_in_force(load_release(Path(folder.folder)) if edited(folder) else None)
        assert load_release().hash == before
    assert load_release().hash != before


def _unconfirmed(row: ReleaseAdoption, person_id: int | None) -> None:
    ReleaseAdoption.objects.create(
        kind=AdoptionKind.ADOPTION,
        state=AdoptionState.IN_FORCE,
        release=row.release,
        before=row.release,
        reason="x",
        proposed_at=now(),
        proposed_by_id=person_id,
        confirm_until=now(),
        in_force_at=now(),
    )


@pytest.mark.parametrize("change", ["files", "reason", "state", "delete", "alone"])
def test_the_record_cannot_be_edited(world: World, folder: Spoilt, change: str) -> None:
    """Not even by whoever owns the tables, short of removing the guard."""
    row = ReleaseAdoption.objects.get()
    edits: dict[str, Callable[[], object]] = {
        "files": lambda: StoredRelease.objects.update(files="{}"),
        "reason": lambda: ReleaseAdoption.objects.update(reason="Lain"),
        "state": lambda: ReleaseAdoption.objects.update(state=AdoptionState.PROPOSED, in_force_at=None),
        "delete": lambda: ReleaseAdoption.objects.all().delete(),
        "alone": lambda: _unconfirmed(row, world.supervisor.person_id),
    }
    with pytest.raises(IntegrityError), transaction.atomic():
        edits[change]()


def test_the_parts_have_the_rights_that_they_need(world: World, folder: Spoilt, database_roles: object) -> None:
    """The worker follows and lets lapse; the web server confirms; neither stores a release."""
    second = another(world)
    row = verbs.propose_release(edited(folder), WHY, actor=world.supervisor)
    with acting_as("worker"):
        follow_release("worker")
        verbs.lapse_proposals(actor=SYSTEM)
    with acting_as("web"):
        verbs.confirm_release(row.pk, actor=second)
        follow_release("web")
