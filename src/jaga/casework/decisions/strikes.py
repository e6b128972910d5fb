"""Strikes: a measure counts against an account until it expires or is overturned. Counts suggest; people decide."""

from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.policy import PolicyRelease
from jaga.policy.limits import STRIKELESS_CATEGORIES
from jaga.records.models import Decision, Strike

COUNTING = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


def give_strike(decision: Decision, release: PolicyRelease, *, actor: Actor) -> Strike | None:
    """Record a strike for a restriction or closure, in the decision's transaction.

    None for other decisions and in victim-first cases, where the holder may be the victim.
    """
    case = decision.case
    if decision.kind not in COUNTING or case.victim_first or case.category in STRIKELESS_CATEGORIES:
        return None
    moment = decision.decided_at
    strike = Strike.objects.create(
        subject=decision.subject,
        decision=decision,
        category=case.category,
        given_at=moment,
        expires_at=moment + release.enforcement.strikes.expire,
    )
    append("give_strike", {"strike": strike.pk, "decision": decision.pk}, actor=actor, case_id=case.pk)
    return strike


def withdraw_strike(decision: Decision, *, actor: Actor) -> bool:
    """Withdraw the strike of an overturned decision, irreversibly; returns whether there was one."""
    strike = Strike.objects.filter(decision=decision, withdrawn_at__isnull=True).first()
    if strike is None:
        return False
    strike.withdrawn_at = now()
    strike.save(update_fields=["withdrawn_at"])
    append("withdraw_strike", {"strike": strike.pk, "decision": decision.pk}, actor=actor, case_id=decision.case_id)
    return True
