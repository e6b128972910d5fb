"""Constraints on operators, notices, links and strikes; each refused write is tested beside one that succeeds."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, models, transaction
from tests.factories import World, decided_closure, in_review, new_request, resolved_closure, the_action, vote

from jaga.appeals.models import Disclosure, DisclosureRecall
from jaga.authorities.verbs import orders as requests
from jaga.cases.models.cases import Case, LinkedAccount, Subject
from jaga.cases.models.decisions import Action, Decision, Outcome, Strike
from jaga.cases.models.reports import AuthorityRequest, Evidence
from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.terms.cases import ActionState, DecisionKind, EvidenceKind, OutcomeKind, Step
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import Language, OrganisationKind, Role
from jaga.operators.models import Notice, NoticeEntry, Objection, OperatorLetter, OutgoingMail, Pledge, ReceivedHook
from jaga.people.models import Organisation
from jaga.people.verbs import people
from jaga.store.key_store.store import Sealed


def refused(why: str, write: Callable[[], Any]) -> None:
    """The write fails by this constraint or trigger and leaves no row."""
    with pytest.raises(IntegrityError, match=why), transaction.atomic():
        write()


def run(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def copy(row: models.Model, **changes: object) -> models.Model:
    """Insert the same row again, with changes."""
    stored = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    return type(row)._default_manager.create(**{name: getattr(row, name) for name in stored} | changes)


@pytest.fixture
def action(world: World) -> Action:
    """A decided closure that nobody has carried out."""
    return the_action(decided_closure(world))


@pytest.fixture
def contact(world: World) -> int:
    """A contact person of the operator."""
    operator = Organisation.objects.get(kind=OrganisationKind.OPERATOR)
    return people.create_person(people.NewPerson("mira", "Mira", operator.pk, (Role.CONTACT,)), actor=CLI).pk


@pytest.fixture
def notice(action: Action) -> Notice:
    """A notice that asks for the closure."""
    decision = action.decision
    return Notice.objects.create(
        operator=decision.subject.platform.operator,
        platform=decision.subject.platform,
        case=decision.case,
        subject=decision.subject,
        action=action,
        asks_for="close",
        category="fraud",
        created_at=now(),
    )


def test_an_open_action_may_wait_and_an_ended_one_says_when(action: Action) -> None:
    """WAITING is open and needs no time; DONE without a time is refused, and so is a value that is not a term."""
    rows = Action.objects.filter(pk=action.pk)
    rows.update(state=ActionState.WAITING)
    refused("records_action_done_has_its_time", lambda: rows.update(state=ActionState.DONE))
    refused("records_action_state_is_a_term", lambda: rows.update(state="asleep", finished_at=now()))
    rows.update(state=ActionState.DONE, finished_at=now())


def test_the_new_terms_are_stored_and_no_others(action: Action) -> None:
    """A step ASK and evidence of media are accepted; invented values are refused."""
    step = {"action": action, "kind": OutcomeKind.DONE, "at": now()}
    Outcome.objects.create(step=Step.ASK, **step)
    refused("records_outcome_step_is_a_term", lambda: Outcome.objects.create(step="beg", **step))
    kept = {
        "case": action.decision.case,
        "name": "media.json",
        "media_type": "application/json",
        "sha256": "0" * 64,
        "size": 1,
        "sealed_at": now(),
        "sealed_by": "system",
    }
    Evidence.objects.create(kind=EvidenceKind.MEDIA, **kept)
    refused("records_evidence_kind_is_a_term", lambda: Evidence.objects.create(kind="rumour", **kept))


def test_a_link_stands_once_and_says_why(world: World) -> None:
    """An account joins a case once, with a reason; after it was taken out it can join again."""
    case = Case.objects.get(pk=in_review())
    row = LinkedAccount.objects.create(
        case=case,
        subject=case.subject,
        why="Nomor telepon sama.",
        added_by_id=world.reviewers[0].person_id,
        added_at=now(),
    )
    refused("records_linked_once", lambda: copy(row))
    refused("records_link_says_why", lambda: LinkedAccount.objects.update(why=""))
    LinkedAccount.objects.update(withdrawn_at=now())
    copy(row)


def test_a_commitment_has_its_clocks(world: World) -> None:
    """Neither clock is zero, and the urgent one is not the longer one."""
    row = Pledge.objects.create(
        operator=Organisation.objects.all()[0],
        text="Menutup akun.",
        source="Siaran pers",
        made_on=date(2021, 3, 20),
        scope="Indonesia",
        recorded_at=now(),
    )
    for wrong in ({"hours": 0}, {"hours_urgent": 0}, {"hours": 3, "hours_urgent": 4}):
        refused("records_pledge_has_its_clock", lambda wrong=wrong: copy(row, **wrong))  # type: ignore[misc]
    copy(row, hours=4, hours_urgent=4)


def test_a_notices_terms_and_clock(world: World, notice: Notice) -> None:
    """States, answers and requests are terms; no clock starts before receipt; an answer has its time."""
    rows, other = Notice.objects.filter(pk=notice.pk), the_action(decided_closure(world, account="@kenanga:localhost"))
    refused("records_notice_state_is_a_term", lambda: rows.update(state="lost"))
    refused("records_notice_answer_is_a_term", lambda: rows.update(answer="maybe"))
    refused("records_notice_clock_starts_at_receipt", lambda: rows.update(due_at=now()))
    refused("records_notice_answer_has_its_time", lambda: rows.update(state=NoticeState.ANSWERED))
    refused(
        "records_notice_answer_has_its_time", lambda: rows.update(state=NoticeState.ANSWERED, answer=AnswerKind.DONE)
    )
    refused("records_notice_for_data_or_an_action", lambda: copy(notice, action_id=None))
    refused("a notice asks for what was decided", lambda: copy(notice, action_id=other.pk, asks_for="data"))
    refused("a notice asks for what was decided", lambda: copy(notice, action_id=other.pk, asks_for="favour"))
    refused("records_notice_asks_for_a_term", lambda: copy(notice, action_id=None, asks_for="favour"))
    copy(notice, action_id=None, asks_for="data")
    rows.update(state=NoticeState.RECEIVED, received_at=now(), due_at=now())
    rows.update(state=NoticeState.ANSWERED, answer=AnswerKind.DONE, answered_at=now())


def test_what_a_notice_asks_for_and_its_receipt_are_never_edited(notice: Notice) -> None:
    """The state may advance; the request, the time of receipt and an answer cannot be edited."""
    never = "never edited"
    for change in (
        "facts = 'x'",
        "urgent = true",
        "asks_for = 'restrict'",
        "legal_basis = 'x'",
        "category = 'x'",
        "created_at = now() + interval '1 s'",
    ):
        refused(never, lambda change=change: run(f"UPDATE records_notice SET {change}"))  # type: ignore[misc]
    refused(never, lambda: run("DELETE FROM records_notice"))
    run("UPDATE records_notice SET state = 'received', received_at = now(), due_at = now()")
    refused(never, lambda: run("UPDATE records_notice SET received_at = now() + interval '1 h'"))
    run("UPDATE records_notice SET state = 'answered', answer = 'done', answered_at = now()")
    refused(never, lambda: run("UPDATE records_notice SET state = 'sent'"))


def test_a_turn_of_the_dialogue_is_appended(notice: Notice) -> None:
    """A message of the dialogue can be neither edited nor deleted."""
    NoticeEntry.objects.create(notice=notice, from_operator=False, kind="sent", at=now())
    refused("append-only: UPDATE", lambda: run("UPDATE records_noticeentry SET text = 'x'"))
    refused("append-only: DELETE", lambda: run("DELETE FROM records_noticeentry"))


def _letter(notice: Notice, person: int) -> OperatorLetter:
    return OperatorLetter.objects.create(
        notice=notice,
        stage=EscalationStage.ORDER,
        number="S/1/2026",
        body_id="a",
        body_en="b",
        pdf_sha256="0" * 64,
        prepared_by_id=person,
        prepared_at=now(),
    )


def test_a_letter_is_released_by_a_person(world: World, notice: Notice) -> None:
    """A release has a person and a time, or neither; each step of the ladder exists once unless it was dropped."""
    person = world.supervisor.person_id or 0
    row, rows = _letter(notice, person), OperatorLetter.objects.all()
    refused("records_operatorletter_stage_is_a_term", lambda: copy(row, stage="threat", number="S/2/2026"))
    refused("records_escalation_letter_once", lambda: copy(row, number="S/2/2026"))
    refused("number", lambda: copy(row, stage=EscalationStage.WARNING_1))
    for number in ("K/1/2026", "K/2/2026"):  # a clarification for each correction
        copy(row, stage=EscalationStage.CLARIFICATION, number=number)
    rows = rows.filter(pk=row.pk)
    refused("records_letter_released_by_a_person", lambda: rows.update(released_at=now()))
    refused("records_letter_released_by_a_person", lambda: rows.update(released_by=person))
    rows.update(released_at=now(), released_by=person)
    refused("records_letter_released_by_a_person", lambda: rows.update(dropped_at=now()))


def test_a_letter_is_released_once_and_never_edited(world: World, notice: Notice) -> None:
    """Its text and number stay; a release is not reversed, and a dropped letter is not reused."""
    person, once = world.supervisor.person_id or 0, "released once and never edited"
    row = _letter(notice, person)
    for change in ("body_id = 'x'", "body_en = 'x'", "number = 'x'", "pdf_sha256 = 'x'", "stage = 'warning_1'"):
        refused(once, lambda change=change: run(f"UPDATE records_operatorletter SET {change}"))  # type: ignore[misc]
    refused(once, lambda: run("DELETE FROM records_operatorletter"))
    dropped = copy(row, stage=EscalationStage.WARNING_1, number="S/2/2026", dropped_at=now())
    copy(row, stage=EscalationStage.WARNING_2, number="S/3/2026")  # never released
    refused(once, lambda: run("UPDATE records_operatorletter SET dropped_at = NULL WHERE id = %s", dropped.pk))
    release = "UPDATE records_operatorletter SET released_at = now(), released_by_id = %s WHERE id = %s"
    run(release, person, row.pk)
    other = world.reviewers[0].person_id
    refused(once, lambda: run(release, other, row.pk))
    refused(once, lambda: run("UPDATE records_operatorletter SET opened_at = now() WHERE number = 'S/3/2026'"))
    run("UPDATE records_operatorletter SET opened_at = now() WHERE id = %s", row.pk)
    refused(
        once, lambda: run("UPDATE records_operatorletter SET opened_at = now() + interval '1 s' WHERE id = %s", row.pk)
    )


def test_an_objection_is_decided_once_by_somebody_with_reasons(world: World, notice: Notice, contact: int) -> None:
    """Its text stays; the decision names person, time and reasons, and is final."""
    row, never = {"text": "Akun itu bukan di layanan kami.", "filed_by_id": contact, "filed_at": now()}, "never edited"
    refused(
        "records_objection_state_is_a_term",
        lambda: Objection.objects.create(
            notice=notice,
            **row,
            state="ignored",
            decided_at=now(),
            reasons="x",
            decided_by_id=world.supervisor.person_id,
        ),
    )
    Objection.objects.create(notice=notice, **row)
    rows = Objection.objects.all()
    refused("records_decided_objection_names_who_and_why", lambda: rows.update(state=ObjectionState.REJECTED))
    refused(never, lambda: rows.update(text=Sealed("k1:x")))
    refused(never, lambda: run("DELETE FROM records_objection"))
    rows.update(
        state=ObjectionState.REJECTED, decided_by=world.supervisor.person_id, decided_at=now(), reasons=Sealed("k1:ada")
    )
    refused(never, lambda: rows.update(reasons=Sealed("k1:lain")))


def test_a_strike_expires_and_is_withdrawn_once(world: World) -> None:
    """A decision has one strike, which ends after it began; only one withdrawal can be added."""
    once, (one, two) = (
        "withdrawn once and never edited",
        (
            Decision.objects.get(
                pk=vote(in_review(account=account), DecisionKind.PRESERVE, world.reviewers[0]).decision_ids[0]
            )
            for account in ("@mawar:localhost", "@kenanga:localhost")
        ),
    )
    row = Strike.objects.create(
        subject=one.subject, decision=one, category="fraud", given_at=now(), expires_at=now() + timedelta(days=1)
    )
    refused("decision_id", lambda: copy(row))
    refused("records_strike_expires", lambda: copy(row, decision_id=two.pk, expires_at=row.given_at))
    copy(row, decision_id=two.pk, subject_id=two.subject_id)
    for change in ("category = 'x'", "expires_at = expires_at + interval '1 d'", f"subject_id = {two.subject_id}"):
        refused(once, lambda change=change: run(f"UPDATE records_strike SET {change} WHERE id = %s", row.pk))  # type: ignore[misc]
    refused(once, lambda: run("DELETE FROM records_strike"))
    run("UPDATE records_strike SET withdrawn_at = now() WHERE id = %s", row.pk)
    refused(once, lambda: run("UPDATE records_strike SET withdrawn_at = NULL WHERE id = %s", row.pk))


def test_a_disclosure_is_recalled_once_and_stays_recalled(world: World) -> None:
    """An authority is told once per overturned decision; the row can be neither edited nor deleted."""
    closure = Decision.objects.get(case_id=resolved_closure(world))
    filed = requests.file_request(new_request(), actor=world.officer)
    disclosure = Disclosure.objects.create(
        case=closure.case,
        request=AuthorityRequest.objects.get(report_id=filed.report_id),
        made_by_id=world.supervisor.person_id or 0,
        folder="x",
        manifest_sha256="0" * 64,
        made_at=now(),
    )
    restoring = Decision.objects.create(
        case=closure.case,
        subject=closure.subject,
        kind=DecisionKind.RESTORE,
        policy_hash="0" * 64,
        overturns=closure,
        decided_by_id=world.reviewers[2].person_id or 0,
        decided_at=now(),
    )
    row = DisclosureRecall.objects.create(disclosure=disclosure, decision=restoring, at=now())
    refused("records_recalled_once", lambda: copy(row))
    refused("append-only: UPDATE", lambda: run("UPDATE records_disclosurerecall SET at = now()"))
    refused("append-only: DELETE", lambda: run("DELETE FROM records_disclosurerecall"))


def test_a_signed_message_is_taken_once(notice: Notice) -> None:
    """The same id from the same platform is a replay and refused; the row can be neither edited nor deleted."""
    row = ReceivedHook.objects.create(platform=notice.platform, hook_id="msg_1", received_at=now())
    refused("records_hook_once", lambda: copy(row))
    copy(row, hook_id="msg_2")
    refused("append-only: UPDATE", lambda: run("UPDATE records_receivedhook SET hook_id = 'x'"))
    refused("append-only: DELETE", lambda: run("DELETE FROM records_receivedhook"))


def test_a_mail_has_its_key_and_a_language_of_ours(contact: int) -> None:
    """The same key is one mail, and its language is a supported one."""
    row = OutgoingMail.objects.create(
        person_id=contact, key="notice-1", language=Language.ENGLISH, subject="x", body="y", created_at=now()
    )
    refused("key", lambda: copy(row))
    refused("records_outgoingmail_language_is_a_term", lambda: copy(row, key="notice-2", language="xx"))
    copy(row, key="notice-2")


def test_a_linked_subject_cannot_be_deleted(world: World) -> None:
    """A subject that a case links to cannot be deleted."""
    case = Case.objects.get(pk=in_review())
    subject = Subject.objects.create(platform=case.subject.platform, account_id="@rosa:localhost", first_seen_at=now())
    link = LinkedAccount.objects.create(
        case=case,
        subject=subject,
        why="Nomor telepon sama.",
        added_at=now(),
        added_by_id=world.reviewers[0].person_id or 0,
    )
    with pytest.raises(models.ProtectedError):
        subject.delete()
    link.delete()
    subject.delete()
