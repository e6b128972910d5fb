"""The sample that people judge: drawn a week at a time, judged by two who do not know of each other, or by three.

It changes no case and makes none. What people say measures the rules (`watch.reads.people_sample`), and stops
those that are wrong too often (`watch.verbs.people_sample`).

What may be drawn for the sample that people judge: counts of all texts by rule, and some of them, without account.

Of what is flagged the texts with the smallest tickets are kept, as many as are drawn a week; of the rest a random
share. A ticket is a keyed number of week and text (`store.codes.lot`), so that nobody can choose, foresee or repeat
a draw with another result.

Rules that are wrong too often stop making cases by themselves; a person switches them on again, with a reason.

A rule that looks for possible victims is never stopped, since missing one is worse than a text looked at in vain:
then there is only an alarm.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from django.db import connection, transaction
from django.db.models import Max

from jaga.core.actors import Actor
from jaga.core.canonical import canonical_json
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, NotFound
from jaga.core.terms.people import Role
from jaga.people.models import Person
from jaga.policy.limits import LEAST_JUDGED, VICTIM_FIRST_CATEGORIES
from jaga.policy.local_time import today, week_of
from jaga.policy.release import PolicyRelease, load_release
from jaga.quality.reads.access_log import WATCHES
from jaga.queue.verbs.leases import require_room_for_texts
from jaga.reporting.verbs.monitoring import Flag
from jaga.store.codes import commitment, lot, seal_observed
from jaga.store.kernel.ledger import append
from jaga.store.kernel.notification_mail import call_person
from jaga.store.kernel.validation import check_required
from jaga.store.reads import READERS
from jaga.watch.models.kept import WatchSample
from jaga.watch.models.watches import RuleSuspension, SampledText, SampleJudgement
from jaga.watch.reads.people_sample import (
    HELD,
    JUDGED_BY,
    MAY_SWITCH_ON,
    answers,
    held_judgements,
    judged_parts,
    precision_of,
    texts_open_to,
)

SAMPLE_SHARE = 0.01
"""The share of unflagged texts that is kept to measure what programs miss."""
_COUNT = """
INSERT INTO records_screenedcount AS c (week, kind, rule, category, number)
SELECT %(week)s, %(kind)s, rule, category, number
FROM unnest(%(rules)s::text[], %(categories)s::text[], %(numbers)s::int[]) AS new(rule, category, number)
ORDER BY rule, category
ON CONFLICT (week, kind, rule, category) DO UPDATE SET number = c.number + excluded.number
"""
_DROP_REST = """
DELETE FROM records_watchsample WHERE id IN (SELECT id FROM (
    SELECT id, row_number() OVER (PARTITION BY rule, category ORDER BY ticket, id) AS place FROM records_watchsample
    WHERE week = %s AND kind = %s AND rule = ANY(%s) AND drawn_id IS NULL) ranked WHERE place > %s)
"""


@dataclass(frozen=True)
class WatchedText:
    """A text that was screened: its keyed hashes, its words, and its flag or None."""

    native: bytes
    content: bytes
    text: str
    flag: Flag | None


def keep_candidates(kind: str, screened: Sequence[WatchedText], release: PolicyRelease) -> None:
    """Count these texts of a kind of source by rule, and keep those that may be drawn, in the caller's transaction."""
    count_screened(kind, Counter(_part(one) for one in screened))
    keep_for_sample(
        kind,
        [one for one in screened if one.flag or lot(f"watch:{one.native.hex()}:{one.content.hex()}") < SAMPLE_SHARE],
        release,
    )


def count_screened(kind: str, counts: Mapping[tuple[str, str], int]) -> None:
    """Add to how many texts of this week were screened, by rule and category ("" for those that no rule flagged)."""
    if not counts:
        return
    with connection.cursor() as cursor:  # in one order, so that two watches never wait for each other
        cursor.execute(
            _COUNT,
            {
                "week": week_of(today()),
                "kind": kind,
                "rules": [rule for rule, _ in counts],
                "categories": [category for _, category in counts],
                "numbers": list(counts.values()),
            },
        )


def keep_for_sample(kind: str, kept: Sequence[WatchedText], release: PolicyRelease) -> None:
    """Store these texts so that the people sample can be drawn from them.

    Of the flagged texts of a week, source and rule only `sampled_flagged` stay, those with the smallest tickets
    (`ticket_of`).
    """
    week = week_of(today())
    WatchSample.objects.bulk_create(_candidate(kind, week, one) for one in kept)
    if rules := sorted({one.flag.rule for one in kept if one.flag}):
        with connection.cursor() as cursor:
            cursor.execute(_DROP_REST, [week, kind, rules, release.screening.sampled_flagged])


def ticket_of(one: WatchedText) -> float:
    """The number by which texts of this week are drawn, the smallest first."""
    return lot(f"people-sample:{week_of(today())}:{one.native.hex()}:{one.content.hex()}")


def _part(one: WatchedText) -> tuple[str, str]:
    return (one.flag.rule, one.flag.category) if one.flag else ("", "")


def _candidate(kind: str, week: date, one: WatchedText) -> WatchSample:
    rule, category = _part(one)
    return WatchSample(
        native=one.native,
        kind=kind,
        sealed=seal_observed({"text": one.text}),
        at=now(),
        week=week,
        rule=rule,
        category=category,
        ticket=ticket_of(one),
    )


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


LEAST_REASON, MAX_REASON = 10, 1000
_STOPPING = 0x6A616472  # An advisory lock: one worker looks at a time.


class SwitchedOnAlready(Conflict):
    """Somebody else answered it."""

    code = "switched_on_already"
    sentence = N_("This rule was switched on again already.")
    remedy = N_("Read in the list who did it, and why.")


@transaction.atomic
def suspend_wrong_rules(*, actor: Actor) -> int:
    """Stop each rule whose precision lies below the policy's line with its whole interval; returns how many.

    It takes `limits.LEAST_JUDGED` judged texts, drawn after a person last switched the rule on. A rule that looks for
    victims goes on with an alarm. Each is an entry in the ledger, and a mail to those with an alarm address. Periodic
    task. Reversible: `switch_rule_on`.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_STOPPING])
    release, done = load_release(), 0
    stopped = set(RuleSuspension.objects.filter(ended_at__isnull=True).values_list("rule", flat=True))
    since = dict(RuleSuspension.objects.filter(ended_at__isnull=False).values_list("rule").annotate(Max("ended_at")))
    rules = SampledText.objects.filter(settled_at__isnull=False).exclude(rule="").exclude(rule__in=stopped)
    for rule in sorted(set(rules.values_list("rule", flat=True))):
        parts = judged_parts(rule=rule, drawn_after=since.get(rule))
        found = precision_of(parts)
        if found is None or found.judged < LEAST_JUDGED or found.high >= release.screening.precision_line:
            continue
        newest = max(parts, key=lambda part: (part.week, part.size))
        row = RuleSuspension.objects.create(
            rule=rule,
            category=newest.category,
            alarm_only=looks_for_victims(rule, newest.category, release),
            judged=found.judged,
            right=found.hits,
            upper=found.high,
            line=release.screening.precision_line,
            policy_hash=release.hash,
            suspended_at=now(),
        )
        append(
            "suspend_rule",
            {
                "suspension": row.pk,
                "rule": rule,
                "alarm_only": row.alarm_only,
                "judged": row.judged,
                "right": row.right,
                "policy": release.hash,
            },
            actor=actor,
            case_id=None,
        )
        _call(row)
        done += 1
    return done


def looks_for_victims(rule: str, category: str, release: PolicyRelease) -> bool:
    """Whether the rule's category or branch is victim-first."""
    known = release.by_key.get(category)
    return (
        category in VICTIM_FIRST_CATEGORIES
        or (known is not None and known.victim_first)
        or any(one.key == rule and one.branch == "victim_first" for one in release.screening_rules)
    )


def _call(row: RuleSuspension) -> None:
    watching = Person.objects.filter(is_active=True, alarm_address__isnull=False, roles__role__in=WATCHES)
    for person in watching.select_related("alarm_address").distinct():
        call_person(
            person, f"rule-alarm-{row.pk}-person-{person.pk}", "/console/rules/", email=person.alarm_address.email
        )


@transaction.atomic
def switch_rule_on(suspension_id: int, why: str, *, actor: Actor) -> None:
    """Let a stopped rule make cases again, or answer the alarm of one that went on, with a reason.

    Only texts that are drawn from now on count against it. Reversible by new judgements alone. Raises NotPermitted,
    NotFound, SwitchedOnAlready, InvalidInput.
    """
    person = actor.require(*MAY_SWITCH_ON)
    row = RuleSuspension.objects.select_for_update(of=("self",)).filter(pk=suspension_id).first()
    if row is None:
        raise NotFound
    if row.ended_at is not None:
        raise SwitchedOnAlready
    if errors := check_required(
        "why",
        why,
        least=LEAST_REASON,
        most=MAX_REASON,
        needed=N_("Say in a sentence of at least %(least)s characters what changed, or why the judgements do not fit."),
    ):
        raise InvalidInput(*errors)
    row.ended_by_id, row.ended_at, row.why = person, now(), why.strip()
    row.save(update_fields=["ended_by", "ended_at", "why"])
    append("switch_rule_on", {"suspension": row.pk, "rule": row.rule}, actor=actor, case_id=None)
