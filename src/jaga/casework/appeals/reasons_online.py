"""Asking for the reasons on the code's page. The first answer is the same in every case in which a restriction holds.

Whoever controls a victim opens the page with the victim's phone. So the page of a restriction first says what every
other one says, and an answer to "give me the reasons" takes some hours that chance draws: none of it tells a
victim-first case from one whose reasons were not asked for, wait, or are kept off the page.
"""

import secrets
from datetime import timedelta

from django.conf import settings
from django.db import transaction

from jaga.casework.appeals.appeals import statement_by_code
from jaga.casework.kernel.ledger import enter
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.terms import DecisionKind
from jaga.records.access.appeals.statement import ANSWERED_WITHIN
from jaga.records.models import ReasonsAsked

LEAST_WAIT = timedelta(hours=1)


@transaction.atomic
def ask_for_reasons(code: str, *, actor: Actor) -> None:
    """Whoever has the code asks. A repeat changes nothing. Raises NotFound."""
    decision = statement_by_code(code).decision
    if decision.kind != DecisionKind.RESTRICT:
        return
    moment = now()
    _, made = ReasonsAsked.objects.get_or_create(decision=decision, defaults={
        "asked_at": moment, "shown_from": moment + _wait()})
    if made:
        enter("ask_for_reasons", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)


def _wait() -> timedelta:
    if settings.REASONS_WAIT_SECONDS is not None:
        return timedelta(seconds=settings.REASONS_WAIT_SECONDS)
    spread = int((ANSWERED_WITHIN - LEAST_WAIT).total_seconds())
    return LEAST_WAIT + timedelta(seconds=secrets.randbelow(spread))


@transaction.atomic
def keep_reasons_off(code: str, *, actor: Actor) -> None:
    """Whoever has the code wants the reasons not to stand on the page: from now on a person gives them. Not reversible
    on the page. Raises NotFound."""
    decision, moment = statement_by_code(code).decision, now()
    if decision.kind != DecisionKind.RESTRICT:
        return
    row, _ = ReasonsAsked.objects.get_or_create(decision=decision, defaults={
        "asked_at": moment, "shown_from": moment})
    if row.kept_at is None:
        row.kept_at = moment
        row.save(update_fields=["kept_at"])
        enter("keep_reasons_off", {"decision": decision.pk}, actor=actor, case_id=decision.case_id)
