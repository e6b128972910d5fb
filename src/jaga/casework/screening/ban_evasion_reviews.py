"""People's judgements of ban-evasion matches, and the end of matches whose decision was overturned."""

from django.db import transaction

from jaga.casework.kernel.jobs import defer_triage
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.access.cases.in_force import decisions_in_force
from jaga.records.models import AccountIndicator, BanEvasionMatch, BanEvasionVerdict, Decision


class BanEvasionMatchWithdrawn(Conflict):
    """The earlier decision was overturned, so the match no longer exists."""

    code = "resemblance_withdrawn"
    sentence = N_("This possible ban evasion was withdrawn: the earlier decision was overturned.")
    remedy = N_("Judge the case by what else is there.")


@transaction.atomic
def decide_ban_evasion_match(match_id: int, *, same_holder: bool, actor: Actor) -> int:
    """Record a person's judgement of a match; returns the case's id.

    It changes the label and nothing else.

    Each person's latest judgement counts. Raises NotPermitted, NotFound, BanEvasionMatchWithdrawn.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    row = (
        BanEvasionMatch.objects.select_for_update(of=("self",))
        .select_related("case", "earlier_case")
        .filter(pk=match_id)
        .first()
    )
    if row is None:
        raise NotFound
    for case in (row.case, row.earlier_case):
        refuse_uncleared(case, actor=actor)
    if row.withdrawn_at is not None:
        raise BanEvasionMatchWithdrawn
    BanEvasionVerdict.objects.update_or_create(
        match=row, person_id=person, defaults={"same_holder": same_holder, "at": now()}
    )
    append("decide_ban_evasion_match", {"match": row.pk, "same_holder": same_holder}, actor=actor, case_id=row.case_id)
    return row.case_id


@transaction.atomic
def forget_links(decision: Decision, *, actor: Actor) -> int:
    """Undo matches that rest on an overturned decision; returns how many were withdrawn.

    If another decision in force holds the account, its matches now rest on that one. Otherwise matches in both
    directions are withdrawn, the account's indicators are deleted, and the cases are ranked again. Irreversible: a
    later report stores new indicators.
    """
    others = decisions_in_force().filter(subject_id=decision.subject_id).exclude(pk=decision.pk)
    live = BanEvasionMatch.objects.filter(withdrawn_at__isnull=True)
    other = others.order_by("-pk").first()
    if other is not None:
        live.filter(earlier_subject_id=decision.subject_id).update(earlier_case_id=other.case_id)
        return 0
    rows = list(
        (live.filter(earlier_subject_id=decision.subject_id) | live.filter(subject_id=decision.subject_id))
        .select_for_update()
        .order_by("pk")
    )
    BanEvasionMatch.objects.filter(pk__in=[row.pk for row in rows]).update(withdrawn_at=now())
    for row in rows:
        append(
            "withdraw_ban_evasion_match", {"match": row.pk, "decision": decision.pk}, actor=actor, case_id=row.case_id
        )
    for case_id in sorted({row.case_id for row in rows}):
        defer_triage(case_id)
    gone = AccountIndicator.objects.filter(subject_id=decision.subject_id)
    append(
        "delete_indicators",
        {"decision": decision.pk, "indicators": gone.count()},
        actor=actor,
        case_id=decision.case_id,
    )
    gone.delete()
    return len(rows)
