"""Blind review of decided cases, golden cases among them, and a supervisor's note on each difference.

It changes no case: a difference is discussed, and only an appeal or a new report reopens a matter.
"""

from dataclasses import dataclass

from django.db import IntegrityError, transaction
from django.db.models import F

from jaga.casework.decisions.permitted import allowed_decisions
from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.base.clearance import may_see, refuse_uncleared
from jaga.records.access.cases.blind import KEPT
from jaga.records.access.quality.blind_review import begun_by, decided_kind, golden_for, untaken
from jaga.records.codes import commitment, lot
from jaga.records.models import BlindReview, Case, GoldenCase, Person

MAX_REASONS = 2000
MIN_REASONS = 10


class JudgedAgain(Conflict):
    """The person has judged this case already."""

    code = "judged_again"
    sentence = N_("You have judged this case already.")
    remedy = N_("Take the next one.")


class NotDecided(Conflict):
    """Only a decided case can be reviewed or be golden."""

    code = "not_decided"
    sentence = N_("This case is not decided, or no longer.")
    remedy = N_("Choose a case that is decided. One that you were given to judge again goes back by itself.")


class GoldenAlready(Conflict):
    """The case is golden already."""

    code = "golden_already"
    sentence = N_("This case is golden already.")
    remedy = N_("Take the mark back first if the answer is another.")


@dataclass(frozen=True)
class BlindJudgement:
    """The decision that a person would have made, with reasons."""

    kind: DecisionKind
    reasons: str = ""


@transaction.atomic
def take_next(*, actor: Actor) -> int | None:
    """The id of the next case for blind review, first one already begun; None if there is none for this person.

    Excluded are cases in which they voted or decided the appeal, and cases they lack the clearance for. Golden cases
    are mixed in at random. Reversible: `leave`. Raises NotPermitted.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    Person.objects.select_for_update(no_key=True, of=("self",)).get(pk=person)  # a double click takes one case
    moment = now()
    begun = begun_by(actor).first()
    if begun is not None:
        return begun.pk
    given = BlindReview.objects.filter(person_id=person).count()
    golden_turn = lot(f"golden:{person}:{given}") < load_release().quality.golden_share
    golden = golden_for(actor).order_by("pk").first() if golden_turn else None
    if golden is None:
        row = (
            untaken(actor)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by(F("taken_at").asc(nulls_first=True), "drawn_at", "pk")
            .first()
        )
        if row is not None:
            row.person_id, row.taken_at = person, moment
            row.save(update_fields=["person", "taken_at"])
            return row.pk
        golden = golden_for(actor).order_by("pk").first()
    if golden is None:
        return None
    return BlindReview.objects.create(
        case_id=golden.case_id, golden=golden, drawn_at=moment, person_id=person, taken_at=moment
    ).pk


@transaction.atomic
def leave(blind_review_id: int, *, actor: Actor) -> None:
    """Return the case without a judgement, a reason or any consequence. Raises NotPermitted, NotFound, JudgedAgain."""
    row = _own(blind_review_id, actor)
    row.person_id, row.taken_at = None, now()
    row.save(update_fields=["person", "taken_at"])


@transaction.atomic
def record_blind_review(blind_review_id: int, judgement: BlindJudgement, *, actor: Actor) -> None:
    """Record the decision that this person would have made.

    It changes nothing on the case. Irreversible.

    Raises NotPermitted, NotFound for a case that somebody else reviews, JudgedAgain, NotDecided, InvalidInput.
    """
    row = _own(blind_review_id, actor)
    decided = decided_kind(row.case)
    if decided is None:
        raise NotDecided
    reasons = judgement.reasons.strip()
    if errors := check_judgement(row.case, judgement.kind, reasons):
        raise InvalidInput(*errors)
    expected = DecisionKind(row.golden.kind) if row.golden else decided
    row.kind, row.reasons, row.judged_at = judgement.kind, reasons, now()
    row.agrees = judgement.kind is expected
    row.save(update_fields=["kind", "reasons", "judged_at", "agrees"])
    sealed = canonical_json({"blind_review": row.pk, "kind": row.kind, "reasons": row.reasons})
    append(
        "record_blind_review",
        {"blind_review": row.pk, "commitment": commitment(sealed)},
        actor=actor,
        case_id=row.case_id,
    )


@transaction.atomic
def note_difference(blind_review_id: int, note: str, *, actor: Actor) -> None:
    """Record a supervisor's note on a differing judgement of somebody else.

    Irreversible.

    Raises NotPermitted, NotFound, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    row = (
        BlindReview.objects.select_for_update(of=("self",))
        .filter(pk=blind_review_id, agrees=False, seen_at__isnull=True)
        .exclude(person_id=person)
        .first()
    )
    if row is None or not may_see(row.case, actor=actor):
        raise NotFound
    text = note.strip()
    errors = _check_words("note", text, MIN_REASONS)
    if errors:
        raise InvalidInput(*errors)
    row.seen_by_id, row.seen_at, row.note = person, now(), text
    row.save(update_fields=["seen_by", "seen_at", "note"])
    append("note_difference", {"blind_review": row.pk}, actor=actor, case_id=row.case_id)


@transaction.atomic
def mark_golden(case_id: int, kind: DecisionKind, reasons: str, *, training: bool = False, actor: Actor) -> int:
    """Mark a decided case as golden, with the right decision, for later reviews; returns its id.

    With `training` it is used for training instead, where its answer is shown, and never in blind reviews.

    Reversible: `withdraw_golden`. The ledger entry names no case, since its history must not reveal it. Raises
    NotPermitted, NotFound, NotDecided, GoldenAlready, InvalidInput.
    """
    person = actor.require(Role.SUPERVISOR)
    case = Case.objects.select_related("subject__platform").filter(pk=case_id, canary=False).first()
    if case is None or not may_see(case, actor=actor):
        raise NotFound
    if decided_kind(case) is None:
        raise NotDecided
    text = reasons.strip()
    errors = _check(case, kind, text, least=MIN_REASONS)
    if errors:
        raise InvalidInput(*errors)
    try:
        with transaction.atomic():
            row = GoldenCase.objects.create(
                case=case, kind=kind, reasons=text, marked_by_id=person, marked_at=now(), training=training
            )
    except IntegrityError:
        raise GoldenAlready from None
    append("mark_golden", {"golden": row.pk}, actor=actor, case_id=None)
    return row.pk


@transaction.atomic
def withdraw_golden(golden_id: int, *, actor: Actor) -> None:
    """Withdraw the mark; the case is no longer handed out as golden.

    Judgements stay.

    Raises NotPermitted, NotFound.
    """
    person = actor.require(Role.SUPERVISOR)
    row = (
        GoldenCase.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(pk=golden_id, withdrawn_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared(row.case, actor=actor)
    row.withdrawn_by_id, row.withdrawn_at = person, now()
    row.save(update_fields=["withdrawn_by", "withdrawn_at"])
    append("withdraw_golden", {"golden": row.pk}, actor=actor, case_id=None)


def _own(blind_review_id: int, actor: Actor) -> BlindReview:
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = (
        BlindReview.objects.select_for_update(of=("self",))
        .select_related("case__subject__platform", "golden")
        .filter(pk=blind_review_id, person_id=person)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared(row.case, actor=actor)
    if row.judged_at is not None:
        raise JudgedAgain
    # by now the person may open the case, so a judgement would not be blind
    if row.taken_at is None or row.taken_at <= now() - KEPT:
        raise NotFound
    return row


def check_judgement(case: Case, kind: DecisionKind, reasons: str) -> list[FieldError]:
    """The errors of a judgement on a decided case: a dismissal needs no reasons."""
    return _check(case, kind, reasons, least=0 if kind is DecisionKind.DISMISS else MIN_REASONS)


def _check(case: Case, kind: DecisionKind, reasons: str, *, least: int) -> list[FieldError]:
    errors = _check_words("reasons", reasons, least)
    if kind not in allowed_decisions(case, load_release()):
        errors.append(FieldError("kind", "not_allowed", N_("The policy does not allow this decision here.")))
    return errors


def _check_words(field: str, text: str, least: int) -> list[FieldError]:
    return check_required(field, text, least=least, most=MAX_REASONS, needed=N_("Say why, in a sentence."))
