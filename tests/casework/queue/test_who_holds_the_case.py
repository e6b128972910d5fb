"""What changes a case under the hands of somebody who works on it is refused, in words; the rest says why it may.

Every verb that acts by a number is found by looking at the code (`verb_probes`). Each is called while another person
holds the case; a new one fails until it is refused or stands below with the reason.
"""

import inspect
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from django.db import transaction
from tests.casework.closed_world import make_closed
from tests.casework.verb_probes import VERB_PROBES
from tests.factories import PLATFORM, World, in_review, rows

from jaga.casework.decisions import hearings
from jaga.casework.queue import leases, linked_accounts, queue_rules
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import JagaError
from jaga.core.terms import Clearance
from jaga.records.models import Case

HELD = {"lease_taken", "lease_lost"}

ASK_THE_LEASE = {  # with its fence, or that nobody else has it
    "leases.take_lease", "decide.cast_vote", "decide.restrict_at_once", "pictures.answer_youth_check",
    "accounts.link_account", "accounts.unlink_account", "assigning.hold_case", "assigning.escalate_case",
    "assigning.hand_back_case", "routing.reroute_case",
}
ASKS_IT_LAST = {"hearings.ask_holder"}  # only in the categories whose holder is asked first
_REASONS: dict[str, tuple[str, ...]] = {
    "Takes it from its holder, with a reason and an entry: a clock runs out, somebody fell ill.": (
        "leases.take_over_lease",),
    "In danger to life nobody waits for a colleague; it says nothing of any vote.": ("referrals.refer_at_once",),
    "Adds words beside the case and changes nothing of what is judged.": (
        "assigning.add_note", "labels.label_case", "labels.unlabel_case", "drafts.save_draft", "presence.be_present",
        "mailbox.mark_read", "quotes.record_public_words", "resemblances.judge_resemblance"),
    "Asks a reporter. What they answer must be read before a vote (`mailbox.require_heard`), whoever asked.": (
        "mailbox.write_to_reporter", "clarify.ask_officer", "consents.ask_consent"),
    "Says who should take it, or puts it back: whoever holds it goes on holding it.": (
        "assigning.assign_case", "assigning.unassign_case", "assigning.lift_hold", "assigning.skip_case"),
    "Looks, and each look is recorded.": (
        "identities.look_at_identity", "pictures.open_picture", "pictures.open_request_letter", "mailbox.open_report",
        "looks.tick", "looks.record_look"),
    "Weighs a report of a case that was dismissed, or takes that back.": (
        "bad_faith.mark_bad_faith", "bad_faith.withdraw_bad_faith"),
    "The worker's or a gate, on rows that it locks: a program waits for no person.": (
        "state.locked_case", "act.locked_action", "notice_turns.locked_notice", "desk.seen_case", "desk.waiting_case",
        "appeal_people.locked_appeal", "referrals.locked_referral", "triage.triage_case", "identify.record_identity",
        "act.start_attempt", "act.record_step", "act.record_material", "act.attempt_failed",
        "act.mark_stuck", "act.finish_telling", "act.superseded", "health.put_off", "verification.record_verification",
        "commit.commit_decision", "ends.end_restriction", "preserving.lapse", "notices.notice_for",
        "notices.record_handover", "answers.take_answer", "referral_replies.send_referral",
        "referral_replies.note_sent", "hearings.retry_hearing"),
    "The case is judged: no lease can be held of it, and its row or its own state is asked.": (
        "act.retry_stuck", "act.end_stuck", "preserving.agree_to_preserve", "commit.undo_decision",
        "commit.let_decision_go_on", "appeals.decide_appeal", "appeals.ask_holder", "appeals.answer_again",
        "appeal_pictures.answer_check", "appeal_pictures.open_appeal_picture", "appeal_rest.decide_rest",
        "handover.hand_over_statement", "in_person.check_holder", "in_person.release_reasons",
        "in_person.refuse_reasons", "in_person.hand_over_reasons",
        "referrals.address_referral", "referrals.review_referral",
        "disclose.make_export", "data_requests.ask_for_data"),
    "The dialogue with an operator or a receiver, which has turns of its own.": (
        "answers.answer_notice", "notices.open_notice", "notices.clarify_notice", "notices.ask_again",
        "notices.withdraw_notice", "objections.decide_objection", "ladder.prepare_letter", "ladder.release_letter",
        "ladder.drop_letter", "ladder.record_service", "referral_replies.acknowledge_by_link",
        "referral_replies.record_acknowledgement", "referral_replies.end_by_link", "referral_replies.record_outcome",
        "referral_replies.record_told_wrong"),
    "Judged once more, blind, for the quality alone: the case is not touched.": (
        "quality.leave", "quality.judge_again", "quality.note_difference", "quality.mark_golden",
        "quality.withdraw_golden"),
}
FREE = {name: why for why, names in _REASONS.items() for name in names}


def test_every_verb_asks_the_lease_or_says_why_not() -> None:
    """A new verb is listed in one of the two."""
    listed = ASK_THE_LEASE | ASKS_IT_LAST | set(FREE)
    assert set(VERB_PROBES) - listed == set()
    assert listed - set(VERB_PROBES) == set()
    assert not (ASK_THE_LEASE | ASKS_IT_LAST) & set(FREE)
    assert "leave(case, person)" in inspect.getsource(hearings.ask_holder)


def test_what_changes_a_case_is_refused_while_somebody_else_holds_it(world: World) -> None:
    """Each of these says so, and none of the others does; what was refused changed nothing."""
    at = make_closed(world)
    for case_id in (at.waiting, at.linked, at.skipped):
        Case.objects.filter(pk=case_id).update(clearance="")
        leases.take_lease(case_id, actor=world.reviewers[1])
        Case.objects.filter(pk=case_id).update(clearance=Clearance.CHILD_SAFETY)
    assert set(_refused(at, at.me)) == ASK_THE_LEASE - {"assigning.hand_back_case"}
    Case.objects.filter(pk=at.waiting).update(escalated_at=now())
    assert "assigning.hand_back_case" in set(_refused(at, at.me))


def _refused(at: SimpleNamespace, me: Actor) -> Iterator[str]:
    for name, verb in VERB_PROBES.items():
        point = transaction.savepoint()
        try:
            verb(at, me)
        except JagaError as refused:
            if refused.code in HELD:
                yield name
        finally:
            transaction.savepoint_rollback(point)


def test_accounts_are_added_and_taken_out_by_whoever_works_on_the_case(world: World) -> None:
    """Its holder may, everybody may while nobody holds it; others are told who does, and nothing changes."""
    case_id, (first, second, _) = in_review(), world.reviewers
    made = linked_accounts.link_account(case_id, PLATFORM, "@lain:localhost", "Nomor telepon yang sama.", actor=second)
    leases.take_lease(case_id, actor=first)
    before = rows()
    with pytest.raises(leases.LeaseTaken) as told:
        linked_accounts.link_account(case_id, PLATFORM, "@lagi:localhost", "Nomor telepon yang sama.", actor=second)
    assert told.value.params["holder"] == "Sinta"
    with pytest.raises(leases.LeaseTaken):
        linked_accounts.unlink_account(case_id, made.link_id, actor=second)
    assert rows() == before
    linked_accounts.unlink_account(case_id, made.link_id, actor=first)


def test_a_case_goes_into_a_closed_queue_whoever_holds_it(world: World) -> None:
    """What must not be seen by everybody waits for nobody; between open queues it waits."""
    case_id, (first, second, _) = in_review(), world.reviewers
    leases.take_lease(case_id, actor=first)
    with pytest.raises(leases.LeaseTaken):
        queue_rules.reroute_case(case_id, "", "Bukan untuk antrean ini.", actor=second)
    queue_rules.reroute_case(case_id, "child_safety", "Menyangkut anak.", actor=second)
    assert Case.objects.get(pk=case_id).clearance == Clearance.CHILD_SAFETY
