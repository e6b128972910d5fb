"""Rules that are wrong too often stop making cases by themselves; a person switches them on again, with a reason.

A rule that looks for possible victims is never stopped, since missing one is worse than a text looked at in vain:
then there is only an alarm.
"""

from django.db import connection, transaction
from django.db.models import Max

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.notification_mail import call_person
from jaga.casework.kernel.validation import check_required
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, InvalidInput, NotFound
from jaga.policy import PolicyRelease, load_release
from jaga.policy.limits import LEAST_JUDGED, VICTIM_FIRST_CATEGORIES
from jaga.records.access.quality.canary_alarms import WATCHES
from jaga.records.access.watch.rule_measures import MAY_SWITCH_ON, judged_parts, precision_of
from jaga.records.models import Person, RuleSuspension, SampledText

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
