"""Handle resolution: which account a report is about if handles can be reassigned."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.casework.screening.test_image_hashes import saved_anew
from tests.factories import CATEGORY, PLATFORM, PNG, World, ballot, make_world, new_request, report, vote

from jaga.authorities.verbs import orders as requests
from jaga.authorities.verbs.orders import RequestRepeated
from jaga.cases.models.cases import Case, Subject
from jaga.cases.models.decisions import Vote
from jaga.cases.models.reports import Evidence, Report
from jaga.cases.reads.reports import identity_of, merged_into, originals_of
from jaga.cases.verbs.accounts import is_resolved
from jaga.cases.verbs.evidence import Upload
from jaga.core.actors import SYSTEM
from jaga.core.cases import CaseState
from jaga.core.clock import now
from jaga.core.errors import InvalidInput
from jaga.core.locators import DID as DID_PATTERN
from jaga.core.platforms import Account, Capabilities, Capability
from jaga.core.terms.cases import DecisionKind, Severity, Step
from jaga.core.terms.reports import IndicatorKind
from jaga.decisions.verbs import voting
from jaga.figures.reads.closed_counts import case_counts
from jaga.people.verbs.api_keys import NotProven
from jaga.policy.release import load_release
from jaga.queue.verbs import leases, linked_accounts
from jaga.reporting.verbs import handle_resolution
from jaga.signals.jobs import hash_waiting_pictures
from jaga.signals.models import AccountIndicator
from jaga.signals.verbs import triage
from jaga.store import vault
from jaga.store.models import LedgerEntry

HANDLE = "rina.test"
A, B = ("did:plc:" + letter * 24 for letter in "ab")


@pytest.fixture
def world(db: None, settings: Any, tmp_path: Path) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"
    return make_world(Capabilities("atproto_pds", {step: Capability(True) for step in Step}, stable_id=DID_PATTERN))


def found(did: str, handle: str = HANDLE) -> Account:
    return Account(PLATFORM, did, handle)


def look_up(case_id: int, owners: dict[str, str]) -> int:
    """The worker's lookup for the case, with the platform's answers for each name; then triage."""
    now_in = case_id
    for asked in handle_resolution.names_to_look_up(case_id):
        did = asked.account_id if asked.account_id.startswith("did:") else owners.get(asked.account_id)
        names = {did: handle for handle, did in owners.items()}
        answer = found(did, names.get(did, "")) if did else None
        now_in = handle_resolution.record_identity(case_id, asked, answer, actor=SYSTEM)
    for one in {case_id, now_in}:
        if Case.objects.get(pk=one).state != CaseState.RESOLVED:
            triage.triage_case(one, actor=SYSTEM)
    return now_in


def filed(account: str, owners: dict[str, str], **changes: Any) -> tuple[int, int]:
    """A report that was looked up and triaged: its number, and its case."""
    made = report(account=account, **changes)
    look_up(made.case_id, owners)
    return made.report_id, Report.objects.get(pk=made.report_id).case_id


def subject_of(case_id: int) -> str:
    return Case.objects.select_related("subject").get(pk=case_id).subject.account_id


def sealed_names(case_id: int) -> list[str]:
    rows = originals_of([Case.objects.get(pk=case_id)])
    return [name.partition("-")[2].partition("-")[2] for name in rows.values_list("name", flat=True)]


def test_a_name_becomes_the_account_that_has_it(world: World) -> None:
    """The case has the stable id and keeps the reported name; both are sealed with the report."""
    number, case_id = filed("https://bsky.app/profile/Rina.test", {HANDLE: A})
    subject = Subject.objects.get()
    assert (subject.account_id, subject.handle) == (A, HANDLE)
    assert sealed_names(case_id) == ["handle.txt", "identity.json"]
    rows = Evidence.objects.filter(report=number).order_by("pk")
    sealed = [vault.unseal(row.sha256, row.key_owner()).decode() for row in rows]
    assert sealed[0] == HANDLE
    assert A in sealed[1]
    assert handle_resolution.names_to_look_up(case_id) == ()
    assert not LedgerEntry.objects.filter(payload__icontains="rina").exists()


def test_columns_say_what_waits_and_where_reports_went(world: World) -> None:
    """Neither the names of originals nor the ledger decide what is done next."""
    waits, by_id = report(account=HANDLE, source="a"), report(account=A, source="b")
    row = Report.objects.get(pk=waits.report_id)
    assert (row.called_as, row.handle_looked_up_at) == (HANDLE, None)
    assert Report.objects.get(pk=by_id.report_id).called_as == ""
    look_up(waits.case_id, {HANDLE: A})
    row.refresh_from_db()
    assert row.called_as == HANDLE
    assert row.handle_looked_up_at is not None
    assert Case.objects.get(pk=waits.case_id).reports_moved_to_id == by_id.case_id
    assert Case.objects.get(pk=by_id.case_id).reports_moved_to_id is None


@pytest.mark.parametrize("names", [(HANDLE, HANDLE), (A, HANDLE), (HANDLE, A), (f"@{HANDLE}", f"at://{A}/x")])
def test_two_reports_of_one_account_are_one_case(world: World, names: tuple[str, str]) -> None:
    """By name or by id, in either order; the second report leaves no case behind."""
    first, second = (filed(name, {HANDLE: A}, source=name) for name in names)
    assert first[1] == second[1]
    assert Subject.objects.count() == Case.objects.count() == 1
    assert Case.objects.get().reports_count == 2


def test_reports_meet_though_the_platform_was_silent_at_first(world: World) -> None:
    """If a case was opened under a name and another by the id, the younger case is merged into the other."""
    waits = report(account=HANDLE, screenshots=(Upload(PNG),), source="a")
    by_id = report(account=A, source="b")
    assert waits.case_id != by_id.case_id
    into = look_up(waits.case_id, {HANDLE: A})
    husk, case = Case.objects.get(pk=waits.case_id), Case.objects.get(pk=by_id.case_id)
    assert into == case.pk
    assert husk.state == CaseState.RESOLVED
    assert husk.reports_count == 0
    assert (case.reports_count, case.sources_count) == (2, 2)
    assert sorted(sealed_names(case.pk)) == ["handle.txt", "identity.json", "screenshot-1"]
    assert sealed_names(husk.pk) == []
    assert merged_into(husk) == case.reference
    assert merged_into(case) == ""
    assert case_counts().total == 1
    assert Report.objects.get(pk=waits.report_id).due_at == waits.due_at


def test_what_waits_is_not_joined_out_of_review_by_a_machine(world: World) -> None:
    """The reports move to the account's case; a person ends the case that they left, and nobody is notified."""
    waits, by_id = report(account=HANDLE, source="a"), report(account=A, source="b")
    for case_id in (waits.case_id, by_id.case_id):
        triage.triage_case(case_id, actor=SYSTEM)
    look_up(waits.case_id, {HANDLE: A})
    assert Case.objects.get(pk=waits.case_id).state == CaseState.IN_REVIEW
    assert Report.objects.get(pk=waits.report_id).case_id == by_id.case_id
    vote(waits.case_id, DecisionKind.DISMISS, world.reviewers[0])
    assert Case.objects.get(pk=waits.case_id).state == CaseState.RESOLVED
    assert Report.objects.get(pk=waits.report_id).letters.count() == 0


def test_whoever_has_the_name_next_is_somebody_else(world: World) -> None:
    """If a name passes from A to B, a new report on it concerns B, even while A's case is open; A's reports stay
    A's.
    """
    first, of_a = filed(HANDLE, {HANDLE: A}, source="a")
    _, of_b = filed(HANDLE, {HANDLE: B}, source="b")
    assert (subject_of(of_a), subject_of(of_b)) == (A, B)
    assert Report.objects.get(pk=first).case_id == of_a
    assert Case.objects.get(pk=of_a).reports_count == 1
    assert sealed_names(of_b) == ["handle.txt", "identity.json"]
    _, again = filed(HANDLE, {HANDLE: B}, source="c")
    assert again == of_b
    assert Case.objects.get(pk=of_b).reports_count == 2


def test_nothing_is_voted_to_a_name_that_nobody_looked_up(world: World) -> None:
    """No measure before the account is known, nor while a further report may concern somebody else."""
    case_id = report(account=HANDLE).case_id
    triage.triage_case(case_id, actor=SYSTEM)
    release, case = load_release(), Case.objects.get(pk=case_id)
    assert not {DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.PRESERVE} & set(
        voting.allowed_decisions(case, release)
    )
    lease = leases.take_lease(case_id, actor=world.reviewers[0])
    with pytest.raises(InvalidInput):
        voting.cast_vote(case_id, lease.fence, ballot(case_id, DecisionKind.CLOSE), actor=world.reviewers[0])
    look_up(case_id, {HANDLE: A})
    assert DecisionKind.CLOSE in voting.allowed_decisions(Case.objects.get(pk=case_id), release)
    report(account=HANDLE, source="b")
    assert not is_resolved(Case.objects.get(pk=case_id).subject)
    assert DecisionKind.CLOSE not in voting.allowed_decisions(Case.objects.get(pk=case_id), release)
    look_up(case_id, {HANDLE: A})
    vote(case_id, DecisionKind.CLOSE, world.reviewers[0])
    voted = vote(case_id, DecisionKind.CLOSE, world.reviewers[1])
    assert voted.state is CaseState.ACTING


def test_a_report_that_came_when_nobody_had_the_name_is_never_about_who_takes_it(world: World) -> None:
    """It stays under the name; a later report concerns whoever has the name then."""
    first, nobodys = filed(HANDLE, {}, source="a")
    assert handle_resolution.names_to_look_up(nobodys) == ()
    second, of_b = filed(HANDLE, {HANDLE: B}, source="b")
    assert (subject_of(nobodys), subject_of(of_b)) == (HANDLE, B)
    assert Report.objects.get(pk=first).case_id == nobodys
    assert Report.objects.get(pk=second).case_id == of_b
    assert DecisionKind.CLOSE not in voting.allowed_decisions(Case.objects.get(pk=nobodys), load_release())


def test_a_case_after_the_end_of_the_first_is_about_the_same_account(world: World) -> None:
    """A report by a name that the account took since is assigned to the account, not to a new one."""
    _, case_id = filed(HANDLE, {HANDLE: A})
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    _, later = filed("baru.test", {"baru.test": A}, source="b")
    assert later != case_id
    assert Case.objects.get(pk=later).subject_id == Case.objects.get(pk=case_id).subject_id
    seen = identity_of(Case.objects.select_related("subject__platform").get(pk=later))
    assert seen is not None
    assert (seen.stable_id, seen.reported_as, seen.late) == (A, HANDLE, False)


def test_a_report_that_only_seemed_to_be_the_old_ones_opens_its_own_case(world: World) -> None:
    """A's case had ended; the report opened a new one on A by assumption, and the whole case turns out to be B's."""
    _, case_id = filed(HANDLE, {HANDLE: A})
    vote(case_id, DecisionKind.DISMISS, world.reviewers[0])
    _, later = filed(HANDLE, {HANDLE: B}, source="b")
    assert subject_of(later) == B
    assert Case.objects.filter(subject__account_id=A).count() == 1


def test_a_case_that_has_a_vote_ends_as_it_is_and_nothing_is_done_in_it(world: World) -> None:
    """If a case on A has a vote and the name turns out to be B's, no measure can be taken against A for what B did."""
    first, second = world.reviewers[:2]
    _, earlier = filed(HANDLE, {HANDLE: A}, category="trafficking")
    for reviewer in (first, second):
        vote(earlier, DecisionKind.DISMISS, reviewer)
    case_id = report(account=HANDLE, category="trafficking", source="b").case_id
    triage.triage_case(case_id, actor=SYSTEM)
    vote(case_id, DecisionKind.DISMISS, first)
    entries = LedgerEntry.objects.count()
    asked = handle_resolution.names_to_look_up(case_id)[0]
    assert handle_resolution.record_identity(case_id, asked, found(B), actor=SYSTEM) == case_id
    assert LedgerEntry.objects.count() == entries
    subject = Case.objects.select_related("subject__platform").get(pk=case_id).subject
    assert subject.account_id == A
    assert not linked_accounts.possible_on(subject, DecisionKind.RESTRICT)
    assert not linked_accounts.possible_on(subject, DecisionKind.PRESERVE)
    vote(case_id, DecisionKind.DISMISS, second)
    assert is_resolved(subject)


def test_categories_stay_apart(world: World) -> None:
    """Two categories on one name are two cases of one account."""
    one, other = report(account=HANDLE), report(account=HANDLE, category="gambling")
    for case_id in (one.case_id, other.case_id):
        look_up(case_id, {HANDLE: A})
    assert {subject_of(one.case_id), subject_of(other.case_id)} == {A}
    assert Subject.objects.count() == 1


def test_an_officers_request_by_name_is_about_the_account_too(world: World) -> None:
    """Requests of authorities are resolved the same way; the same letter by id is recognised as the same."""
    new = replace(new_request(), account=HANDLE, category=CATEGORY)
    first = requests.file_request(new, actor=world.officer)
    look_up(first.case_id, {HANDLE: A})
    assert subject_of(first.case_id) == A
    with pytest.raises(RequestRepeated):
        requests.file_request(new, actor=world.officer)
    with pytest.raises(NotProven):
        requests.file_request(replace(new, account=A), actor=world.officer)


def test_a_linked_account_gets_its_id_and_is_no_account_twice(world: World) -> None:
    """A linked account added by its name gets its id; if that is the reported account, it is removed again."""
    _, case_id = filed(HANDLE, {HANDLE: A})
    why = "Keduanya memberi nomor yang sama di profil."
    other = linked_accounts.link_account(case_id, PLATFORM, "lain.test", why, actor=world.reviewers[0])
    same = linked_accounts.link_account(case_id, PLATFORM, "lama.test", why, actor=world.reviewers[0])
    nobody = linked_accounts.link_account(case_id, PLATFORM, "tiada.test", why, actor=world.reviewers[0])
    case = Case.objects.get(pk=case_id)
    assert not linked_accounts.possible_on(Subject.objects.get(pk=other.subject_id), DecisionKind.CLOSE)
    look_up(case_id, {"lain.test": B, "lama.test": A})
    assert [one.account_id for one in linked_accounts.accounts_of(case)] == [A, B, "tiada.test"]
    assert handle_resolution.names_to_look_up(case_id) == ()
    assert linked_accounts.possible_on(Subject.objects.get(pk=other.subject_id), DecisionKind.CLOSE)
    assert not linked_accounts.possible_on(Subject.objects.get(pk=nobody.subject_id), DecisionKind.CLOSE)
    assert same.link_id != other.link_id


def test_looking_up_twice_changes_nothing(world: World) -> None:
    """Job and periodic task may both run; the result is recorded once."""
    made = report(account=HANDLE)
    asked = handle_resolution.names_to_look_up(made.case_id)[0]
    for _ in range(2):
        handle_resolution.record_identity(made.case_id, asked, found(A), actor=SYSTEM)
    assert sealed_names(made.case_id) == ["handle.txt", "identity.json"]
    handle_resolution.record_identity(made.case_id, asked, found(B), actor=SYSTEM)
    assert subject_of(made.case_id) == A
    assert Report.objects.get().case_id == made.case_id


def test_a_reporters_picture_leaves_nothing_on_any_account(world: World) -> None:
    """Neither under the name nor under the account that it turns out to be."""
    waits = report(account=HANDLE, screenshots=(saved_anew(),), text="Kata yang lain.", source="a")
    hash_waiting_pictures()
    assert not trace_keys(HANDLE)
    look_up(waits.case_id, {HANDLE: A})
    assert Report.objects.get(pk=waits.report_id).subject.account_id == A
    assert not trace_keys(A)


def test_a_case_that_takes_a_victims_report_takes_the_victim_first_way(world: World) -> None:
    """What words or a known picture made of the case that the report leaves also applies to the case that gets it."""
    by_id, waits = report(account=A, source="b"), report(account=HANDLE, source="a")
    Case.objects.filter(pk=waits.case_id).update(
        victim_first=True, victim_state="proposed", severity=Severity.HIGH, score=0.9
    )
    into = look_up(waits.case_id, {HANDLE: A})
    case = Case.objects.get(pk=by_id.case_id)
    assert into == case.pk
    assert (case.victim_first, case.severity) == (True, Severity.HIGH)


def trace_keys(account: str) -> set[bytes]:
    """The picture hashes that an account left."""
    return {
        bytes(key)
        for key in AccountIndicator.objects.filter(
            subject__account_id=account, kind=IndicatorKind.IMAGE, masked__startswith="PDQ"
        ).values_list("key", flat=True)
    }


def test_since_when_an_account_is_there_is_kept_where_the_platform_says_so(world: World) -> None:
    """With the answer about the name; a later lack of an answer does not remove it."""
    moment = datetime(2026, 1, 2, tzinfo=UTC)
    number = report(account=HANDLE).case_id
    for since in (moment, None):
        (asked,) = handle_resolution.names_to_look_up(number) or (Account(PLATFORM, HANDLE),)
        handle_resolution.record_identity(number, asked, replace(found(A), since=since), actor=SYSTEM)
    assert Subject.objects.get(account_id=A).since == moment
    handle_resolution.name_subject(Subject.objects.get().pk, replace(found(B), since=moment), actor=SYSTEM)
    assert Subject.objects.get(account_id=B).since == moment


def test_an_account_that_was_judged_under_its_name_stays_it(world: World) -> None:
    """If the platform names the account only after a first vote, the judged account stays, and the answer is stored
    too.
    """
    made = report(account=HANDLE)
    triage.triage_case(made.case_id, actor=SYSTEM)
    case = Case.objects.get(pk=made.case_id)
    Vote.objects.create(
        case=case,
        person_id=world.reviewers[0].person_id,
        kind="refer",
        accounts=[case.subject_id],
        elements=[],
        policy_hash="0" * 64,
        cast_at=now(),
    )
    look_up(made.case_id, {HANDLE: A})
    assert Subject.objects.get(pk=Case.objects.get(pk=made.case_id).subject_id).account_id == HANDLE
    assert Subject.objects.filter(account_id=A).exists()
