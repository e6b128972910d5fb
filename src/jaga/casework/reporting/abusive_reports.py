"""Abusive reports, made to harm somebody innocent: a person's finding, which expires and can be withdrawn.

Its only effect is that later reports of the sender weigh less among the independent sources, though never nothing.
People read them like all others.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q

from jaga.casework.kernel.ledger import append
from jaga.casework.kernel.validation import required_text
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.decisions import DecisionKind
from jaga.core.terms.people import Role
from jaga.records.access.base.clearance import refuse_uncleared
from jaga.records.models import BadFaith, Decision, Report
from jaga.screening.copies.independent_sources import FLOOR

LASTS = timedelta(days=365)
MAX_REASONS = 2000


class NotDismissed(Conflict):
    """Only a report of a dismissed case can have been made in bad faith."""

    code = "not_dismissed"
    sentence = N_("This report's case was not dismissed, or is not decided yet.")
    remedy = N_("Judge the case first. A report that proved right was not made in bad faith.")


class MarkedAlready(Conflict):
    """The report is marked already."""

    code = "marked_already"
    sentence = N_("This report is marked as made in bad faith already.")
    remedy = N_("A supervisor can withdraw the mark.")


@transaction.atomic
def mark_bad_faith(report_id: int, reasons: str, *, actor: Actor) -> BadFaith:
    """Mark a report of a dismissed case as made in bad faith, with reasons, for a year.

    Reversible: `withdraw_bad_faith`.

    Reports by the victims' route and victim-first cases cannot be marked. Raises NotPermitted, NotFound, InvalidInput,
    NotDismissed, MarkedAlready.
    """
    person = actor.require(Role.REVIEWER, Role.SUPERVISOR)
    report = (
        Report.objects.select_for_update(of=("self",))
        .select_related("case")
        .filter(pk=report_id, case__isnull=False)
        .first()
    )
    if report is None or report.case is None:
        raise NotFound
    refuse_uncleared(report.case, actor=actor)
    text = required_text("reasons", reasons.strip(), most=MAX_REASONS, needed=N_("Say why, in a sentence."))
    kinds = set(Decision.objects.filter(case=report.case, overturned_by__isnull=True).values_list("kind", flat=True))
    if kinds != {DecisionKind.DISMISS} or report.route == "victim" or report.case.victim_first:
        raise NotDismissed
    moment = now()
    try:
        with transaction.atomic():
            row = BadFaith.objects.create(
                report=report, judged_by_id=person, reasons=text, at=moment, expires_at=moment + LASTS
            )
    except IntegrityError:
        raise MarkedAlready from None
    append("mark_bad_faith", {"report": report.pk}, actor=actor, case_id=report.case_id)
    return row


@transaction.atomic
def withdraw_bad_faith(mark_id: int, *, actor: Actor) -> None:
    """Withdraw a mark. Weights already assigned to reports stay. Raises NotPermitted, NotFound."""
    person = actor.require(Role.SUPERVISOR)
    row = (
        BadFaith.objects.select_for_update(of=("self",))
        .select_related("report__case")
        .filter(pk=mark_id, withdrawn_at__isnull=True)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared(row.report.in_case, actor=actor)
    row.withdrawn_at, row.withdrawn_by_id = now(), person
    row.save(update_fields=["withdrawn_at", "withdrawn_by"])
    append("withdraw_bad_faith", {"report": row.report_id}, actor=actor, case_id=row.report.case_id)


def weights_of(reports: Sequence[Report]) -> dict[int, float]:
    """The weight of each report whose sender has marks in force, by report id.

    Each mark halves the weight, down to a floor. A sender is identified by contact or organisation, never by network.
    """
    contacts = {bytes(report.contact_key) for report in reports if report.contact_key}
    organisations = {report.organisation_id for report in reports if report.organisation_id}
    if not contacts and not organisations:
        return {}
    marks = BadFaith.objects.filter(
        Q(report__contact_key__in=contacts) | Q(report__organisation__in=organisations),
        withdrawn_at__isnull=True,
        expires_at__gt=now(),
    ).values_list("report__contact_key", "report__organisation_id")
    counted: dict[object, int] = {}
    for contact, organisation in marks:
        for key in (contact and bytes(contact), organisation):
            if key:
                counted[key] = counted.get(key, 0) + 1
    weights = {}
    for report in reports:
        marked = max(
            counted.get(bytes(report.contact_key), 0) if report.contact_key else 0,
            counted.get(report.organisation_id, 0),
        )
        if marked:
            weights[report.pk] = max(FLOOR, 0.5**marked)
    return weights
