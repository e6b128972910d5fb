"""Requesting the reasons on the code's page, which first shows the same for every restriction.

Whoever controls a victim may open the page on the victim's phone. So the first page is always the same, and reasons
appear after a random delay of some hours. A victim-first case thus looks like one whose reasons were not requested, are
delayed, or are kept off the page.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from jaga.casework.appeals.appeals import statement_by_code
from jaga.casework.kernel.ledger import append
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms.decisions import DecisionKind
from jaga.records.access.appeals.statement import ANSWERED_WITHIN
from jaga.records.models import ReasonsAsked

LEAST_WAIT = timedelta(hours=1)


@transaction.atomic
def ask_for_reasons(code: str, *, actor: Actor) -> None:
    """Request the reasons. Idempotent. Raises NotFound."""
    decision = statement_by_code(code).decision
    if decision.kind != DecisionKind.RESTRICT:
        return
    moment = now()
    _, made = ReasonsAsked.objects.get_or_create(
        decision=decision, defaults={"asked_at": moment, "shown_from": moment + _wait()}
    )
    if made:
        append("ask_for_reasons", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)


def _wait() -> timedelta:
    if settings.REASONS_WAIT_SECONDS is not None:
        return timedelta(seconds=settings.REASONS_WAIT_SECONDS)
    spread = int((ANSWERED_WITHIN - LEAST_WAIT).total_seconds())
    return LEAST_WAIT + timedelta(seconds=secrets.randbelow(spread))


@transaction.atomic
def keep_reasons_off(code: str, *, actor: Actor) -> None:
    """Keep the reasons off the page; from now on they are given in person.

    Irreversible on the page. Raises NotFound.
    """
    decision, moment = statement_by_code(code).decision, now()
    if decision.kind != DecisionKind.RESTRICT:
        return
    row, _ = ReasonsAsked.objects.get_or_create(decision=decision, defaults={"asked_at": moment, "shown_from": moment})
    if row.kept_at is None:
        row.kept_at = moment
        row.save(update_fields=["kept_at"])
        append("keep_reasons_off", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)
