"""Appeals: filed with the code of the letter, without an account, and decided by somebody who did not vote.

The holder may write once more: to answer a question, or after the answer, which another person then reviews.

Pictures sent with an appeal: handled like a report's, but only for people who may answer the appeal.

They are not evidence in the case: exports and reviewers do not get them, and they are never compared with other
accounts, only with lists of known pictures, which close them. They are redrawn after the same youth check (ADR 0024).

Appeals without the code: received by letter, in person or through a helper, and recorded by staff.

Claiming the account is not enough: staff record how the identity was checked, by something that existed before. The
paper receipt contains neither code nor reasons, so a stranger gains nothing, and the code's holder can still add a
message. Whoever records an appeal cannot decide it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import IntegrityError, transaction

from jaga.appeals.models import Appeal, AppealReply, RestoredAccess
from jaga.appeals.reads.statement import given_back, may_write_again, pictures_of_appeal, to_check
from jaga.appeals.verbs.suspension import HadAVote, end_rest, locked_appeal, require_outsider, tell_holder
from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Statement
from jaga.cases.reads.letters import appeals_against, closure_or_itself, newest_statement
from jaga.cases.verbs.appeal_window import last_day, opened
from jaga.cases.verbs.evidence import Upload, check_uploads, media_type, seal
from jaga.cases.verbs.state import locked_case, move_case
from jaga.core.actors import Actor
from jaga.core.cases import SEALED_STATES, CaseState, CaseVerb
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, IllegalTransition, InvalidInput, NotFound
from jaga.core.lifecycles import APPEAL
from jaga.core.terms.cases import OPEN_ACTION_STATES, AppealState, AppealWay, EvidenceKind, IdentityCheck
from jaga.core.terms.people import Role
from jaga.core.terms.reports import YouthAnswer
from jaga.decisions.models import PendingDecision
from jaga.decisions.verbs.consequences import restore
from jaga.decisions.verbs.interim_restrictions import end_by_appeal
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.verbs.quotable_text import check_quotes
from jaga.signals.models import PictureOpening
from jaga.signals.reads.pictures import OPEN_FOR, PictureClosed, PictureState
from jaga.signals.verbs.pictures import NothingToCheck, take_answer
from jaga.store.codes import appeal_hash, open_secret
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import lock_people, require_eligible
from jaga.store.kernel.validation import MAX_TEXT, check_required, check_text

MOST = 2
"""Pictures in one message of a holder."""


def check_pictures(pictures: Sequence[Upload]) -> list[FieldError]:
    """Errors for too many pictures, or by type and declared size. Nothing is decoded."""
    if len(pictures) > MOST:
        return [FieldError("pictures", "too_many", N_("At most %(most)s pictures."), {"most": MOST})]
    return check_uploads("pictures", tuple(pictures))


def seal_pictures(case: Case, appeal: Appeal, part: str, pictures: Sequence[Upload], *, actor: Actor) -> int:
    """Seal the pictures of an appeal's message in the caller's transaction; returns how many."""
    for number, upload in enumerate(pictures, 1):
        media = media_type(upload.content) or "application/octet-stream"
        seal(
            case,
            None,
            EvidenceKind.SCREENSHOT,
            f"appeal-{appeal.pk}-{part}-{number}",
            upload.content,
            media=media,
            appeal=appeal,
            actor=actor,
        )
    return len(pictures)


@transaction.atomic
def answer_check(appeal_id: int, answer: YouthAnswer, *, actor: Actor) -> int:
    """Answer the youth check for all unanswered pictures of an appeal; returns how many.

    Effects as `pictures.answer_youth_check`. Raises NotPermitted, NotFound, HadAVote, WroteItDown, NothingToCheck.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    pictures = list(to_check(appeal, case, answer))
    if not pictures:
        raise NothingToCheck
    take_answer(case, pictures, answer, person, actor=actor)
    return len(pictures)


@transaction.atomic
def open_appeal_picture(appeal_id: int, evidence_id: int, *, actor: Actor) -> datetime:
    """Open a picture's working copy to this person and record it; returns until when.

    Raises NotPermitted, NotFound, HadAVote, WroteItDown, PictureClosed.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    picture = next((one for one in pictures_of_appeal(appeal, actor=actor) if one.evidence_id == evidence_id), None)
    if picture is None or picture.state not in (PictureState.READY, PictureState.OPEN):
        raise PictureClosed
    moment = now()
    PictureOpening.objects.create(case=case, evidence_id=evidence_id, person_id=person, at=moment)
    append(
        "open_picture",
        {"evidence": evidence_id, "sha256": picture.sha256, "appeal": appeal.pk},
        actor=actor,
        case_id=case.pk,
    )
    return moment + OPEN_FOR


MIN_TEXT = 10


class AppealExists(Conflict):
    """Each decision has one appeal."""

    code = "appeal_exists"
    sentence = N_("An appeal against this decision is already on record.")
    remedy = N_("Open the page with your code to see where it stands.")


class AppealTooLate(Conflict):
    """The appeal window has ended."""

    code = "appeal_too_late"
    sentence = N_("The time for an appeal ended on %(day)s.")
    remedy = N_("You can still go to a court.")


class NothingToAdd(Conflict):
    """The holder may write once more only after a question or an answer."""

    code = "nothing_to_add"
    sentence = N_("Nothing more can be written to this appeal now.")
    remedy = N_(
        "You can write once more when we ask you something, or after the answer. Beside that you can go to a court."
    )


class WroteMeanwhile(Conflict):
    """The holder wrote something that is not on the decider's page."""

    code = "wrote_meanwhile"
    sentence = N_("The account holder has written something since you opened this page, so nothing was decided.")
    remedy = N_("Read it, then send your answer again. Your text is kept on the page.")


class QuestionAskedBefore(Conflict):
    """The holder was asked before; one question is allowed."""

    code = "asked_already"
    sentence = N_("The account holder was asked already.")
    remedy = N_("Wait for what they write, or answer the appeal.")


def statement_by_code(code: str) -> Statement:
    """The statement that the code opens. Raises NotFound for a wrong or missing code alike."""
    found = (
        Statement.objects.filter(appeal_hash=appeal_hash(code))
        .select_related("decision__case__subject__platform", "decision__appeal")
        .first()
    )
    if found is None:
        raise NotFound
    return newest_statement(found)


def open_page(code: str, *, actor: Actor) -> None:
    """Record that the code's page was opened; the first time counts. Raises NotFound."""
    opened(statement_by_code(code).decision, actor=actor)


@transaction.atomic
def file_appeal(code: str, text: str, *, pictures: Sequence[Upload] = (), actor: Actor) -> Appeal:
    """File an appeal with the code of the letter. Raises NotFound, AppealExists, AppealTooLate, InvalidInput."""
    statement = statement_by_code(code)
    moment = now()
    _check_words("text", text, pictures, N_("Say in a few words why the decision is wrong."))
    if moment > statement.appeal_until:
        raise too_late(statement)
    if appeals_against(statement.decision).exists():
        raise AppealExists
    try:
        with transaction.atomic():
            appeal = Appeal.objects.create(
                decision=statement.decision,
                text=text.strip(),
                filed_at=moment,
                due_at=moment + load_release().deadlines.appeal_decision.span,
            )
    except IntegrityError:
        raise AppealExists from None
    sealed = seal_pictures(statement.decision.case, appeal, "first", pictures, actor=actor)
    append(
        "file_appeal",
        {"appeal": appeal.pk, "decision": statement.decision_id, "pictures": sealed},
        actor=actor,
        case_id=statement.decision.case_id,
    )
    return appeal


def too_late(statement: Statement) -> AppealTooLate:
    """The error with the last day of the window."""
    return AppealTooLate(day=last_day(statement).isoformat())


@transaction.atomic
def write_again(code: str, text: str, *, pictures: Sequence[Upload] = (), actor: Actor) -> AppealReply:
    """Add the holder's second message: an answer to a question, or a reply after the decision was upheld.

    Once.

    A reply after the answer gets its own deadline, and is decided by somebody who neither voted nor answered. If the
    appeal came on paper, the code's holder can always add a message, since the appeal may have been somebody else's.
    Raises NotFound, NothingToAdd, InvalidInput.
    """
    statement = statement_by_code(code)
    _check_words("text", text, pictures, N_("Write what you want to add."))
    case = Case.objects.select_for_update(of=("self",), no_key=True).get(pk=statement.decision.case_id)
    appeal = Appeal.objects.select_for_update(of=("self",)).filter(decision=statement.decision_id).first()
    written = AppealReply.objects.filter(appeal=appeal).exists()
    if appeal is None or not may_write_again(appeal, statement.appeal_until, written=written):
        raise NothingToAdd
    moment, answered = now(), appeal.state != AppealState.OPEN
    due_at = moment + load_release().deadlines.appeal_decision.span if answered else None
    try:
        with transaction.atomic():
            reply = AppealReply.objects.create(appeal=appeal, text=text.strip(), filed_at=moment, due_at=due_at)
    except IntegrityError:
        raise NothingToAdd from None
    sealed = seal_pictures(case, appeal, "second", pictures, actor=actor)
    append(
        "write_again",
        {"appeal": appeal.pk, "reply": reply.pk, "after_answer": answered, "pictures": sealed},
        actor=actor,
        case_id=case.pk,
    )
    return reply


def _check_words(field: str, text: str, pictures: Sequence[Upload], missing: str) -> None:
    errors = [*check_required(field, text, least=MIN_TEXT, needed=missing), *check_pictures(pictures)]
    if errors:
        raise InvalidInput(*errors)


@transaction.atomic
def take_access(code: str, *, actor: Actor) -> str | None:
    """The new password of a restored account, once; None without one.

    Irreversible: it is deleted. Raises NotFound.

    None in a victim-first case, where somebody else may control the code; there it stays sealed.
    """
    decision = statement_by_code(code).decision
    if decision.case.victim_first:
        return None
    held = RestoredAccess.objects.select_for_update(of=("self",))
    kept = held.filter(given_back(decision.pk)).order_by("-pk").first()
    if kept is None:
        return None
    secret = open_secret(bytes(kept.sealed))
    kept.delete()
    append("take_access", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)
    return secret


@transaction.atomic
def ask_holder(appeal_id: int, question: str, *, actor: Actor) -> None:
    """Ask the account holder one question, shown on the code's page.

    The deadline continues.

    Raises NotPermitted, NotFound, HadAVote, WroteItDown, QuestionAskedBefore, IllegalTransition, InvalidInput
    (`question`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    if appeal.state != AppealState.OPEN or _is_sealed(appeal, case) or case.victim_first:
        raise IllegalTransition  # in a victim-first case the page shows no text of ours
    if appeal.question or AppealReply.objects.filter(appeal=appeal).exists():
        raise QuestionAskedBefore
    errors = [
        *check_required("question", question, least=MIN_TEXT, needed=N_("Write what you want to know.")),
        *check_quotes("question", question[:MAX_TEXT], case),
    ]
    if errors:
        raise InvalidInput(*errors)
    appeal.question, appeal.asked_by_id, appeal.asked_at = question.strip(), person, now()
    appeal.save(update_fields=["question", "asked_by", "asked_at"])
    append("ask_about_appeal", {"appeal": appeal.pk, "decision": appeal.decision_id}, actor=actor, case_id=case.pk)


@transaction.atomic
def decide_appeal(appeal_id: int, *, overturn: bool, reasons: str, last_reply: int = 0, actor: Actor) -> CaseState:
    """Uphold or overturn the decision; returns the case's state.

    Overturning makes a new decision that refers to the old one, restores the account unless another decision in force
    holds it, and after verification notifies everyone who was told. A suspended measure resumes, or is undone. An
    appeal against the restriction before a closure cancels that closure.

    `last_reply` is the id of the second message that the decider has read, 0 for none. Raises NotPermitted, NotFound,
    HadAVote, WroteItDown, WroteMeanwhile, InvalidInput, and IllegalTransition while the decision is being carried out.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    if appeal.state != AppealState.OPEN or _is_sealed(appeal, case):
        raise IllegalTransition
    if AppealReply.objects.filter(appeal=appeal, pk__gt=last_reply).exists():
        raise WroteMeanwhile
    _check_reasons(reasons, case)
    appeal.state = APPEAL.to(appeal.state, AppealState.OVERTURNED if overturn else AppealState.UPHELD)
    appeal.decided_by_id, appeal.decided_at, appeal.reasons = person, now(), reasons.strip()
    state = _undo_state(appeal, case) if overturn else CaseState(case.state)
    appeal.save()
    append(
        "decide_appeal",
        {"appeal": appeal.pk, "decision": appeal.decision_id, "result": appeal.state},
        actor=actor,
        case_id=case.pk,
        rows=[("appeal.answer", appeal.pk)],
    )
    end_rest(appeal, case, continues=not overturn, actor=actor)
    if not overturn:
        tell_holder(appeal)
        return state
    return restore(closure_or_itself(appeal.decision), appeal.reasons, person, state, actor=actor)


@transaction.atomic
def answer_again(appeal_id: int, *, overturn: bool, reasons: str, actor: Actor) -> CaseState:
    """Answer the holder's reply after the decision was upheld, once, with the effects of `decide_appeal`.

    By somebody who neither voted nor gave the first answer. Raises as `decide_appeal`.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    appeal, case = locked_appeal(appeal_id, actor=actor)
    require_eligible(case, person)
    require_outsider(appeal, person)
    if appeal.decided_by_id == person:
        raise HadAVote
    reply = AppealReply.objects.select_for_update(of=("self",)).filter(appeal=appeal, due_at__isnull=False).first()
    if reply is None or reply.state != AppealState.OPEN or _is_sealed(appeal, case):
        raise IllegalTransition
    _check_reasons(reasons, case)
    reply.state = APPEAL.to(reply.state, AppealState.OVERTURNED if overturn else AppealState.UPHELD)
    reply.decided_by_id, reply.decided_at, reply.reasons = person, now(), reasons.strip()
    state = _undo_state(appeal, case) if overturn else CaseState(case.state)
    reply.save()
    append(
        "answer_again",
        {"appeal": appeal.pk, "reply": reply.pk, "decision": appeal.decision_id, "result": reply.state},
        actor=actor,
        case_id=case.pk,
        rows=[("appealreply.answer", reply.pk)],
    )
    if not overturn:
        tell_holder(appeal, second=True)
        return state
    return restore(closure_or_itself(appeal.decision), reply.reasons, person, state, actor=actor)


def _check_reasons(reasons: str, case: Case) -> None:
    errors = [
        *check_required(
            "reasons", reasons, least=MIN_TEXT, needed=N_("Give the account holder your reasons in a few words.")
        ),
        *check_quotes("reasons", reasons[:MAX_TEXT], case),
    ]
    if errors:
        raise InvalidInput(*errors)


def _waiting(appeal: Appeal) -> PendingDecision | None:
    """The closure that is pending behind the restriction under appeal."""
    return PendingDecision.objects.filter(held=appeal.decision, ended_at__isnull=True).first()


def _is_sealed(appeal: Appeal, case: Case) -> bool:
    """Whether votes of the case may still be cast; False for an appeal that can cancel a pending closure."""
    return CaseState(case.state) in SEALED_STATES and _waiting(appeal) is None


def _undo_state(appeal: Appeal, case: Case) -> CaseState:
    """Move the case to restoring. Open actions of a suspension do not prevent it."""
    if closure_or_itself(appeal.decision).actions.filter(state__in=OPEN_ACTION_STATES, rest__isnull=True).exists():
        raise IllegalTransition
    if (waiting := _waiting(appeal)) is not None:
        end_by_appeal(case, waiting)
    return move_case(case, CaseVerb.OVERTURN)


MIN_NOTE = 15
MAX_NOTE = 1000
MAX_HELPER = 200


class NoSuchMeasure(NotFound):
    """The number and the account do not match, or no measure was taken against that account."""

    code = "no_such_measure"
    sentence = N_("No measure with this number and this account is on record.")
    remedy = N_("Ask for the letter once more. The number stands at its end, like K000123.")


@dataclass(frozen=True)
class PaperAppeal:
    """What was brought, and how the identity was checked."""

    reference: str  # the case number from the letter
    account: str  # as the holder names it; must be the account decided on
    way: AppealWay
    received_on: date
    text: str
    check: IdentityCheck | None
    check_note: str
    helper: str = ""


@transaction.atomic
def record_appeal(new: PaperAppeal, *, actor: Actor) -> Appeal:
    """Record an appeal that came without the code.

    The day of receipt counts for the appeal window.

    Raises NotPermitted, NotFound, InvalidInput, NoSuchMeasure, HadAVote, AppealExists, AppealTooLate.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    _check(new)
    statement = _statement(new)
    case = locked_case(statement.decision.case_id, actor=actor)
    require_eligible(case, person)
    if CaseState(case.state) in SEALED_STATES and statement.decision.provisional:
        raise NoSuchMeasure  # an interim restriction is disclosed only after the judgement
    moment = now()
    appeal = Appeal(
        decision=statement.decision,
        text=new.text.strip(),
        filed_at=moment,
        due_at=moment + load_release().deadlines.appeal_decision.span,
        way=new.way,
        received_on=new.received_on,
        recorded_by_id=person,
        helper=new.helper.strip(),
        identity_check=new.check or "",
        check_note=new.check_note.strip(),
    )
    require_outsider(Appeal(decision=statement.decision), person)
    if new.received_on > last_day(statement):
        raise too_late(statement)
    try:
        with transaction.atomic():
            appeal.save(force_insert=True)
    except IntegrityError:
        raise AppealExists from None
    append(
        "file_appeal",
        {"appeal": appeal.pk, "decision": statement.decision_id, "way": new.way, "check": new.check, "pictures": 0},
        actor=actor,
        case_id=case.pk,
    )
    return appeal


def _check(new: PaperAppeal) -> None:
    errors = [
        *check_text("text", new.text),
        *check_text("check_note", new.check_note, MAX_NOTE),
        *check_text("helper", new.helper, MAX_HELPER),
        *check_text("reference", new.reference, 20),
        *check_text("account", new.account, 300),
    ]
    missing = (
        ("text", len(new.text.strip()) < MIN_TEXT, N_("Write down what the holder says, in their words.")),
        ("reference", not new.reference.strip(), N_("Write the number from the letter.")),
        ("account", not new.account.strip(), N_("Write which account it is about.")),
        ("check", new.check is None, N_("Choose how it was checked. That somebody says so is not a check.")),
        ("check_note", len(new.check_note.strip()) < MIN_NOTE, N_("Say in a few words what you saw and compared.")),
        (
            "helper",
            new.way is AppealWay.HELPER and not new.helper.strip(),
            N_("Name the body or the person who helps."),
        ),
        (
            "check",
            new.check is IdentityCheck.HELPER_VOUCHES and new.way is not AppealWay.HELPER,
            N_("Only a helper who is named here can vouch for the holder."),
        ),
        ("received_on", new.received_on > today(), N_("This day is still to come.")),
    )
    errors += [FieldError(field, "missing", sentence) for field, wrong, sentence in missing if wrong]
    if errors:
        raise InvalidInput(*errors)


def _statement(new: PaperAppeal) -> Statement:
    digits = new.reference.strip().upper().removeprefix("K").lstrip("0")
    if not digits.isascii() or not digits.isdecimal():
        raise NoSuchMeasure
    named = new.account.strip().casefold()
    for row in (
        Statement.objects.filter(decision__case=int(digits))
        .select_related("decision__case", "decision__subject__platform")
        .order_by("-pk")
    ):
        subject = row.decision.subject
        if named in (subject.account_id.casefold(), subject.handle.casefold(), subject.handle.casefold().lstrip("@")):
            return row
    raise NoSuchMeasure
