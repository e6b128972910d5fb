"""Several accounts of one holder in a case: linked by hand, decided individually, kept separate in letters and
notices.
"""

from datetime import timedelta
from hashlib import sha256

import pytest
from tests.casework.operator_world import handed_over, make_operator
from tests.factories import (
    ACCOUNT,
    FACTS,
    World,
    ballot,
    carry_through,
    decided_closure,
    in_review,
    new_request,
    observed,
    report,
    resolved_closure,
    rows,
    vote,
)

from jaga.actions.verbs import attempts, verification
from jaga.appeals.reads import statement
from jaga.appeals.verbs import appeals
from jaga.authorities.reads import orders as authority
from jaga.authorities.verbs import disclosures
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, LinkedAccount, Subject
from jaga.cases.models.decisions import Action, Decision, Letter, Statement, Vote
from jaga.cases.models.reports import AuthorityRequest
from jaga.cases.verbs.state import AlreadyVoted
from jaga.core.actors import CLI, HOLDER, PUBLIC, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import IllegalTransition, InvalidInput, NotFound, NotPermitted
from jaga.core.platforms import Capabilities, Capability, Material
from jaga.core.terms.cases import AccountState, ActionState, DecisionKind, OutcomeKind, Step
from jaga.decisions.verbs import voting
from jaga.operators.reads import portal
from jaga.operators.verbs import notices
from jaga.people.models import Organisation
from jaga.people.reads import api_keys as keys
from jaga.people.verbs import api_keys
from jaga.people.verbs.people import NewPlatform, register_platform
from jaga.policy.release import load_release
from jaga.queue.verbs import leases, linked_accounts
from jaga.reporting.reads import followed_reports
from jaga.signals.verbs import triage
from jaga.store.codes import appeal_code
from jaga.store.models import LedgerEntry

CLOSE, RESTRICT, DISMISS = DecisionKind.CLOSE, DecisionKind.RESTRICT, DecisionKind.DISMISS
ELSEWHERE = "rosa@localhost"
WHY = "Kedua akun memberi nomor telepon yang sama."


@pytest.fixture(autouse=True)
def _another_platform(world: World) -> None:
    """A second platform of the same operator that can close but not restrict."""
    operator = Organisation.objects.get(name="Operator Contoh")
    able = {Step.CLOSE: Capability(True), Step.RESTRICT: Capability(False)}
    register_platform(
        NewPlatform("surat", "Surat Contoh", operator.pk, "localhost", Capabilities("prosody", able), practice=True),
        actor=CLI,
    )


def link(case_id: int, world: World, account: str = ELSEWHERE, platform: str = "surat") -> int:
    """Link an account; returns the subject's number."""
    return linked_accounts.link_account(case_id, platform, account, WHY, actor=world.reviewers[2]).subject_id


def reported(case_id: int) -> int:
    return Case.objects.get(pk=case_id).subject_id


def fields(case_id: int, cast: voting.Ballot, actor: Actor) -> dict[str, str]:
    """The refused fields; asserts that nothing changed."""
    fence = leases.take_lease(case_id, actor=actor).fence
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        voting.cast_vote(case_id, fence, cast, actor=actor)
    assert rows() == before
    return {error.field: error.code for error in refusal.value.errors}


def closed_both(world: World, case_id: int) -> tuple[Decision, Decision]:
    """Both accounts closed by two people; the decisions on the reported and on the linked one."""
    both = (reported(case_id), link(case_id, world))
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, accounts=both)
    return Decision.objects.get(subject=both[0]), Decision.objects.get(subject=both[1])


def test_linking_touches_nothing_and_can_be_taken_back(world: World) -> None:
    """No action, no evidence, no other case; the entry has only numbers; after removal it can be added again."""
    case_id = in_review()
    subject = link(case_id, world)
    case = Case.objects.get(pk=case_id)
    assert [account.pk for account in linked_accounts.accounts_of(case)] == [case.subject_id, subject]
    assert not Action.objects.exists()
    assert not case.evidence.exists()
    assert Case.objects.count() == 1
    made = LinkedAccount.objects.get()
    assert LedgerEntry.objects.get(verb="link_account").payload == {"link": made.pk, "subject": subject}
    linked_accounts.unlink_account(case_id, made.pk, actor=world.supervisor)
    assert linked_accounts.accounts_of(case) == (case.subject,)
    with pytest.raises(NotFound):
        linked_accounts.unlink_account(case_id, made.pk, actor=world.supervisor)
    assert link(case_id, world) == subject


@pytest.mark.parametrize(
    ("platform", "account", "why", "code"),
    [
        ("surat", ELSEWHERE, "sama", {"why": "missing"}),
        ("surat", ELSEWHERE, WHY + "\x00", {"why": "not_text"}),
        ("tidak-ada", ELSEWHERE, WHY, {"platform": "unknown"}),
        ("surat", "rosa@lain.example", WHY, {"account": "not_an_account"}),
        ("surat", "", "", {"account": "missing", "why": "missing"}),
        ("obrolan", ACCOUNT, WHY, {"account": "already"}),
    ],
)
def test_a_link_is_refused_by_field(world: World, platform: str, account: str, why: str, code: dict[str, str]) -> None:
    """Without a reason, for an impossible account, or for one that is already in the case; nothing is stored."""
    case_id = in_review()
    before = rows()
    with pytest.raises(InvalidInput) as refusal:
        linked_accounts.link_account(case_id, platform, account, why, actor=world.reviewers[0])
    assert {error.field: error.code for error in refusal.value.errors} == code
    assert rows() == before
    link(case_id, world)
    with pytest.raises(InvalidInput, match="belongs to the case already"):
        link(case_id, world)


def test_a_case_takes_a_few_accounts_only(world: World) -> None:
    """Each account is decided individually, so their number is limited."""
    case_id = in_review()
    for number in range(linked_accounts.MAX_LINKED):
        link(case_id, world, f"rosa{number}@localhost")
    with pytest.raises(InvalidInput, match="At most 10 accounts"):
        link(case_id, world)


def test_who_may_link_and_when(world: World) -> None:
    """Reviewers and supervisors without a vote in this case, while it is in review; nobody else."""
    case_id = in_review()
    for actor in (PUBLIC, SYSTEM, world.officer, world.minister):
        with pytest.raises(NotPermitted):
            linked_accounts.link_account(case_id, "surat", ELSEWHERE, WHY, actor=actor)
    vote(case_id, CLOSE, world.reviewers[0])
    with pytest.raises(AlreadyVoted):  # the words could tell the second voter how the first judged
        linked_accounts.link_account(case_id, "surat", ELSEWHERE, WHY, actor=world.reviewers[0])
    made = linked_accounts.link_account(case_id, "surat", ELSEWHERE, WHY, actor=world.reviewers[1])
    vote(case_id, CLOSE, world.reviewers[1])
    for refused in (
        lambda: linked_accounts.link_account(case_id, "surat", "lain@localhost", WHY, actor=world.supervisor),
        lambda: linked_accounts.unlink_account(case_id, made.link_id, actor=world.supervisor),
    ):
        with pytest.raises(IllegalTransition):
            refused()


def test_each_agreed_account_gets_its_own_decision_statement_and_action(world: World) -> None:
    """In one transaction; each letter names only its own account and platform, and each code opens only its own
    page.
    """
    case_id = in_review()
    first, second = closed_both(world, case_id)
    assert {first.decided_at, second.decided_at} == {first.decided_at}
    assert Action.objects.filter(decision__case_id=case_id, kind="close").count() == 2
    assert first.pk > second.pk  # the newest is what the reporters are told
    for mine, other in ((first, second), (second, first)):
        letter = Statement.objects.get(decision=mine)
        for body in (letter.body_id, letter.body_en):
            assert mine.subject.account_id in body
            assert other.subject.account_id not in body
            assert other.subject.platform.display_name not in body
        held = statement.access_statement(appeal_code(mine.pk))
        assert (held.account, held.platform) == (mine.subject.account_id, mine.subject.platform.display_name)


def test_only_what_both_named_is_acted_on(world: World) -> None:
    """Of two different lists only the common accounts count, as with rooms; the others are not affected."""
    case_id = in_review()
    own, left, right, common = (
        reported(case_id),
        link(case_id, world),
        link(case_id, world, "kiri@localhost"),
        link(case_id, world, "sama@localhost"),
    )
    vote(case_id, CLOSE, world.reviewers[0], accounts=(own, left, common))
    vote(case_id, CLOSE, world.reviewers[1], accounts=(common, right, own))
    assert set(Decision.objects.values_list("subject", flat=True)) == {own, common}
    assert set(Action.objects.values_list("decision__subject", flat=True)) == {own, common}


def test_a_link_of_the_second_person_changes_nothing_for_the_first_vote(world: World) -> None:
    """The sealed vote named the accounts of its time; a later one needs another vote."""
    case_id = in_review()
    own = reported(case_id)
    vote(case_id, CLOSE, world.reviewers[0])
    sealed = Vote.objects.values().get()
    later = linked_accounts.link_account(case_id, "surat", ELSEWHERE, WHY, actor=world.reviewers[1]).subject_id
    vote(case_id, CLOSE, world.reviewers[1], accounts=(own, later))
    assert Vote.objects.filter(pk=sealed["id"]).values().get() == sealed
    assert Decision.objects.get().subject_id == own


def test_an_account_that_was_taken_out_is_not_acted_on(world: World) -> None:
    """Even if the first, sealed vote named it; the second can no longer name it."""
    case_id = in_review()
    own, gone = reported(case_id), link(case_id, world)
    vote(case_id, CLOSE, world.reviewers[0], accounts=(own, gone))
    linked_accounts.unlink_account(case_id, LinkedAccount.objects.get().pk, actor=world.reviewers[1])
    assert fields(case_id, ballot(case_id, CLOSE, accounts=(own, gone)), world.reviewers[1]) == {"accounts": "unknown"}
    vote(case_id, CLOSE, world.reviewers[1], accounts=(own,))
    assert Decision.objects.get().subject_id == own


def test_every_account_is_named_by_hand(world: World) -> None:
    """There is no option for all accounts: unnamed accounts are not affected, and a ballot that names none is
    refused.
    """
    case_id = in_review()
    own, other = reported(case_id), link(case_id, world)
    stranger = Subject.objects.create(
        platform_id=Case.objects.get().subject.platform_id, account_id="@lain:localhost", first_seen_at=now()
    ).pk
    first = world.reviewers[0]
    for named, code in (
        ((), "missing"),
        ((other,), "without_reported"),
        ((own, stranger), "unknown"),
        ((own, 0), "unknown"),
    ):
        assert fields(case_id, ballot(case_id, CLOSE, accounts=named), first) == {"accounts": code}
    vote(case_id, CLOSE, first)
    vote(case_id, CLOSE, world.reviewers[1])
    assert [made.subject_id for made in Decision.objects.all()] == [own]


def test_a_measure_must_be_possible_on_each_account(world: World) -> None:
    """The refusal names the account whose platform cannot do it; without that account the vote is accepted."""
    case_id = in_review()
    own, other = reported(case_id), link(case_id, world)
    fence = leases.take_lease(case_id, actor=world.reviewers[0]).fence
    with pytest.raises(InvalidInput, match=f"{ELSEWHERE}: Surat Contoh cannot do this"):
        voting.cast_vote(case_id, fence, ballot(case_id, RESTRICT, accounts=(own, other)), actor=world.reviewers[0])
    vote(case_id, RESTRICT, world.reviewers[0], accounts=(own,))
    assert Decision.objects.get().subject_id == own


def test_a_dismissal_is_of_the_report_alone(world: World) -> None:
    """A dismissal takes one person as before, with or without linked accounts; no other account is judged by it."""
    case_id = in_review()
    own, other = reported(case_id), link(case_id, world)
    assert fields(case_id, ballot(case_id, DISMISS, accounts=(own, other)), world.reviewers[0]) == {
        "accounts": "not_allowed"
    }
    assert vote(case_id, DISMISS, world.reviewers[0], legal_basis="", facts="").state is CaseState.RESOLVED
    assert Decision.objects.get().subject_id == own


def test_the_facts_name_no_other_account(world: World) -> None:
    """Each holder reads the facts, and none may learn about another account."""
    case_id = in_review()
    own, other = reported(case_id), link(case_id, world)
    first = world.reviewers[0]
    for facts, named in ((f"{FACTS} Juga {ELSEWHERE.upper()}.", (own,)), (f"{ACCOUNT} menawarkan jasa.", (own, other))):
        assert fields(case_id, ballot(case_id, CLOSE, facts=facts, accounts=named), first) == {
            "facts": "names_an_account"
        }
    vote(case_id, CLOSE, first, facts=f"{ACCOUNT} menawarkan jasa.", accounts=(own,))


def test_rooms_are_of_the_reported_account_alone(world: World) -> None:
    """Rooms belong to one platform; a linked account's messages are not affected."""
    case_id = in_review()
    both = (reported(case_id), link(case_id, world))
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, accounts=both, rooms=("!a:localhost",))
    redaction = Decision.objects.get(kind=DecisionKind.REDACT)
    assert redaction.subject_id == both[0]
    assert [(made.kind, made.subject_id) for made in Decision.objects.order_by("pk")] == [
        ("close", both[1]),
        ("redact", both[0]),
        ("close", both[0]),
    ]


@pytest.mark.parametrize("category", ["trafficking", "child_protection"])
def test_a_victim_first_case_closes_no_linked_account(world: World, category: str) -> None:
    """The limits apply to every account of the case, and each takes two people."""
    case_id = in_review(category=category, text="")
    both = (reported(case_id), link(case_id, world, "@rosa:localhost", "obrolan"))
    assert fields(case_id, ballot(case_id, CLOSE, accounts=both), world.reviewers[0]) == {"kind": "not_allowed"}
    assert vote(case_id, RESTRICT, world.reviewers[0], accounts=both).state is CaseState.SECOND_VOTE
    vote(case_id, RESTRICT, world.reviewers[1], accounts=both)
    assert Decision.objects.filter(kind=RESTRICT, seconded_by__isnull=False).count() == 2


def test_a_supervisor_settles_account_by_account(world: World) -> None:
    """A closure needs a second vote for each account; what only the supervisor names is not closed."""
    case_id = in_review()
    own, agreed, alone = reported(case_id), link(case_id, world), link(case_id, world, "lain@localhost")
    vote(case_id, CLOSE, world.reviewers[0], accounts=(own, agreed))
    vote(case_id, RESTRICT, world.reviewers[1])
    vote(case_id, CLOSE, world.supervisor, accounts=(own, agreed, alone))
    assert {made.subject_id: made.seconded_by_id for made in Decision.objects.all()} == {
        own: world.reviewers[0].person_id,
        agreed: world.reviewers[0].person_id,
    }


def test_a_supervisor_restricts_alone_what_one_person_may(world: World) -> None:
    """The people who agreed are recorded for the accounts that they named, and for no others."""
    case_id = in_review()
    own, alone = reported(case_id), link(case_id, world, "@rosa:localhost", "obrolan")
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, RESTRICT, world.reviewers[1], restrict_days=90)
    vote(case_id, RESTRICT, world.supervisor, accounts=(own, alone), restrict_days=7)
    made = {row.subject_id: row for row in Decision.objects.all()}
    assert (made[own].seconded_by_id, made[alone].seconded_by_id) == (world.reviewers[1].person_id, None)
    assert made[own].ends_at == made[own].decided_at + timedelta(days=7)


def test_a_supervisor_restricts_for_longer_only_what_another_named_too(world: World) -> None:
    """More than a week takes two people for each account."""
    case_id = in_review()
    own, alone = reported(case_id), link(case_id, world, "@rosa:localhost", "obrolan")
    vote(case_id, CLOSE, world.reviewers[0])
    vote(case_id, RESTRICT, world.reviewers[1], restrict_days=90)
    vote(case_id, RESTRICT, world.supervisor, accounts=(own, alone), restrict_days=30)
    assert {row.subject_id: row.seconded_by_id for row in Decision.objects.all()} == {own: world.reviewers[1].person_id}


def test_a_restriction_ends_when_the_ballot_says(world: World) -> None:
    """Counted from the decision, with a duration of the policy's list, and only for a restriction."""
    case_id, first = in_review(), world.reviewers[0]
    for kind, days in ((RESTRICT, 8), (RESTRICT, 0), (CLOSE, 7), (DISMISS, 7)):
        assert fields(case_id, ballot(case_id, kind, restrict_days=days), first) == {"restrict_days": "not_allowed"}
    moment = now()
    with frozen(moment):
        vote(case_id, RESTRICT, first, restrict_days=7)
    assert Decision.objects.get().ends_at == moment + timedelta(days=7)
    other = in_review(account="@kenanga:localhost")
    for voter in world.reviewers[:2]:
        vote(other, RESTRICT, voter, restrict_days=None)
    assert Decision.objects.order_by("pk").last().ends_at is None  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("category", "one", "two", "ends"),
    [
        ("fraud", 90, 7, 7),
        ("fraud", None, 30, 30),
        ("fraud", 30, None, 30),
        ("fraud", None, None, None),
        ("trafficking", 7, 30, 7),
    ],
)
def test_of_two_lengths_the_shorter_counts(
    world: World, category: str, one: int | None, two: int | None, ends: int | None
) -> None:
    """No end counts as the longest."""
    assert set(load_release().enforcement.restriction_days) >= {7, 30, 90}
    case_id = in_review(category=category)
    vote(case_id, RESTRICT, world.reviewers[0], restrict_days=one)
    vote(case_id, RESTRICT, world.reviewers[1], restrict_days=two)
    made = Decision.objects.get()
    assert made.ends_at == (made.decided_at + timedelta(days=ends) if ends else None)


def test_a_stuck_account_does_not_hold_up_the_others(world: World) -> None:
    """One is refused by its platform and waits for a person; the other is closed, verified and done."""
    case_id = in_review()
    first, second = closed_both(world, case_id)
    attempts.mark_stuck(Action.objects.get(decision=second).pk, OutcomeKind.REFUSED, actor=SYSTEM)
    carry_through(case_id)
    assert Action.objects.get(decision=first).state == ActionState.DONE
    assert Action.objects.get(decision=second).state == ActionState.STUCK
    assert Case.objects.get().state == CaseState.ACTING
    attempts.end_stuck(
        Action.objects.get(decision=second).pk, "Akun itu tidak ada lagi di sana.", actor=world.supervisor
    )
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.get().key == "reporter_close"  # of the account that was reported, which is closed


def test_restoring_one_account_leaves_the_other_closed(world: World) -> None:
    """Each appeal concerns its own account; reporters of the other one are not told about it."""
    case_id = in_review()
    first, second = closed_both(world, case_id)
    carry_through(case_id)
    letters = Letter.objects.count()
    appeal = appeals.file_appeal(appeal_code(second.pk), "Akun itu bukan milik saya.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Benar, orang lain.", actor=world.reviewers[2])
    restoring = Decision.objects.get(overturns=second)
    assert restoring.subject == second.subject
    assert [(task.account.account_id, task.kind) for task in attempts.open_tasks(case_id)] == [(ELSEWHERE, "restore")]
    carry_through(case_id)
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.count() == letters
    assert statement.access_statement(appeal_code(second.pk)).restored
    assert not statement.access_statement(appeal_code(first.pk)).restored
    assert not Decision.objects.filter(overturns=first).exists()
    closure = Action.objects.get(decision=first)
    assert verification.record_verification(closure.pk, observed(AccountState.CLOSED), actor=SYSTEM) == "confirmed"


def test_an_officer_sees_the_outcome_of_the_account_they_asked_about(world: World) -> None:
    """The linked account's stuck closure, and later its restoration, do not change what the officer is told."""
    filed = requests.file_request(new_request(), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    officer = keys.officer_by_key(api_keys.issue_officer_key(world.officer.person_id or 0, actor=CLI).secret)
    first, second = closed_both(world, filed.case_id)
    carry_through(filed.case_id)
    appeal = appeals.file_appeal(appeal_code(second.pk), "Akun itu bukan milik saya.", actor=HOLDER)
    appeals.decide_appeal(appeal.pk, overturn=True, reasons="Benar, orang lain.", actor=world.reviewers[2])
    carry_through(filed.case_id)
    seen = authority.access_request(filed.report_id, officer)
    assert seen.outcome is not None
    assert (seen.outcome.decision, seen.outcome.verified) == (CLOSE, True)
    shown = repr(seen)
    assert ELSEWHERE not in shown
    assert "Surat Contoh" not in shown
    assert [letter.key for letter in seen.letters] == ["officer_decision"]
    assert first.subject.account_id in shown


def test_a_reporter_reads_of_their_own_account_only(world: World) -> None:
    """Page and letters name only the account that they reported."""
    filed = report()
    triage.triage_case(filed.case_id, actor=SYSTEM)
    closed_both(world, filed.case_id)
    carry_through(filed.case_id)
    seen = followed_reports.access_report(filed.receipt)
    assert seen.account == ACCOUNT
    assert seen.letters
    assert ELSEWHERE not in repr(seen)
    assert "Surat Contoh" not in repr(seen)


def test_an_export_holds_nothing_of_a_linked_account(world: World) -> None:
    """Neither its name nor its preserved content nor its entries: the police's request names one account."""
    filed = requests.file_request(new_request(wants_export=True, court_order="12/Pen.Pid/2026"), actor=world.officer)
    triage.triage_case(filed.case_id, actor=SYSTEM)
    first, second = closed_both(world, filed.case_id)
    for decision, name in ((first, b'{"name":"Mawar"}'), (second, b'{"name":"Rosa"}')):
        attempts.record_material(
            Action.objects.get(decision=decision).pk,
            (Material("profile.json", "application/json", name),),
            actor=SYSTEM,
        )
    carry_through(filed.case_id)
    made = disclosures.make_export(AuthorityRequest.objects.get().pk, actor=world.supervisor)
    inside = b"".join(path.read_bytes() for path in made.folder.rglob("*") if path.is_file())
    assert b"Mawar" in inside
    for other in (b"Rosa", ELSEWHERE.encode(), b"surat", b"link_account"):
        assert other not in inside, other
    assert b"linked-account" not in b"".join(str(path).encode() for path in made.folder.rglob("*"))


def test_an_operator_gets_no_hash_of_another_account(world: World) -> None:
    """If only hashes are shown to protect a victim, each operator sees those of the account it is asked about."""
    first, second = make_operator("satu"), make_operator("dua")
    case_id = in_review(category="trafficking", platform=first.platform, account="tamu-1")
    both = reported(case_id), link(case_id, world, "tamu-2", second.platform)
    for reviewer in world.reviewers[:2]:
        vote(case_id, RESTRICT, reviewer, accounts=both)
    shown = {}
    for subject, operator in zip(both, (first, second), strict=True):
        action = Action.objects.get(decision__subject=subject).pk
        attempts.record_material(
            action, (Material("profile.json", "application/json", operator.platform.encode()),), actor=SYSTEM
        )
        notice = handed_over(action)
        notices.open_notice(notice.pk, actor=operator.contact)
        shown[operator.platform] = (notice.pk, operator.contact)
    for platform, (notice_id, contact) in shown.items():
        seen = portal.access_opened(notice_id, actor=contact)
        assert seen.hashes == (sha256(platform.encode()).hexdigest(),)


def test_a_case_without_links_is_as_before(world: World) -> None:
    """One account, one decision, one action."""
    assert Action.objects.get(decision__case_id=decided_closure(world)).decision.subject.account_id == ACCOUNT
    resolved_closure(world, account="@kenanga:localhost")
    assert Decision.objects.count() == 2


def test_a_stuck_account_keeps_nobody_waiting(world: World) -> None:
    """While the linked account is stuck, the reporter gets the answer and the other holder's appeal succeeds."""
    case_id = in_review()
    linked = link(case_id, world)
    for reviewer in world.reviewers[:2]:
        vote(case_id, CLOSE, reviewer, accounts=(reported(case_id), linked))
    stuck = Action.objects.get(decision__subject_id=linked)
    attempts.start_attempt(stuck.pk, actor=SYSTEM)
    attempts.mark_stuck(stuck.pk, OutcomeKind.REFUSED, actor=SYSTEM)
    own = Decision.objects.get(subject_id=reported(case_id))
    appeal = appeals.file_appeal(appeal_code(own.pk), "Bukan saya yang menulis.", actor=HOLDER)
    answer = {"overturn": True, "reasons": "Akun orang lain."}
    with pytest.raises(IllegalTransition):  # its own closure is still under way
        appeals.decide_appeal(appeal.pk, **answer, actor=world.reviewers[2])
    carry_through(case_id)
    assert list(Letter.objects.values_list("key", flat=True)) == ["reporter_close"]
    assert appeals.decide_appeal(appeal.pk, **answer, actor=world.reviewers[2]) is CaseState.ACTING
    carry_through(case_id)
    assert list(Letter.objects.order_by("pk").values_list("key", flat=True)) == ["reporter_close", "reporter_restore"]
    attempts.end_stuck(stuck.pk, "Akun ini sudah tidak ada.", actor=world.supervisor)
    assert Case.objects.get().state == CaseState.RESOLVED
    assert Letter.objects.count() == 2
