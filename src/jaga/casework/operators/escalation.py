"""Escalation to an operator that does not act: clarification, order and three warnings (`Rung`).

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
from jaga.casework.kernel.eligibility import Act, hold_people, lapses
from jaga.casework.kernel.ledger import enter
from jaga.casework.kernel.notification_mail import call_contacts
from jaga.casework.kernel.validation import required_text
from jaga.casework.operators.escalation_letters import on_paper, write_letter
from jaga.core.actors import Actor
from jaga.core.clock import day_of, now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.ladder import EscalationStep, Hurdle, LadderLetter, NoticeStanding, ends_here, places, release_hurdle
from jaga.core.terms import Language, NoticeState, ObjectionState, Role, Rung
from jaga.exchange.letters_pdf import letter_pdf
from jaga.policy.operator_clock import clock_for
from jaga.records.access.operators.escalation import may_see_letters
from jaga.records.models import Notice, Objection, OperatorLetter, Person
from jaga.records.vault import seal, unseal

LETTER_RELEASED, LETTER_OPENED, LETTER_SERVED = "letter_released", "letter_opened", "letter_served"
_OUR_WORDS = (CORRECTION, ASKED_AGAIN)
_ABBREVIATIONS = {Rung.CLARIFICATION: "KL", Rung.ORDER: "SP", Rung.WARNING_1: "ST1", Rung.WARNING_2: "ST2",
                  Rung.WARNING_3: "ST3"}  # Indonesian: klarifikasi, surat perintah, surat teguran
LONGEST_PROOF = 200

_WHY: dict[Hurdle, tuple[str, str]] = {
    Hurdle.CLIMBED: (N_("This letter exists already."), N_("Reload the notice to see where it stands.")),
    Hurdle.ENDED: (N_("The notice was answered or withdrawn, so the ladder stops here."),
                   N_("Reload the notice; ask again if the answer will not do.")),
    Hurdle.NOT_SENT: (N_("The notice has not been sent yet."), N_("Wait until the operator can open it.")),
    Hurdle.OUR_TURN: (N_("The operator asked us something, and we have not answered."),
                      N_("Write the correction first.")),
    Hurdle.NOTHING_CORRECTED: (N_("There is nothing yet that a clarification could go with."),
                               N_("Write the correction first, when the operator asks back.")),
    Hurdle.RUNG_BEFORE: (N_("The letter before this one was not released."), N_("Each letter needs the one before.")),
    Hurdle.NOT_RECEIVED: (N_("Nobody has provably received the letter before this one."),
                          N_("Wait until it is opened, or serve it on paper and record the proof.")),
    Hurdle.WORD_NOT_RECEIVED: (N_("Nobody has provably received what we said last about this notice."),
                               N_("Wait until it is opened, or send it as a clarification and record its receipt.")),
    Hurdle.CLOCK_RUNS: (N_("The operator still has time to answer."), N_("Wait until the clock has run.")),
    Hurdle.OUTDATED: (N_("We said something new since this letter was prepared."), N_("Drop it and prepare it again.")),
    Hurdle.PREPARER_LAPSED: (N_("Whoever prepared and signed this letter is no supervisor here any more."),
                             N_("Drop it and prepare it again.")),
}


class LadderRefused(Conflict):
    """The letter is not allowed now. `code` names the precondition that is not met."""

    def __init__(self, hurdle: Hurdle) -> None:
        sentence, remedy = _WHY[hurdle]
        super().__init__(sentence, remedy, code=f"ladder_{hurdle}")


class LetterMovedOn(Conflict):
    """The letter was released, dropped or served before."""

    code = "letter_moved_on"
    sentence = N_("The letter has moved on, so this is no longer possible.")
    remedy = N_("Reload the notice to see where it stands.")


@dataclass(frozen=True)
class EscalationState:
    """The five steps of the escalation, why prepared letters cannot be released, and what to consider first."""

    places: tuple[EscalationStep, ...]
    release_hurdles: dict[Rung, Hurdle]
    ends_here: bool
    objection_open: bool  # shown before a release, but does not prevent it


def ladder_of_notice(notice_id: int) -> EscalationState:
    """As `ladder_of`, for pages."""
    return ladder_of(Notice.objects.select_related("platform", "case", "action__decision").get(pk=notice_id))


def ladder_of(notice: Notice) -> EscalationState:
    """The state of a notice's escalation. Reads only; the caller has checked who may see it."""
    standing, letters = _standing(notice), _letters(notice)
    due = clock_for(notice.asks_for, urgent=notice.urgent).due
    moment = now()
    hurdles = {rung: why or release_hurdle(rung, standing, letters, due, moment)
               for rung, why in _prepared(notice).items()}
    return EscalationState(
        places(standing, letters, due, moment), {rung: hurdle for rung, hurdle in hurdles.items() if hurdle},
        ends_here(letters), Objection.objects.filter(notice=notice, state=ObjectionState.OPEN).exists(),
    )


def _prepared(notice: Notice) -> dict[Rung, Hurdle | None]:
    """Letters waiting for release, and whether their signers may still sign."""
    rows = list(notice.ladder.filter(dropped_at__isnull=True, released_at__isnull=True).order_by("prepared_at", "pk"))
    acts = [Act(row.prepared_by_id, frozenset({Role.SUPERVISOR}), "", notice.case.clearance) for row in rows]
    return {Rung(row.rung): Hurdle.PREPARER_LAPSED if why else None
            for row, why in zip(rows, lapses(acts), strict=True)}


def why_not(hurdle: Hurdle) -> tuple[str, str]:
    """Sentence and remedy (msgids) for a precondition that is not met."""
    return _WHY[hurdle]


def _standing(notice: Notice) -> NoticeStanding:
    said = notice.entries.filter(kind__in=_OUR_WORDS).order_by("-pk").values_list("at", flat=True).first()
    return NoticeStanding(NoticeState(notice.state), notice.sent_at is not None, notice.due_at, said)


def _letters(notice: Notice) -> list[LadderLetter]:
    return [LadderLetter(Rung(row.rung), row.prepared_at, row.released_at, row.opened_at)
            for row in notice.ladder.filter(dropped_at__isnull=True).order_by("prepared_at", "pk")]


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
def prepare_letter(notice_id: int, rung: Rung, *, actor: Actor) -> int:
    """Write the letter in both languages, typeset it and seal the PDF; returns its id.

    Reversible: `drop_letter`.

    Nobody receives it before `release_letter`. Raises NotPermitted, NotFound (also for a checklist platform, and while
    the letters of the case are sealed), LadderRefused with the unmet precondition.
    """
    person_id = actor.require(Role.SUPERVISOR)
    notice, case = locked_notice(notice_id, actor=actor)
    if notice.platform.adapter == BY_HAND or not may_see_letters(notice, actor=actor):
        raise NotFound
    place = next(place for place in ladder_of(notice).places if place.rung is rung)
    if place.hurdle is not None:
        raise LadderRefused(place.hurdle)
    moment, signer = now(), Person.objects.select_related("organisation").get(pk=person_id)
    number = _number(notice, rung, moment)
    written = {language: write_letter(notice, rung, number, language, signer=signer, moment=moment)
               for language in Language}
    sha256 = seal(letter_pdf(on_paper(notice, number, written, signer=signer, moment=moment)))
    letter = OperatorLetter.objects.create(
        notice=notice, rung=rung, number=number, pdf_sha256=sha256, prepared_by=signer, prepared_at=moment,
        body_id=_whole(written[Language.INDONESIAN].subject, written[Language.INDONESIAN].text),
        body_en=_whole(written[Language.ENGLISH].subject, written[Language.ENGLISH].text),
    )
    enter("prepare_letter", {"letter": letter.pk, "notice": notice.pk, "rung": rung, "pdf_sha256": sha256},
          actor=actor, case_id=case.pk)
    return letter.pk


def _number(notice: Notice, rung: Rung, moment: datetime) -> str:
    """The letter's number, like `ST1/P000012/2026`; `ST1-2/P000012/2026` if an earlier one was dropped."""
    before = OperatorLetter.objects.filter(notice=notice, rung=rung).count()
    again = f"-{before + 1}" if before else ""
    return f"{_ABBREVIATIONS[rung]}{again}/{notice.number}/{day_of(moment).year}"


def _whole(subject: str, text: str) -> str:
    return f"{subject}\n\n{text}"


@transaction.atomic
def release_letter(letter_id: int, *, actor: Actor) -> None:
    """Release a prepared letter to the operator: an entry in the dialogue, and a mail notification.

    Irreversible.

    The releasing person is recorded. Raises NotPermitted, NotFound, LetterMovedOn, LadderRefused if something that
    affects the letter has happened since.
    """
    person = actor.require(Role.SUPERVISOR)
    hold_people(person, *OperatorLetter.objects.filter(pk=letter_id).values_list("prepared_by_id", flat=True))
    letter, notice = _for_letter(letter_id, actor=actor)
    if letter.released_at is not None or letter.dropped_at is not None:
        raise LetterMovedOn
    hurdle = ladder_of(notice).release_hurdles.get(Rung(letter.rung))
    if hurdle is not None:
        raise LadderRefused(hurdle)
    letter.released_at, letter.released_by_id = now(), person
    letter.save(update_fields=["released_at", "released_by"])
    turn = add_turn(notice, LETTER_RELEASED, letter.number, person=person, from_operator=False)
    enter("release_letter", {"letter": letter.pk, "notice": notice.pk, "rung": letter.rung}, actor=actor,
          case_id=notice.case_id)
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
    enter("drop_letter", {"letter": letter.pk, "notice": notice.pk, "rung": letter.rung}, actor=actor,
          case_id=notice.case_id)


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
        enter("open_letter", {"letter": letter.pk, "notice": notice.pk, "rung": letter.rung}, actor=actor,
              case_id=notice.case_id)
        tells_all = letter.rung == Rung.CLARIFICATION and not notice.case.victim_first
        if tells_all and notice.received_at is not None and waits_for_receipt(notice):
            receive(notice, person=person, proof=letter.number, actor=actor)
    return unseal(letter.pdf_sha256)


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
    said = required_text("proof", proof, most=LONGEST_PROOF,
                         needed=N_("Say what proves it: a receipt's number, who signed, when."))
    _received(letter, notice, LETTER_SERVED, person=person, proof=said, from_operator=False)
    digest = hashlib.sha256(said.encode()).hexdigest()
    enter("record_service", {"letter": letter.pk, "notice": notice.pk, "rung": letter.rung, "proof_sha256": digest},
          actor=actor, case_id=notice.case_id)


def _received(letter: OperatorLetter, notice: Notice, kind: str, *, person: int, proof: str,
              from_operator: bool) -> None:
    letter.opened_at = now()
    letter.save(update_fields=["opened_at"])
    add_turn(notice, kind, letter.number, person=person, from_operator=from_operator, proof=proof)
