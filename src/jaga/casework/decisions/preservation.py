"""Preservation ordered by one person: a second agrees within 72 hours, or it lapses and its bytes are erased."""

from collections.abc import Collection
from functools import partial

from django.db import transaction

from jaga.casework.cases.state import locked_case
from jaga.casework.kernel.eligibility import lock_people, require_eligible
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.terms.people import Role
from jaga.records import vault
from jaga.records.access.cases.originals import is_deleted, is_lapsed, preserved_for
from jaga.records.models import Case, Evidence, Preservation


class OwnPreservation(NotPermitted):
    """The second person must be somebody else."""

    code = "own_preservation"
    sentence = N_("You let this be preserved yourself, so somebody else agrees.")
    remedy = N_("Ask a colleague to look at the case before its time is over.")


class PreservationEnded(Conflict):
    """The preservation was confirmed before, or has lapsed."""

    code = "preservation_ended"
    sentence = N_("Nothing here is waiting for a second person.")
    remedy = N_("Look at the case.")


@transaction.atomic
def agree_to_preserve(decision_id: int, *, actor: Actor) -> None:
    """Confirm another person's preservation.

    Irreversible.

    Raises NotPermitted, NotFound, OwnPreservation, PreservationEnded.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    lock_people(person)
    found = Preservation.objects.filter(decision=decision_id).select_related("decision").first()
    if found is None:
        raise NotFound
    case = locked_case(found.decision.case_id, actor=actor)
    require_eligible(case, person)
    if found.decision.decided_by_id == person:
        raise OwnPreservation
    moment = now()
    open_ = Preservation.objects.filter(
        pk=found.pk, agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__gt=moment
    )
    if not open_.update(agreed_by_id=person, agreed_at=moment):
        raise PreservationEnded
    append("agree_to_preserve", {"decision": decision_id}, actor=actor, case_id=case.pk)


def expire_preservations() -> tuple[int, ...]:
    """Decisions whose preservation lapses now."""
    waiting = Preservation.objects.filter(agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__lte=now())
    return tuple(waiting.order_by("lapses_at").values_list("decision_id", flat=True))


@transaction.atomic
def lapse(decision_id: int, *, actor: Actor) -> bool:
    """Let an unconfirmed preservation lapse; returns whether it did.

    Its originals leave the case, and their bytes are erased after the commit unless sealed elsewhere too.
    """
    found = Preservation.objects.select_related("decision").get(decision=decision_id)
    case = locked_case(found.decision.case_id, actor=actor)
    moment = now()
    open_ = Preservation.objects.filter(
        pk=found.pk, agreed_at__isnull=True, lapsed_at__isnull=True, lapses_at__lte=moment
    )
    sealed = set(preserved_for(found.decision).values_list("sha256", flat=True))
    if not open_.update(lapsed_at=moment):
        return False
    append("preservation_lapsed", {"decision": decision_id, "sha256": sorted(sealed)}, actor=actor, case_id=case.pk)
    transaction.on_commit(partial(_erase, case, sealed))
    return True


def _erase(case: Case, hashes: Collection[str]) -> None:
    same_key = Evidence.objects.filter(case=case, report__isnull=True, sha256__in=hashes)
    kept = set(same_key.exclude(is_lapsed()).exclude(is_deleted()).values_list("sha256", flat=True))
    for digest in sorted(set(hashes) - kept):
        vault.erase(digest, case.key_owner())
