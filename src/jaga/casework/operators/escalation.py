"""Escalation to an operator that does not act: clarification, order and three warnings (`EscalationStage`).

A person prepares each letter, and a person releases it; opening by a contact person proves receipt. No job calls this
module. A missed deadline only raises an alarm (`records.access.operators.notices.count_overdue`).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from jaga.casework.cases.notice_dialogue import (
    ASKED_AGAIN,
    BY_HAND,
    CORRECTION,
    add_turn,
    is_contact_of,
    locked_notice,
    receive,
    waits_for_receipt,
)
from jaga.casework.kernel.eligibility import Act, lapses, lock_people
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.notification_mail import call_contacts
from jaga.casework.kernel.validation import required_text
from jaga.casework.operators.escalation_letters import on_paper, write_letter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.escalation import (
    EscalationLetter,
    EscalationStep,
    NoticeStatus,
    Precondition,
    is_last_step,
    places,
    release_precondition,
)
from jaga.core.terms.operators import EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import Language, Role
from jaga.exchange.letters_pdf import letter_pdf
from jaga.policy.local_time import day_of
from jaga.policy.operator_clock import clock_for
from jaga.records.access.operators.escalation import may_see_letters
from jaga.records.models import Notice, Objection, OperatorLetter, Person
from jaga.records.vault import seal, unseal

LETTER_RELEASED, LETTER_OPENED, LETTER_SERVED = "letter_released", "letter_opened", "letter_served"
_OUR_WORDS = (CORRECTION, ASKED_AGAIN)
_ABBREVIATIONS = {
    EscalationStage.CLARIFICATION: "KL",
    EscalationStage.ORDER: "SP",
    EscalationStage.WARNING_1: "ST1",
    EscalationStage.WARNING_2: "ST2",
    EscalationStage.WARNING_3: "ST3",
}  # Indonesian: klarifikasi, surat perintah, surat teguran
LONGEST_PROOF = 200

_WHY: dict[Precondition, tuple[str, str]] = {
    Precondition.DONE_ALREADY: (N_("This letter exists already."), N_("Reload the notice to see where it stands.")),
    Precondition.ENDED: (
        N_("The notice was answered or withdrawn, so the escalation stops here."),
        N_("Reload the notice; ask again if the answer will not do."),
    ),
    Precondition.NOT_SENT: (N_("The notice has not been sent yet."), N_("Wait until the operator can open it.")),
    Precondition.OUR_TURN: (
        N_("The operator asked us something, and we have not answered."),
        N_("Write the correction first."),
    ),
    Precondition.NOTHING_CORRECTED: (
        N_("There is nothing yet that a clarification could go with."),
        N_("Write the correction first, when the operator asks back."),
    ),
    Precondition.STAGE_BEFORE: (
        N_("The letter before this one was not released."),
        N_("Each letter needs the one before."),
    ),
    Precondition.NOT_RECEIVED: (
        N_("Nobody has provably received the letter before this one."),
        N_("Wait until it is opened, or serve it on paper and record the proof."),
    ),
    Precondition.WORD_NOT_RECEIVED: (
        N_("Nobody has provably received what we said last about this notice."),
        N_("Wait until it is opened, or send it as a clarification and record its receipt."),
    ),
    Precondition.CLOCK_RUNS: (N_("The operator still has time to answer."), N_("Wait until the clock has run.")),
    Precondition.OUTDATED: (
        N_("We said something new since this letter was prepared."),
        N_("Drop it and prepare it again."),
    ),
    Precondition.PREPARER_LAPSED: (
        N_("Whoever prepared and signed this letter is no longer a supervisor here."),
        N_("Drop it and prepare it again."),
    ),
}


class EscalationRefused(Conflict):
    """The letter is not allowed now. `code` names the precondition that is not met."""

    def __init__(self, precondition: Precondition) -> None:
        sentence, remedy = _WHY[precondition]
        super().__init__(sentence, remedy, code=f"escalation_{precondition}")


class LetterMovedOn(Conflict):
    """The letter was released, dropped or served before."""

    code = "letter_moved_on"
    sentence = N_("The letter has moved on, so this is no longer possible.")
    remedy = N_("Reload the notice to see where it stands.")


@dataclass(frozen=True)
class EscalationState:
    """The five steps of the escalation, why prepared letters cannot be released, and what to consider first."""

    places: tuple[EscalationStep, ...]
    release_preconditions: dict[EscalationStage, Precondition]
    ends_here: bool
    objection_open: bool  # shown before a release, but does not prevent it


def escalation_of_notice(notice_id: int) -> EscalationState:
    """As `escalation_of`, for pages."""
    return escalation_of(Notice.objects.select_related("platform", "case", "action__decision").get(pk=notice_id))


def escalation_of(notice: Notice) -> EscalationState:
    """The state of a notice's escalation. Reads only; the caller has checked who may see it."""
    status, letters = _in_force(notice), _letters(notice)
    due = clock_for(notice.asks_for, urgent=notice.urgent).due
    moment = now()
    preconditions = {
        stage: why or release_precondition(stage, status, letters, due, moment)
        for stage, why in _prepared(notice).items()
    }
    return EscalationState(
        places(status, letters, due, moment),
        {stage: precondition for stage, precondition in preconditions.items() if precondition},
        is_last_step(letters),
        Objection.objects.filter(notice=notice, state=ObjectionState.OPEN).exists(),
    )


def _prepared(notice: Notice) -> dict[EscalationStage, Precondition | None]:
    """Letters waiting for release, and whether their signers may still sign."""
    rows = list(
        notice.escalation_letters.filter(dropped_at__isnull=True, released_at__isnull=True).order_by(
            "prepared_at", "pk"
        )
    )
    acts = [Act(row.prepared_by_id, frozenset({Role.SUPERVISOR}), "", notice.case.clearance) for row in rows]
    return {
        EscalationStage(row.stage): Precondition.PREPARER_LAPSED if why else None
        for row, why in zip(rows, lapses(acts), strict=True)
    }


def why_not(precondition: Precondition) -> tuple[str, str]:
    """Sentence and remedy (msgids) for a precondition that is not met."""
    return _WHY[precondition]


def _in_force(notice: Notice) -> NoticeStatus:
    corrected_at = notice.entries.filter(kind__in=_OUR_WORDS).order_by("-pk").values_list("at", flat=True).first()
    return NoticeStatus(NoticeState(notice.state), notice.sent_at is not None, notice.due_at, corrected_at)


def _letters(notice: Notice) -> list[EscalationLetter]:
    return [
        EscalationLetter(EscalationStage(row.stage), row.prepared_at, row.released_at, row.opened_at)
        for row in notice.escalation_letters.filter(dropped_at__isnull=True).order_by("prepared_at", "pk")
    ]


def _for_letter(letter_id: int, *, actor: Actor) -> tuple[OperatorLetter, Notice]:
    """The letter and its notice, both locked, the notice first.

    Raises NotFound, also for a person who may not see the letter now.
    """
    notice_id = OperatorLetter.objects.filter(pk=letter_id).values_list("notice_id", flat=True).first()
    if notice_id is None:
        raise NotFound
    notice, _ = locked_notice(notice_id, actor=actor)
    if not (is_contact_of(notice, actor) or may_see_letters(notice, actor=actor)):
        raise NotFound
    return OperatorLetter.objects.select_for_update(of=("self",)).get(pk=letter_id), notice


@transaction.atomic
def prepare_letter(notice_id: int, stage: EscalationStage, *, actor: Actor) -> int:
    """Write the letter in both languages, typeset it and seal the PDF; returns its id.

    Reversible: `drop_letter`.

    Nobody receives it before `release_letter`. Raises NotPermitted, NotFound (also for a checklist platform, and while
    the letters of the case are sealed), EscalationRefused with the unmet precondition.
    """
    person_id = actor.require(Role.SUPERVISOR)
    notice, case = locked_notice(notice_id, actor=actor)
    if notice.platform.adapter == BY_HAND or not may_see_letters(notice, actor=actor):
        raise NotFound
    place = next(place for place in escalation_of(notice).places if place.stage is stage)
    if place.precondition is not None:
        raise EscalationRefused(place.precondition)
    moment, signer = now(), Person.objects.select_related("organisation").get(pk=person_id)
    number = _number(notice, stage, moment)
    written = {
        language: write_letter(notice, stage, number, language, signer=signer, moment=moment) for language in Language
    }
    sha256 = seal(letter_pdf(on_paper(notice, number, written, signer=signer, moment=moment)), notice.case.key_owner())
    letter = OperatorLetter.objects.create(
        notice=notice,
        stage=stage,
        number=number,
        pdf_sha256=sha256,
        prepared_by=signer,
        prepared_at=moment,
        body_id=_whole(written[Language.INDONESIAN].subject, written[Language.INDONESIAN].text),
        body_en=_whole(written[Language.ENGLISH].subject, written[Language.ENGLISH].text),
    )
    append(
        "prepare_letter",
        {"letter": letter.pk, "notice": notice.pk, "stage": stage, "pdf_sha256": sha256},
        actor=actor,
        case_id=case.pk,
    )
    return letter.pk


def _number(notice: Notice, stage: EscalationStage, moment: datetime) -> str:
    """The letter's number, like `ST1/P000012/2026`; `ST1-2/P000012/2026` if an earlier one was dropped."""
    before = OperatorLetter.objects.filter(notice=notice, stage=stage).count()
    again = f"-{before + 1}" if before else ""
    return f"{_ABBREVIATIONS[stage]}{again}/{notice.number}/{day_of(moment).year}"


def _whole(subject: str, text: str) -> str:
    return f"{subject}\n\n{text}"


@transaction.atomic
def release_letter(letter_id: int, *, actor: Actor) -> None:
    """Release a prepared letter to the operator: an entry in the dialogue, and a mail notification.

    Irreversible.

    The releasing person is recorded. Raises NotPermitted, NotFound, LetterMovedOn, EscalationRefused if something that
    affects the letter has happened since.
    """
    person = actor.require(Role.SUPERVISOR)
    lock_people(person, *OperatorLetter.objects.filter(pk=letter_id).values_list("prepared_by_id", flat=True))
    letter, notice = _for_letter(letter_id, actor=actor)
    if letter.released_at is not None or letter.dropped_at is not None:
        raise LetterMovedOn
    precondition = escalation_of(notice).release_preconditions.get(EscalationStage(letter.stage))
    if precondition is not None:
        raise EscalationRefused(precondition)
    letter.released_at, letter.released_by_id = now(), person
    letter.save(update_fields=["released_at", "released_by"])
    turn = add_turn(notice, LETTER_RELEASED, letter.number, person=person, from_operator=False)
    append(
        "release_letter",
        {"letter": letter.pk, "notice": notice.pk, "stage": letter.stage},
        actor=actor,
        case_id=notice.case_id,
    )
    call_contacts(notice, turn)


@transaction.atomic
def drop_letter(letter_id: int, *, actor: Actor) -> None:
    """Drop a prepared letter; it is kept and can never be released. Raises NotPermitted, NotFound, LetterMovedOn."""
    actor.require(Role.SUPERVISOR)
    letter, notice = _for_letter(letter_id, actor=actor)
    if letter.released_at is not None or letter.dropped_at is not None:
        raise LetterMovedOn
    letter.dropped_at = now()
    letter.save(update_fields=["dropped_at"])
    append(
        "drop_letter",
        {"letter": letter.pk, "notice": notice.pk, "stage": letter.stage},
        actor=actor,
        case_id=notice.case_id,
    )


@transaction.atomic
def open_letter(letter_id: int, *, actor: Actor) -> bytes:
    """Open a released letter as a contact person, which proves its receipt once.

    Returns the PDF.

    Opening a clarification also proves receipt of our correction, which it contains. Raises NotPermitted, NotFound for
    another operator's or an unreleased letter, EvidenceDamaged.
    """
    person = actor.require(Role.CONTACT)
    letter, notice = _for_letter(letter_id, actor=actor)
    if not is_contact_of(notice, actor) or letter.released_at is None:
        raise NotFound
    if letter.opened_at is None:
        _received(letter, notice, LETTER_OPENED, person=person, proof="portal", from_operator=True)
        append(
            "open_letter",
            {"letter": letter.pk, "notice": notice.pk, "stage": letter.stage},
            actor=actor,
            case_id=notice.case_id,
        )
        tells_all = letter.stage == EscalationStage.CLARIFICATION and not notice.case.victim_first
        if tells_all and notice.received_at is not None and waits_for_receipt(notice):
            receive(notice, person=person, proof=letter.number, actor=actor)
    return unseal(letter.pdf_sha256, notice.case.key_owner())


@transaction.atomic
def record_service(letter_id: int, proof: str, *, actor: Actor) -> None:
    """Record that a released letter was served by other means, such as courier.

    Once. Irreversible.

    `proof` describes the evidence, for example the receipt's number and who signed it. Raises NotPermitted, NotFound,
    LetterMovedOn if not released or received before, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    letter, notice = _for_letter(letter_id, actor=actor)
    if letter.released_at is None or letter.opened_at is not None:
        raise LetterMovedOn
    proven = required_text(
        "proof", proof, most=LONGEST_PROOF, needed=N_("Say what proves it: a receipt's number, who signed, when.")
    )
    _received(letter, notice, LETTER_SERVED, person=person, proof=proven, from_operator=False)
    digest = hashlib.sha256(proven.encode()).hexdigest()
    append(
        "record_service",
        {"letter": letter.pk, "notice": notice.pk, "stage": letter.stage, "proof_sha256": digest},
        actor=actor,
        case_id=notice.case_id,
    )


def _received(
    letter: OperatorLetter, notice: Notice, kind: str, *, person: int, proof: str, from_operator: bool
) -> None:
    letter.opened_at = now()
    letter.save(update_fields=["opened_at"])
    add_turn(notice, kind, letter.number, person=person, from_operator=from_operator, proof=proof)
