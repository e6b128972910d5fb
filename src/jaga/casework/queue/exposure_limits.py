"""Exposure limits: time spent in severe material is measured and kept within the policy's budget.

Figures are never used against a person.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.queue.exposure import anyone_else_for, exposure_of
from jaga.records.bulk import ask_prepared
from jaga.records.models import Case, Exposure

BEAT = timedelta(seconds=30)  # how often an open, visible page reports
LONGEST = timedelta(minutes=10)  # counted for a page that stops reporting
_JUDGES = (Role.REVIEWER, Role.SUPERVISOR)


class BudgetSpent(Conflict):
    """The person has used up the shift's budget of severe material."""

    code = "budget_spent"
    sentence = N_("You have seen enough severe material for this shift, so this case is left for a colleague.")
    remedy = N_(
        "Take a lighter case from the queue, or rest. Nothing is recorded against you. What you hold already, "
        "you can finish."
    )


class RotationDue(Conflict):
    """Something lighter is due."""

    code = "rotation_due"
    sentence = N_(
        "You have been looking at severe material for a while, so something lighter comes next, until %(until)s."
    )
    remedy = N_(
        "Take a lighter case from the queue, or a pause. Nothing is recorded against you. What you hold "
        "already, you can finish."
    )


@takes_case
@transaction.atomic
def count_exposure(case: Case, *, actor: Actor) -> None:
    """Record that the person opened this case's page; an earlier page ends. Call it once for each page."""
    person, moment = actor.require(*_JUDGES), now()
    _end(person, moment)
    Exposure.objects.create(person_id=person, case=case, severity=case.severity, at=moment)


@transaction.atomic
def count_text_exposure(*, actor: Actor) -> None:
    """Record that the person opened a text of the sample; an earlier page ends.

    Each counts as severe: any of them may be, and a weight by its content would say what a program thinks of it.
    """
    person, moment = actor.require(*_JUDGES), now()
    _end(person, moment)
    Exposure.objects.create(person_id=person, case=None, severity=load_release().wellness.severe_from, at=moment)


def require_room_for_texts(*, actor: Actor) -> None:
    """Check that the person may be given texts of the sample now. Raises BudgetSpent, RotationDue."""
    exposure = exposure_of(actor)
    if exposure.lighter_only:
        raise BudgetSpent if exposure.lighter_until is None else RotationDue(until=exposure.lighter_until)


def leave_case(*, actor: Actor) -> None:
    """Record that the person moved to a page without a case."""
    if actor.person_id is not None and actor.roles.intersection(_JUDGES) and _open(actor.person_id):
        with transaction.atomic():
            _end(actor.person_id, now())


@takes_case
@transaction.atomic
def beat(case: Case, *, actor: Actor) -> None:
    """Record that the case's page was visible until now.

    Raises NotPermitted.

    Counts at most the time since the person was last seen; the client's clock is not trusted.
    """
    person, moment = actor.require(*_JUDGES), now()
    _lock(person)
    row = Exposure.objects.filter(person_id=person).order_by("-at", "-pk").first()
    if row is None or row.ended_at is not None or row.case_id != case.pk:
        _end(person, moment)  # the earlier page counts until now, this one from now on
        last = Exposure.objects.filter(person_id=person).aggregate(last=Max("ended_at"))["last"]
        row = Exposure(person_id=person, case=case, severity=case.severity, at=moment)
        since = max(last, moment - BEAT) if last else moment - BEAT
    else:
        since = row.beaten_at or row.at
    row.seconds += _seconds(since, moment, BEAT)
    row.beaten_at = moment
    row.save()


def require_room(case: Case, *, actor: Actor) -> None:
    """Check that the person may be given this case now.

    Raises BudgetSpent, RotationDue.

    Lighter cases are always allowed. So is an urgent victim-first case if no other colleague at work has budget left
    for it.
    """
    if case.severity < load_release().wellness.severe_from:
        return
    exposure = exposure_of(actor)
    if not exposure.lighter_only or (case.urgent and case.victim_first and not anyone_else_for(case, actor=actor)):
        return
    if exposure.spent or exposure.lighter_until is None:
        raise BudgetSpent
    raise RotationDue(until=exposure.lighter_until)


def _open(person: int) -> bool:
    return bool(ask_prepared("SELECT 1 FROM records_exposure WHERE person_id = %s AND ended_at IS NULL", [person]))


def _lock(person: int) -> None:
    """Serialise concurrent pages of one person."""
    ask_prepared("SELECT 1 FROM records_person WHERE id = %s FOR NO KEY UPDATE", [person])


def _end(person: int, moment: datetime) -> None:
    _lock(person)
    row = Exposure.objects.filter(person_id=person, ended_at__isnull=True).first()
    if row is None:
        return
    longest = BEAT if row.beaten_at else LONGEST
    row.seconds += _seconds(row.beaten_at or row.at, moment, longest)
    row.ended_at = max(moment, row.at)
    row.save(update_fields=["seconds", "ended_at"])


def _seconds(since: datetime, until: datetime, longest: timedelta) -> int:
    return max(0, int(min(until - since, longest).total_seconds()))
