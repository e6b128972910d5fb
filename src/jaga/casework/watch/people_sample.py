"""The sample that people judge: drawn a week at a time, judged by two who do not know of each other, or by three.

It changes no case and makes none. What people say measures the rules (`records.access.watch.rule_measures`), and stops
those that are wrong too often (`casework.watch.rule_suspensions`).
"""

from collections import defaultdict
from datetime import date
from hashlib import sha256

from django.db import connection, transaction

from jaga.casework.kernel.ledger import append
from jaga.casework.queue.exposure_limits import require_room_for_texts
from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.policy.local_time import today, week_of
from jaga.records.access.base.clearance import READERS
from jaga.records.access.watch.people_sample import HELD, JUDGED_BY, answers, held_judgements, texts_open_to
from jaga.records.codes import commitment, lot
from jaga.records.models import Person, SampledText, SampleJudgement, WatchSample

NO_OFFENCE = ""
_DRAWING = 0x6A616477  # An advisory lock: one worker draws at a time.
_CHOICES = 50
"""Texts among which the next one is chosen by a keyed lot, so that two people rarely hold the same."""


class SampleSettled(Conflict):
    """The text was judged by enough people, or deleted, or held for too long."""

    code = "sample_settled"
    sentence = N_("This text no longer needs a judgement, or you held it for more than a day.")
    remedy = N_("Take the next one.")


@transaction.atomic
def draw_sample(*, actor: Actor) -> int:
    """Draw the texts of every week that is over and not drawn yet; returns how many. Periodic task.

    Of each source and rule, and of what was not flagged of each source, the texts with the smallest tickets: the same
    data and key always give the same draw. The ledger's entry holds their number and a hash of them.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_DRAWING])
    over = WatchSample.objects.filter(week__lt=week_of(today()), drawn__isnull=True)
    weeks = {week for week in over.values_list("week", flat=True).distinct() if week}
    weeks -= set(SampledText.objects.filter(week__in=weeks).values_list("week", flat=True).distinct())
    return sum(_draw(week, actor) for week in sorted(weeks))


def _draw(week: date, actor: Actor) -> int:
    quota = load_release().screening
    parts: dict[tuple[str, str, str], list[WatchSample]] = defaultdict(list)
    rows = WatchSample.objects.filter(week=week, drawn__isnull=True)
    for row in rows.order_by("kind", "rule", "category", "ticket", "pk").defer("sealed", "native"):
        part = parts[row.kind, row.rule, row.category]
        if len(part) < (quota.sampled_flagged if row.rule else quota.sampled_unflagged):
            part.append(row)
    moment, chosen = now(), [row for part in parts.values() for row in part]
    drawn = SampledText.objects.bulk_create(
        SampledText(
            week=week, kind=row.kind, rule=row.rule, category=row.category, ticket=row.ticket or 0.0, drawn_at=moment
        )
        for row in chosen
    )
    for row, text in zip(chosen, drawn, strict=True):
        row.drawn = text
    WatchSample.objects.bulk_update(chosen, ["drawn"])
    listed = canonical_json([[row.kind, row.rule, row.category, repr(row.ticket)] for row in chosen])
    append(
        "draw_people_sample",
        {"week": str(week), "texts": len(chosen), "sha256": sha256(listed).hexdigest()},
        actor=actor,
        case_id=None,
    )
    return len(chosen)


@transaction.atomic
def take_text(*, actor: Actor) -> int | None:
    """The id of the judgement to give next, first one already begun; None if no text waits for this person.

    Flagged and unflagged texts come mixed, in an order by keyed lot that nobody chooses. Reversible: `leave_text`.
    Raises NotPermitted, BudgetSpent, RotationDue.
    """
    person = actor.require(*READERS)
    Person.objects.select_for_update(no_key=True, of=("self",)).get(pk=person)  # a double click takes one text
    begun = held_judgements(actor).order_by("pk").first()
    if begun is not None:
        return begun.pk
    require_room_for_texts(actor=actor)
    waiting = list(texts_open_to(actor).order_by("week", "ticket").values_list("pk", flat=True)[:_CHOICES])
    for number in sorted(waiting, key=lambda number: lot(f"sample-turn:{person}:{number}")):
        SampledText.objects.select_for_update(no_key=True, of=("self",)).get(pk=number)
        if texts_open_to(actor).filter(pk=number).exists():  # nobody took it meanwhile
            row, made = SampleJudgement.objects.get_or_create(
                text_id=number, person_id=person, defaults={"taken_at": now()}
            )
            if not made:  # held before, for too long
                row.taken_at = now()
                row.save(update_fields=["taken_at"])
            return row.pk
    return None


@transaction.atomic
def leave_text(judgement_id: int, *, actor: Actor) -> None:
    """Leave the text to somebody else, without a reason or any consequence; it does not come back to this person.

    Raises NotPermitted, NotFound, SampleSettled.
    """
    row = _own(judgement_id, actor)
    row.left_at = now()
    row.save(update_fields=["left_at"])


@transaction.atomic
def judge_text(judgement_id: int, answer: str | None, *, actor: Actor) -> None:
    """Record which offence this person sees in the text, a category's key or `NO_OFFENCE`. Irreversible.

    Two equal answers settle the text; if they differ, a third person's answer does. The ledger does not say what was
    answered. Raises NotPermitted, NotFound, SampleSettled, InvalidInput.
    """
    row = _own(judgement_id, actor)
    if answer is None or answer not in (NO_OFFENCE, *answers(load_release())):
        raise InvalidInput(FieldError("answer", "unknown", N_("Choose an answer from the list.")))
    row.answer, row.judged_at = answer, now()
    row.save(update_fields=["answer", "judged_at"])
    sealed = canonical_json({"judgement": row.pk, "answer": answer})
    _settle(row.text, answer)
    append(
        "judge_sampled_text",
        {"judgement": row.pk, "text": row.text_id, "commitment": commitment(sealed)},
        actor=actor,
        case_id=None,
        rows=[("samplejudgement.answer", row.pk)],
    )


def _settle(text: SampledText, last: str) -> None:
    given = list(SampleJudgement.objects.filter(text=text, answer__isnull=False).values_list("answer", flat=True))
    if len(given) > JUDGED_BY or (len(given) == JUDGED_BY and len(set(given)) == 1):
        text.outcome, text.settled_at = last, now()
        text.save(update_fields=["outcome", "settled_at"])


def _own(judgement_id: int, actor: Actor) -> SampleJudgement:
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = SampleJudgement.objects.filter(pk=judgement_id, person_id=person).first()
    if row is None:
        raise NotFound
    row.text = SampledText.objects.select_for_update(no_key=True, of=("self",)).get(pk=row.text_id)
    row.refresh_from_db(fields=["judged_at", "left_at", "taken_at"])
    if (
        row.text.settled_at
        or row.judged_at
        or row.left_at
        or row.taken_at <= now() - HELD
        or not WatchSample.objects.filter(drawn=row.text_id).exists()
    ):
        raise SampleSettled
    return row
