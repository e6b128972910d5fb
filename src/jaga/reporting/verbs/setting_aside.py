"""Setting aside all reports of one abusive sender: a supervisor's act, which others can undo for 30 days.

It decides nothing. Reports set aside count as no source, and a case in which nobody else reports leaves the queue
until shortly before its deadline: then people decide it by what was published, as every case. It is back at once if the
sender answers or somebody else reports. Each sender is told and can object (compare DSA art. 23(2)-(4), which asks for
a warning, for reasons and for a limited time).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext, override

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.reports import MessageKind
from jaga.queue.verbs.assignment import SHORTEST_HOLD, hold_for_now, lift_by_hand
from jaga.reporting.models import ReporterSetAside, SetAsideReport
from jaga.reporting.reads.set_aside import WAITING, AsideState, senders_reports
from jaga.reporting.verbs.mailbox import write_message
from jaga.reporting.verbs.merging import count_cases
from jaga.store.kernel.jobs import defer_triages
from jaga.store.kernel.ledger import append_many
from jaga.store.kernel.validation import required_text
from jaga.store.reads import refuse_uncleared

UNDO = timedelta(days=30)
MAX_REASONS = 2000
LEFT_FOR_DECIDING = 4
"""One part in this many of the time until its deadline is left for deciding a case that was out of the queue."""
TOLD = N_(
    "We look at this report later, because people here found that earlier reports with your contact were made to"
    " harm somebody. Nothing has been decided. If that is wrong, or if you or somebody else is in danger, write"
    " to us here: a person reads it, and your report returns to its place at once."
)


class CannotSetAside(Conflict):
    """The reports of this sender cannot be set aside now."""

    code = "cannot_set_aside"
    sentence = N_("These reports cannot be set aside.")
    remedy = N_("The page says why. Judge them one by one.")


class UndoOver(Conflict):
    """It was undone already, or the 30 days are over."""

    code = "set_aside_stands"
    sentence = N_("This was undone already, or its 30 days are over.")
    remedy = N_("Open the cases from the list: each can still be decided.")


@transaction.atomic
def set_reports_aside(report_id: int, reasons: str, *, actor: Actor) -> int:
    """Set aside all waiting reports of this report's sender, with reasons; returns the act's id.

    Left out are reports of people who may be in danger, cases that two people have agreed on, and decided cases, which
    are not reopened. A case that somebody works on, holds or has escalated stays where it is. Reversible for 30 days:
    `undo_set_aside`. Raises NotPermitted, NotFound, CannotSetAside, InvalidInput (`reasons`).
    """
    person = actor.require(Role.SUPERVISOR)
    origin = Report.objects.select_related("case").filter(pk=report_id, case__isnull=False).first()
    if origin is None:
        raise NotFound
    refuse_uncleared(origin.in_case, actor=actor)
    why = required_text("reasons", reasons, most=MAX_REASONS, needed=N_("Say why, in a sentence."))
    cases = _locked({row.case_id for row in senders_reports(origin, actor=actor).taken})
    found = senders_reports(origin, actor=actor)  # again, now that nobody else can change these cases
    taken = [row for row in found.taken if row.case_id in cases]
    if found.hindrance is not None or not taken:
        raise CannotSetAside
    moment = now()
    row = ReporterSetAside.objects.create(report=origin, by_id=person, reasons=why, at=moment, undo_until=moment + UNDO)
    reports = {report.pk: report for report in Report.objects.filter(pk__in=[one.report_id for one in taken])}
    Report.objects.filter(pk__in=reports).update(set_aside_at=moment)
    count_cases(cases)
    whole = {one.case_id for one in taken if one.state is AsideState.WHOLE}
    held = {
        number
        for number in whole
        if (until := _until(cases[number], moment)) and hold_for_now(cases[number], until, why, actor=actor)
    }
    SetAsideReport.objects.bulk_create(
        SetAsideReport(set_aside=row, report_id=one.report_id, held=one.case_id in held) for one in taken
    )
    for report in reports.values():
        if report.receipt_hash is not None:
            with override(report.language):
                write_message(report, MessageKind.QUESTION, gettext(TOLD), by=person)
    _announce("set_reports_aside", row, [reports[one.report_id] for one in taken], cases, actor)
    return row.pk


@transaction.atomic
def undo_set_aside(set_aside_id: int, *, actor: Actor) -> None:
    """Give all reports of the act their weight and their cases their place again, where these are undecided.

    Irreversible, though they can be set aside once more. Raises NotPermitted, NotFound, UndoOver.
    """
    person, moment = actor.require(Role.SUPERVISOR), now()
    row = (
        ReporterSetAside.objects.select_for_update(of=("self",))
        .select_related("report__case")
        .filter(pk=set_aside_id)
        .first()
    )
    if row is None:
        raise NotFound
    refuse_uncleared(row.report.in_case, actor=actor)
    if row.undone_at is not None or moment > row.undo_until:
        raise UndoOver
    entries = list(row.reports.select_related("report").order_by("pk"))
    cases = _locked({entry.report.case_id or 0 for entry in entries})
    Report.objects.filter(pk__in=[entry.report_id for entry in entries], set_aside_at=row.at).update(set_aside_at=None)
    count_cases(cases)
    for number in {entry.report.case_id or 0 for entry in entries if entry.held} & set(cases):
        if cases[number].snoozed_by_id == row.by_id and cases[number].snooze_reason == row.reasons:
            lift_by_hand(cases[number], actor=actor)
    row.undone_at, row.undone_by_id = moment, person
    row.save(update_fields=["undone_at", "undone_by"])
    _announce("undo_set_aside", row, [entry.report for entry in entries], cases, actor)


def _locked(numbers: set[int]) -> dict[int, Case]:
    """Those of these cases that still wait for people, locked in order of their numbers."""
    rows = (
        Case.objects.select_for_update(of=("self",), no_key=True)
        .select_related("subject__platform")
        .filter(pk__in=numbers, state__in=WAITING)
        .order_by("pk")
    )
    return {case.pk: case for case in rows}


def _until(case: Case, moment: datetime) -> datetime | None:
    """When a case returns to the queue: with a quarter of its time left. None if that is hardly any."""
    left = (case.due_at - moment) / LEFT_FOR_DECIDING
    return case.due_at - left if left > SHORTEST_HOLD else None


def _announce(
    verb: str, row: ReporterSetAside, reports: Sequence[Report], cases: dict[int, Case], actor: Actor
) -> None:
    """One entry in the history of each case, and in that of the report from which it was done."""
    numbers: dict[int, list[int]] = defaultdict(list)
    numbers[row.report.case_id or 0] = []
    for report in reports:
        numbers[report.case_id or 0].append(report.pk)
    append_many(
        [(verb, {"set_aside": row.pk, "reports": own}, actor, number) for number, own in sorted(numbers.items())]
    )
    defer_triages({number: min(one.priority for one in reports if one.case_id == number) for number in cases})
