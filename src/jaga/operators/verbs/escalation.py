"""Escalation to an operator that does not act: clarification, order and three warnings (`EscalationStage`).

A person prepares each letter, and a person releases it; opening by a contact person proves receipt. No job calls this
module. A missed deadline only raises an alarm (`operators.reads.notices.count_overdue`).

Data requests (MR5 art. 21 to 45): an authority asks an operator for data, with everything art. 36(2) requires.

The text of escalation letters, from the policy's templates. They contain no facts and no reporter.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from babel.dates import format_date
from django.conf import settings
from django.db import transaction

from jaga.cases.verbs.letters import say_moment
from jaga.cases.verbs.notice_dialogue import (
    ASKED_AGAIN,
    BY_HAND,
    CORRECTION,
    SENT,
    add_turn,
    is_contact_of,
    locked_notice,
    receive,
    waits_for_receipt,
)
from jaga.cases.verbs.state import locked_case
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound, NotPermitted
from jaga.core.escalation import (
    STAGE_BEFORE,
    EscalationLetter,
    EscalationStep,
    NoticeStatus,
    Precondition,
    is_last_step,
    places,
    release_precondition,
)
from jaga.core.terms.outside import AnswerKind, EscalationStage, NoticeState, ObjectionState
from jaga.core.terms.people import HostKind, Language, Role
from jaga.exchange.letters_pdf import LetterOnPaper, LetterPart, letter_pdf
from jaga.operators.models import Notice, Objection, OperatorLetter
from jaga.operators.reads.escalation import may_see_letters
from jaga.people.models import Person
from jaga.policy.letters import RenderedLetter
from jaga.policy.local_time import clock_for, day_of
from jaga.policy.problems import UnknownTerm
from jaga.policy.release import PolicyRelease, load_release
from jaga.reporting.verbs.quotable_text import require_no_quotes
from jaga.store.kernel.ledger import append
from jaga.store.kernel.notification_mail import call_contacts
from jaga.store.kernel.row_bindings import Act, lapses, lock_people
from jaga.store.kernel.validation import check_text, required_text
from jaga.store.models import Installation
from jaga.store.vault import seal, unseal

LONGEST = 2000
_FIELDS = ("authority", "purpose", "description", "offence", "court_order")


class NotAnAuthoritysInstallation(NotPermitted):
    """Only an authority's installation can request data."""

    code = "not_an_authoritys_installation"
    sentence = N_("Only an authority's installation can ask for data.")
    remedy = N_("An operator hands data over under a formal request; see the exports.")


@dataclass(frozen=True)
class DataRequest:
    """The content of a data request (MR5 art. 36(2)). `content` data needs a court order (art. 36(4))."""

    authority: str
    purpose: str
    description: str
    offence: str
    content: bool = False
    court_order: str = ""

    def stored(self) -> dict[str, str | bool]:
        """As stored with the notice."""
        return {
            "authority": self.authority.strip(),
            "purpose": self.purpose.strip(),
            "description": self.description.strip(),
            "offence": self.offence.strip(),
            "content": self.content,
            "court_order": self.court_order.strip(),
        }


@transaction.atomic
def ask_for_data(case_id: int, request: DataRequest, *, legal_basis: str = "", actor: Actor) -> int:
    """Request data about the case's account by a notice in the operator's portal; returns the notice's id.

    The deadline of five calendar days starts when a contact person opens it. The same request returns the same notice
    while it is open. Raises NotAnAuthoritysInstallation, NotPermitted, NotFound, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    case = locked_case(case_id, actor=actor)
    if not Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists():
        raise NotAnAuthoritysInstallation
    _check(request)
    for field in _FIELDS:
        require_no_quotes(field, getattr(request, field), case)
    open_ones = Notice.objects.filter(case=case, asks_for="data", data_wanted=request.stored()).exclude(
        state__in=(NoticeState.ANSWERED, NoticeState.WITHDRAWN)
    )
    open_request = open_ones.values_list("pk", flat=True).first()
    if open_request is not None:
        return open_request
    moment = now()
    notice = Notice.objects.create(
        operator_id=case.subject.platform.operator_id,
        platform=case.subject.platform,
        case=case,
        subject=case.subject,
        asks_for="data",
        category=case.category,
        legal_basis=legal_basis,
        data_wanted=request.stored(),
        created_at=moment,
        sent_at=moment,
    )
    turn = add_turn(notice, SENT, person=person, from_operator=False)
    call_contacts(notice, turn)
    append("ask_for_data", {"notice": notice.pk, "content": request.content}, actor=actor, case_id=case.pk)
    return notice.pk


def _check(request: DataRequest) -> None:
    errors = []
    for field in _FIELDS:
        value = getattr(request, field)
        errors += check_text(field, value, LONGEST)
        if not value.strip() and (field != "court_order" or request.content):
            errors.append(
                FieldError(
                    field,
                    "missing",
                    N_("The law asks for this.")
                    if field != "court_order"
                    else N_("Content data can only be asked for with a court's order."),
                )
            )
    if errors:
        raise InvalidInput(*errors)


_KEYS = {EscalationStage.CLARIFICATION: "operator_clarification", EscalationStage.ORDER: "operator_order"}
_ASKED_BACK = tuple(kind for kind in AnswerKind if kind.asks_back)
_NOTHING = "–"


def say_day(moment: datetime, language: Language) -> str:
    """Format the local day of a moment, for letters."""
    return format_date(day_of(moment), "d MMMM y", locale=language.value)


def write_letter(
    notice: Notice, stage: EscalationStage, number: str, language: Language, *, signer: Person, moment: datetime
) -> RenderedLetter:
    """The letter of this step in one language.

    A warning refers to the letter before it, which must have been received.
    """
    release = load_release()
    values = {
        "letter_number": number,
        "notice_number": notice.number,
        "stage": release.wording(f"rung_{stage}", language),
        "notice_link": f"{settings.BASE_URL}/console/notices/{notice.number}/",
        "operator": notice.operator.name,
        "platform": notice.platform.display_name,
        "account": notice.subject.account_id,
        "category": _category(notice.category, release, language),
        "legal_basis": _basis(notice.legal_basis, release, language),
        "asked": release.wording(f"asked_{notice.asks_for}", language),
        "objection_way": release.wording("objection_way", language),
        "signer": signer.display_name,
        "date": say_day(moment, language),
        "host": signer.organisation.name,
    }
    if stage is EscalationStage.CLARIFICATION:
        values |= _clarification(notice, release, language)
    else:
        values |= {
            "clock": _clock(notice, release, language),
            "afterwards": release.wording(f"afterwards_{stage}", language),
        }
        values |= _before(notice, stage, language)
    return release.letter(_KEYS.get(stage, "operator_warning"), language).render(**values)


def on_paper(
    notice: Notice, number: str, written: Mapping[Language, RenderedLetter], *, signer: Person, moment: datetime
) -> LetterOnPaper:
    """The letter for printing, with both languages."""
    return LetterOnPaper(
        number,
        signer.organisation.name,
        notice.operator.name,
        moment,
        say_day(moment, Language.INDONESIAN),
        say_day(moment, Language.ENGLISH),
        tuple(LetterPart(language, letter.subject, letter.text) for language, letter in written.items()),
    )


def _category(key: str, release: PolicyRelease, language: Language) -> str:
    try:
        return release.category(key).label.say(language)
    except UnknownTerm:  # from an earlier policy release
        return key


def _basis(key: str, release: PolicyRelease, language: Language) -> str:
    if not key:
        return release.wording("legal_basis_terms", language)
    try:
        basis = release.legal_basis(key)
    except UnknownTerm:  # from an earlier policy release
        return key
    return f"{basis.citation} ({basis.title.say(language)})"


def _clock(notice: Notice, release: PolicyRelease, language: Language) -> str:
    rule = release.deadlines.operator
    if notice.asks_for == "data":
        return f"{rule.data_days} {release.wording('clock_days', language)}"
    hours = rule.hours_urgent if notice.urgent else rule.hours
    return f"{hours} {release.wording('clock_hours', language)}"


def _clarification(notice: Notice, release: PolicyRelease, language: Language) -> dict[str, str]:
    entry = notice.entries.filter(kind__in=(CORRECTION, ASKED_AGAIN)).order_by("-pk").first()
    asked = notice.entries.filter(kind__in=_ASKED_BACK, from_operator=True).order_by("-pk").first()
    if notice.case.victim_first:  # printed letters are passed on, so text about a victim stays in the portal
        return {"question": _NOTHING, "correction": release.wording("correction_in_portal", language)}
    return {
        "question": asked.text.strip() or _NOTHING if asked else _NOTHING,
        "correction": entry.text.strip() or _NOTHING if entry else _NOTHING,
    }


def _before(notice: Notice, stage: EscalationStage, language: Language) -> dict[str, str]:
    before = STAGE_BEFORE[stage]
    if before is None:
        return {}
    letter = notice.escalation_letters.get(stage=before, dropped_at__isnull=True)
    assert letter.opened_at is not None  # a warning requires that the letter before was received
    return {"before_number": letter.number, "before_received_on": say_moment(letter.opened_at, language)}


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
