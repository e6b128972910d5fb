"""Blind review of decided cases, golden cases among them, and a supervisor's note on each difference.

It changes no case: a difference is discussed, and only an appeal or a new report reopens a matter.

Agreement between reviewers, and errors found by review. Calculated by the worker, read by pages.

Training of reviewers on golden cases that a supervisor chose for it, with the right answer at once.

An answer changes no case and counts in no figure about the person. A training case is never mixed into blind reviews,
whose answers must not be known.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction
from django.db.models import F

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import KEPT
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.statistics import agreement
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.outside import MeasuredBy
from jaga.core.terms.people import Role
from jaga.decisions.verbs.permitted import allowed_decisions
from jaga.figures.reads.closed_counts import NAMES as PERIOD_NAMES
from jaga.figures.reads.closed_counts import count_periods
from jaga.figures.reads.dashboard import NAMES, count_all
from jaga.people.models import Person
from jaga.policy.limits import QualityRules, WordGroups
from jaga.policy.release import load_release
from jaga.quality.models import BlindReview, GoldenCase, Measured, Tally, TrainingAnswer
from jaga.quality.reads.blind_review import (
    IndependentJudgement,
    RecheckedDecision,
    begun_by,
    checked_cases,
    decided_kind,
    golden_for,
    judgements,
    training_for,
    untaken,
)
from jaga.store.codes import commitment, lot
from jaga.store.kernel.ledger import append
from jaga.store.kernel.validation import check_required
from jaga.store.reads import may_see, refuse_uncleared

# Advisory locks: one worker at a time for each calculation.
_MEASURING, _COUNTING, _PERIODS = 1_701_701, 1_701_702, 1_701_703
AUDITS = ("audit_words", "audit_region", "audit_platform", "audit_language")
Units = dict[tuple[MeasuredBy, str], list[list[str]]]


@transaction.atomic
def measure() -> int:
    """Recalculate agreement and error counts; returns the number of rows.

    Replaces the earlier results in one commit. Returns 0 while another worker calculates.
    """
    if not _alone(_MEASURING):
        return 0
    release, moment = load_release(), now()
    since = moment - timedelta(days=release.quality.window_days)
    rows = _measured(judgements(since), moment)
    Measured.objects.all().delete()
    Measured.objects.bulk_create(rows)
    _put(AUDITS, mistakes(checked_cases(since), release.quality), moment)
    return len(rows)


@transaction.atomic
def count_dashboard() -> int:
    """Recalculate the dashboard's figures in one commit; returns how many. 0 while another worker calculates."""
    if not _alone(_COUNTING):
        return 0
    moment = now()
    counted = count_all(moment)
    counted["counted", ""] = 1  # its timestamp lets a page show when, even without figures
    _put(("counted", *NAMES), counted, moment)
    return len(counted)


@transaction.atomic
def count_dashboard_periods() -> int:
    """Recalculate the dashboard's figures over weeks and months; returns how many. 0 while another worker does."""
    if not _alone(_PERIODS):
        return 0
    moment = now()
    counted = count_periods(moment)
    counted["counted_periods", ""] = 1
    _put(("counted_periods", *PERIOD_NAMES), counted, moment)
    return len(counted)


def _alone(number: int) -> bool:
    """Whether this transaction got the advisory lock of this number."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


def _put(names: Iterable[str], counted: Counter[tuple[str, str]], moment: datetime) -> None:
    """Replace all figures under these names."""
    Tally.objects.filter(name__in=list(names)).delete()
    Tally.objects.bulk_create(
        [Tally(name=name, key=key, number=number, counted_at=moment) for (name, key), number in sorted(counted.items())]
    )


def _measured(judged: Iterable[IndependentJudgement], moment: datetime) -> list[Measured]:
    rows = []
    for (dimension, key), units in sorted(units_of(judged).items()):
        found = agreement(units)
        rows.append(
            Measured(
                dimension=dimension,
                key=key,
                units=found.units,
                pairs=found.pairs,
                alike=found.alike,
                alpha=found.alpha,
                low=found.low,
                high=found.high,
                counted_at=moment,
            )
        )
    return rows


def units_of(judged: Iterable[IndependentJudgement]) -> Units:
    """The judgements of each case, grouped under all cases, its category, its language, and each reviewer."""
    cases: dict[int, list[IndependentJudgement]] = defaultdict(list)
    for one in judged:
        cases[one.case_id].append(one)
    units: Units = defaultdict(list)
    for judges in cases.values():
        kinds, first = [one.kind for one in judges], judges[0]
        units[MeasuredBy.ALL, ""].append(kinds)
        units[MeasuredBy.CATEGORY, first.category].append(kinds)
        units[MeasuredBy.LANGUAGE, first.language].append(kinds)
        for one in judges:
            units[MeasuredBy.REVIEWER, str(one.person_id)].append(kinds)
    return units


def mistakes(checked: Iterable[RecheckedDecision], quality: QualityRules) -> Counter[tuple[str, str]]:
    """For each attribute, the number of cases that were reviewed and of those found wrong."""
    gender = WordGroups((one.group, one.words) for one in quality.gendered_words)
    places = WordGroups((one.region, one.words) for one in quality.regions)
    counted: Counter[tuple[str, str]] = Counter()
    for case in checked:
        keys = (gender.named_in(case.text), places.named_in(case.text), case.platform, case.language)
        for name, key in zip(AUDITS, keys, strict=True):
            counted[name, f"{key}|checked"] += 1
            counted[name, f"{key}|wrong"] += case.wrong
    return counted


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


@transaction.atomic
def answer_training(golden_id: int, judgement: BlindJudgement, *, actor: Actor) -> bool:
    """Answer a training case; returns whether the answer is the supervisor's. Irreversible.

    The ledger names no case, since its history must not say that it is golden. Raises NotPermitted, NotFound,
    JudgedAgain, InvalidInput (`kind`, `reasons`).
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = (
        training_for(actor)
        .select_for_update(of=("self",), no_key=True)
        .select_related("case__subject__platform")
        .filter(pk=golden_id)
        .first()
    )
    if row is None:
        raise NotFound
    if TrainingAnswer.objects.filter(golden=row, person_id=person).exists():
        raise JudgedAgain
    reasons = judgement.reasons.strip()
    if errors := check_judgement(row.case, judgement.kind, reasons):
        raise InvalidInput(*errors)
    agrees = judgement.kind is DecisionKind(row.kind)
    TrainingAnswer.objects.create(
        golden=row, person_id=person, kind=judgement.kind, reasons=reasons, at=now(), agrees=agrees
    )
    append("answer_training", {"golden": row.pk}, actor=actor, case_id=None)
    return agrees
