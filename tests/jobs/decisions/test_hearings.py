"""An under-age account: its holder is asked first, by a letter that was seen to arrive; then two people decide.

Nobody closes somebody else's account by claiming to be the parent: not alone, not in bulk, not before 14 days, not
without reading the answer, and not if the letter did not arrive.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from tests.factories import ACCOUNT, FACTS, World, ballot, in_review, report, vote
from tests.platforms.fake import FakePlatform

from jaga.actions import jobs as job
from jaga.cases.models.cases import Case, Platform
from jaga.cases.models.decisions import Action, Decision, Statement, Strike, Vote
from jaga.cases.models.reports import Evidence
from jaga.cases.verbs.letters import text_for_holder
from jaga.core.actors import HOLDER
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.cases import AccountState, DecisionKind
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReporterCapacity
from jaga.decisions.jobs import deliver_letters
from jaga.decisions.models import Hearing, HearingAnswer
from jaga.decisions.reads import access_hearing, hearing_of
from jaga.decisions.verbs import hearings, voting
from jaga.decisions.verbs.interim_orders import may_restrict_at_once
from jaga.policy.limits import UNDERAGE_ACCOUNT
from jaga.policy.release import load_release
from jaga.queue.verbs import leases
from jaga.queue.verbs.assignment import lift_expired_holds
from jaga.queue.verbs.linked_accounts import link_account
from jaga.store.codes import hearing_code
from jaga.store.key_store.store import Sealed

RESTRICT, CLOSE, DISMISS = DecisionKind.RESTRICT, DecisionKind.CLOSE, DecisionKind.DISMISS
DAYS = timedelta(days=14)
GIVEN_AWAY = ("anak", "child", "umur", "age", "old", "young", "17/2025", "laporan", "report", "tua", "wali", "parent")


def gives_away(letter: str) -> set[str]:
    """Words of the letter that reveal what it is about. The helplines, which everybody gets, do not count."""
    for language in Language:
        letter = letter.replace(load_release().helplines(language), "")
    return set(re.findall(r"\w[\w/]*", letter.lower())) & set(GIVEN_AWAY)


def reported() -> int:
    return in_review(category=UNDERAGE_ACCOUNT, capacity=ReporterCapacity.PARENT, text="Pemilik akun ini anak saya.")


def allowed(case_id: int) -> set[DecisionKind]:
    return set(voting.allowed_decisions(Case.objects.get(pk=case_id), load_release()))


@pytest.fixture
def asked(world: World, fake: FakePlatform) -> int:
    """A case whose holder has the letter."""
    case_id = reported()
    hearings.ask_holder(case_id, actor=world.reviewers[0])
    assert deliver_letters() == 1
    return case_id


@pytest.fixture
def heard(asked: int) -> Iterator[int]:
    """The same after the time is over."""
    with frozen(now() + DAYS + timedelta(minutes=1)):
        lift_expired_holds()
        yield asked


def test_before_anybody_asked_nothing_but_rejecting_can_be_decided(world: World) -> None:
    """Neither by one person nor by two, at once or in bulk; the deadline leaves room for the days."""
    case = Case.objects.get(pk=(case_id := reported()))
    assert allowed(case_id) == {DISMISS}
    assert not may_restrict_at_once(case, load_release())
    for kind in (RESTRICT, CLOSE, DecisionKind.PRESERVE, DecisionKind.REFER):
        with pytest.raises(InvalidInput):
            vote(case_id, kind, world.reviewers[0])
    assert case.due_at - case.opened_at == timedelta(days=15)
    assert vote(case_id, DISMISS, world.reviewers[0]).state is CaseState.RESOLVED


def test_the_letter_says_that_there_is_a_question_and_not_which(world: World, fake: FakePlatform, asked: int) -> None:
    """It arrives once, and names no reason, person or measure; its code opens the question."""
    ((_, text),) = fake.accounts[ACCOUNT].notices
    assert hearing_code(asked) in text
    assert "tidak dibatasi dan tidak ditutup" in text
    assert not gives_away(text)
    assert deliver_letters() == 0
    held = access_hearing(hearing_code(asked))
    assert (held.open, held.account, held.days) == (True, ACCOUNT, 14)
    assert fake.accounts[ACCOUNT].state is AccountState.ACTIVE


def test_the_days_begin_with_the_delivery_and_are_fourteen(world: World, asked: int) -> None:
    """A minute before their end nothing can be decided; the case waits separately until then and returns by itself."""
    case, row = Case.objects.get(pk=asked), Hearing.objects.get()
    assert row.answer_until is not None
    assert row.delivered_at is not None
    assert row.answer_until - row.delivered_at == DAYS
    assert case.snoozed_until == row.answer_until
    with frozen(row.answer_until - timedelta(minutes=1)):
        assert allowed(asked) == {DISMISS}
    with frozen(row.answer_until):
        lift_expired_holds()
        assert Case.objects.get(pk=asked).snoozed_until is None
        assert allowed(asked) == {DISMISS, RESTRICT}


def test_a_platform_that_is_silent_is_tried_again_and_the_days_have_not_begun(world: World, fake: FakePlatform) -> None:
    """However long it does not answer."""
    case_id = reported()
    hearings.ask_holder(case_id, actor=world.reviewers[0])
    fake.down = True
    assert deliver_letters() == 0
    with frozen(now() + 2 * DAYS):
        assert allowed(case_id) == {DISMISS}
        fake.down = False
        assert deliver_letters() == 1
        assert allowed(case_id) == {DISMISS}
        assert Hearing.objects.get().answer_until == now() + DAYS


def test_where_the_letter_cannot_arrive_the_days_never_begin(world: World, fake: FakePlatform) -> None:
    """If the account does not exist, people are told, and the case returns to its queue and can only be dismissed."""
    case_id = reported()
    hearings.ask_holder(case_id, actor=world.reviewers[0])
    known = fake.accounts.pop(ACCOUNT)
    assert deliver_letters() == 0
    seen = hearing_of(Case.objects.get(pk=case_id))
    assert seen is not None
    assert (seen.stuck, seen.over, Case.objects.get(pk=case_id).snoozed_until) == (True, False, None)
    with frozen(now() + 100 * DAYS):
        assert allowed(case_id) == {DISMISS}
    fake.accounts[ACCOUNT] = known
    assert deliver_letters() == 0
    hearings.retry_hearing(case_id, actor=world.reviewers[1])
    assert deliver_letters() == 1


def test_a_platform_without_letters_is_never_measured(world: World) -> None:
    """Nobody can be asked there, so nothing is done there."""
    platform = Platform.objects.get()
    platform.capabilities = {**platform.capabilities, "deliver": {"supported": False}}
    platform.save()
    case_id = reported()
    with pytest.raises(hearings.CannotBeAsked):
        hearings.ask_holder(case_id, actor=world.reviewers[0])
    assert allowed(case_id) == {DISMISS}


def test_two_people_deactivate_and_nothing_is_gathered_counted_or_lost(
    world: World, fake: FakePlatform, heard: int
) -> None:
    """Restricted if the platform can, so that the owner keeps everything: no closure, no evidence, no strike."""
    assert not vote(heard, RESTRICT, world.reviewers[0], facts=FACTS).decision_ids
    assert vote(heard, RESTRICT, world.reviewers[1]).decision_ids
    Action.objects.update(next_attempt_at=None)
    job.carry_out(heard)
    assert fake.accounts[ACCOUNT].state is AccountState.RESTRICTED
    assert "close" not in fake.orders
    assert not Evidence.objects.filter(kind__in=("profile", "messages", "media")).exists()
    assert not Strike.objects.exists()
    measure = text_for_holder(Action.objects.get())
    assert "sama untuk semua akun" in measure
    assert not gives_away(measure)
    reasons = Statement.objects.get().body_en
    assert "not old enough for this service" in reasons
    assert "against the law" not in reasons
    assert "no\noffence and no punishment" in reasons or "no offence and no punishment" in reasons


def test_where_the_platform_cannot_restrict_it_is_closed_without_erasing(world: World, heard: int) -> None:
    """Never both: the lighter measure that exists."""
    platform = Platform.objects.get()
    platform.capabilities = {**platform.capabilities, "restrict": {"supported": False}}
    platform.save()
    assert allowed(heard) == {DISMISS, CLOSE}


def test_what_must_be_so_is_ticked_for_a_restriction_too(world: World, heard: int) -> None:
    """A parent's statement alone is none of the elements."""
    with pytest.raises(InvalidInput) as info:
        vote(heard, RESTRICT, world.reviewers[0], elements=())
    assert [error.field for error in info.value.errors] == ["elements"]


def test_nobody_votes_over_an_answer_that_is_not_on_their_page(world: World, asked: int) -> None:
    """Neither for a measure nor for a dismissal; with the answer before them they can."""
    hearings.answer_hearing(hearing_code(asked), "Saya berumur 31 tahun.", actor=HOLDER)
    assert Case.objects.get(pk=asked).snoozed_until is None  # it is looked at again at once
    for answers in (None, 0, 2):
        lease = leases.take_lease(asked, actor=world.reviewers[0])
        with pytest.raises(hearings.AnswerUnread):
            voting.cast_vote(asked, lease.fence, ballot(asked, DISMISS), answers=answers, actor=world.reviewers[0])
    assert allowed(asked) == {DISMISS}  # an answer ends no day early
    voting.cast_vote(asked, lease.fence, ballot(asked, DISMISS), answers=1, actor=world.reviewers[0])
    with pytest.raises(hearings.NoMoreAnswers):
        hearings.answer_hearing(hearing_code(asked), "Masih ada yang mau saya tambahkan.", actor=HOLDER)


def test_the_holder_can_add_something_and_not_for_ever(world: World, asked: int) -> None:
    """Three times; an empty answer does not count; a wrong code opens nothing."""
    code = hearing_code(asked)
    with pytest.raises(InvalidInput):
        hearings.answer_hearing(code, " ", actor=HOLDER)
    for number in range(3):
        assert hearings.answer_hearing(code, f"Jawaban nomor {number}.", actor=HOLDER) == number + 1
    with pytest.raises(hearings.NoMoreAnswers):
        hearings.answer_hearing(code, "Jawaban nomor 4.", actor=HOLDER)


def test_an_answer_after_a_first_vote_cannot_be_overlooked(world: World, heard: int) -> None:
    """After the first vote nothing can be added, so the second voter has what the first had."""
    hearings.answer_hearing(hearing_code(heard), "Terlambat, tetapi ini jawaban saya.", actor=HOLDER)
    lease = leases.take_lease(heard, actor=world.reviewers[0])
    voting.cast_vote(heard, lease.fence, ballot(heard, RESTRICT), answers=1, actor=world.reviewers[0])
    with pytest.raises(hearings.NoMoreAnswers):
        hearings.answer_hearing(hearing_code(heard), "Ada lagi yang baru.", actor=HOLDER)


def test_no_other_account_is_drawn_in(world: World, heard: int) -> None:
    """Its holder was not asked; no other account is searched for."""
    with pytest.raises(InvalidInput):
        link_account(
            heard, world.platform, "@lain:localhost", "Memakai nomor telepon yang sama.", actor=world.reviewers[0]
        )


def test_more_people_who_claim_to_be_a_parent_change_nothing(world: World, asked: int) -> None:
    """They join the same case; no period restarts or ends earlier, and nobody is asked twice."""
    before = Hearing.objects.get().answer_until
    for number in range(5):
        report(
            category=UNDERAGE_ACCOUNT,
            capacity=ReporterCapacity.PARENT,
            source=f"198.51.100.{number}",
            text=f"Saya ibunya, dan ini laporan ke-{number}.",
        )
    assert Case.objects.filter(category=UNDERAGE_ACCOUNT).count() == 1
    assert Hearing.objects.get().answer_until == before
    with pytest.raises(hearings.HolderAskedBefore):
        hearings.ask_holder(asked, actor=world.reviewers[1])


def test_officers_and_strangers_ask_nobody(world: World) -> None:
    """The person who requests a measure does not carry it out."""
    case_id = reported()
    for actor in (world.officer, world.minister):
        with pytest.raises(NotPermitted):
            hearings.ask_holder(case_id, actor=actor)


def test_the_database_lets_no_measure_come_before_the_end(world: World, asked: int) -> None:
    """Whatever a program writes: no early measure, none by one person, no shorter time, no edited answer."""
    first, second, _ = (actor.person_id for actor in world.reviewers)
    case = Case.objects.get(pk=asked)

    def measure(**changes: object) -> None:
        Decision.objects.create(
            **{
                "case": case,
                "subject": case.subject,
                "kind": RESTRICT,
                "policy_hash": "0" * 64,
                "decided_by_id": first,
                "seconded_by_id": second,
                "decided_at": now(),
                "ends_at": now() + timedelta(days=7),
                **changes,
            }
        )

    for person in (first, second):
        Vote.objects.create(
            case=case,
            person_id=person,
            kind=RESTRICT,
            accounts=[case.subject_id],
            facts=FACTS,
            policy_hash=load_release().hash,
            cast_at=now(),
        )
    with pytest.raises(IntegrityError, match="had the time to answer"), transaction.atomic():
        measure()
    row = Hearing.objects.get()
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        Hearing.objects.update(answer_until=row.delivered_at)
    hearings.answer_hearing(hearing_code(asked), "Saya berumur 31 tahun.", actor=HOLDER)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        HearingAnswer.objects.update(text=Sealed("k1:x"))
    with frozen(now() + DAYS + timedelta(minutes=1)):
        with pytest.raises(IntegrityError), transaction.atomic():
            measure(seconded_by_id=None)
        with pytest.raises(IntegrityError), transaction.atomic():
            measure(kind=DecisionKind.PRESERVE, seconded_by_id=None, ends_at=None)
