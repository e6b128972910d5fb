"""All reports of one abusive sender are set aside by a supervisor: held, never dismissed, and undone for 30 days.

Thought through for two people: somebody who is controlled by others and reports often, and somebody who is wrongly
called abusive.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from tests.factories import World, in_review, report, vote

from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report
from jaga.core.actors import PUBLIC, SYSTEM, Actor
from jaga.core.cases import CaseState
from jaga.core.clock import frozen, now
from jaga.core.errors import NotPermitted
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import FilingPriority, ReportRoute
from jaga.queue.verbs import leases
from jaga.reporting.models import ReporterSetAside, ReportMessage, SetAsideReport
from jaga.reporting.reads.set_aside import Hindrance, access_senders_reports
from jaga.reporting.verbs import independent_sources as abusive_reports
from jaga.reporting.verbs import mailbox, setting_aside
from jaga.signals.verbs import triage
from jaga.store.models import LedgerEntry

WHY = "Berulang kali melaporkan mantan pegawainya dengan cerita yang sama."
SENDER = {"source": "jahat@contoh.example", "contact": "jahat@contoh.example"}
Open = Callable[[Actor], Client]


def _abusive(world: World, *judges: Actor) -> int:
    """A sender with one marked report for each judge; returns the first of them."""
    first = 0
    for number, judge in enumerate(judges):
        case_id = in_review(account=f"tuduhan{number}", **SENDER)
        vote(case_id, DecisionKind.DISMISS, judge)
        first = first or Report.objects.get(case=case_id).pk
        abusive_reports.mark_bad_faith(Report.objects.get(case=case_id).pk, WHY, actor=judge)
    return first


def _seen(report_id: int, actor: Actor) -> Hindrance | None:
    case_id = Report.objects.get(pk=report_id).case_id or 0
    return access_senders_reports(report_id, case_id=case_id, actor=actor).hindrance


def test_waiting_reports_are_held_and_decided_cases_stay_decided(world: World) -> None:
    """A case in which nobody else reports leaves the queue until before its deadline; where others report too, only the
    weight changes. Nothing is decided or reopened, each case's history says it, and everything comes back by undoing.
    """
    origin = _abusive(world, *world.reviewers[:2])
    decided = Case.objects.get(pk=Report.objects.get(pk=origin).case_id)
    alone = in_review(account="kenanga", **SENDER)
    shared = in_review(account="seroja", **SENDER)
    report(account="seroja", source="198.51.100.4")
    triage.triage_case(shared, actor=SYSTEM)
    sources = Case.objects.get(pk=shared).sources_count
    number = setting_aside.set_reports_aside(origin, WHY, actor=world.supervisor)
    held, other = Case.objects.get(pk=alone), Case.objects.get(pk=shared)
    assert held.state == other.state == CaseState.IN_REVIEW
    assert held.snoozed_until is not None
    assert now() < held.snoozed_until < held.due_at
    assert other.snoozed_until is None
    assert other.sources_count < sources or sources == 1
    assert Report.objects.filter(set_aside_at__isnull=False).count() == 2
    assert Case.objects.get(pk=decided.pk).decided_at == decided.decided_at
    assert set(LedgerEntry.objects.filter(verb="set_reports_aside").values_list("case_ref", flat=True)) == {
        decided.pk,
        alone,
        shared,
    }
    triage.triage_case(alone, actor=SYSTEM)
    assert Case.objects.get(pk=alone).snoozed_until is not None
    setting_aside.undo_set_aside(number, actor=world.supervisor)
    assert Case.objects.get(pk=alone).snoozed_until is None
    assert not Report.objects.filter(set_aside_at__isnull=False).exists()
    assert Case.objects.get(pk=shared).sources_count == sources
    with pytest.raises(setting_aside.UndoOver):
        setting_aside.undo_set_aside(number, actor=world.supervisor)


def test_it_takes_findings_of_several_cases_and_of_another_person(world: World) -> None:
    """One mistaken finding is not enough, nor are the supervisor's own alone; reviewers cannot do it at all."""
    waiting = in_review(account="kenanga", **SENDER)
    one = _abusive(world, world.supervisor)
    assert _seen(one, world.supervisor) is Hindrance.MARKS
    with pytest.raises(setting_aside.CannotSetAside):
        setting_aside.set_reports_aside(one, WHY, actor=world.supervisor)
    _abusive_more = in_review(account="tuduhan9", **SENDER)
    vote(_abusive_more, DecisionKind.DISMISS, world.supervisor)
    last = Report.objects.get(case=_abusive_more).pk
    mark = abusive_reports.mark_bad_faith(last, WHY, actor=world.supervisor)
    assert _seen(one, world.supervisor) is Hindrance.ALONE
    abusive_reports.withdraw_bad_faith(mark.pk, actor=world.supervisor)
    abusive_reports.mark_bad_faith(last, WHY, actor=world.reviewers[0])
    assert _seen(one, world.supervisor) is None
    with pytest.raises(NotPermitted):
        setting_aside.set_reports_aside(one, WHY, actor=world.reviewers[0])
    anonymous = in_review(account="melur", source="198.51.100.9", contact="")
    assert _seen(Report.objects.get(case=anonymous).pk, world.supervisor) is Hindrance.NOBODY
    setting_aside.set_reports_aside(one, WHY, actor=world.supervisor)
    assert Case.objects.get(pk=waiting).snoozed_until is not None


def test_reports_of_somebody_in_danger_keep_their_place(world: World) -> None:
    """An urgent report stays; and while a report by the victims' route is unjudged, none
    of its sender's is set aside.
    """
    origin = _abusive(world, *world.reviewers[:2])
    plain = in_review(account="kenanga", **SENDER)
    urgent = in_review(account="seroja", **SENDER)
    Report.objects.filter(case=urgent).update(priority=FilingPriority.URGENT)
    setting_aside.set_reports_aside(origin, WHY, actor=world.supervisor)
    assert Case.objects.get(pk=plain).snoozed_until is not None
    assert Case.objects.get(pk=urgent).snoozed_until is None
    assert not Report.objects.get(case=urgent).set_aside_at
    setting_aside.undo_set_aside(ReporterSetAside.objects.get().pk, actor=world.supervisor)
    in_review(account="dahlia", route=ReportRoute.VICTIM, **SENDER)
    assert _seen(origin, world.supervisor) is Hindrance.DANGER
    with pytest.raises(setting_aside.CannotSetAside):
        setting_aside.set_reports_aside(origin, WHY, actor=world.supervisor)


def test_whoever_is_wrongly_called_abusive_is_told_and_brings_the_case_back_by_answering(world: World) -> None:
    """The sender reads it with the receipt, in the report's language; an answer lifts the hold at once. What somebody
    works on is not taken out of their hands.
    """
    origin = _abusive(world, *world.reviewers[:2])
    case_id, worked_on = in_review(account="kenanga", **SENDER), in_review(account="seroja", **SENDER)
    leases.take_lease(worked_on, actor=world.reviewers[2])
    setting_aside.set_reports_aside(origin, WHY, actor=world.supervisor)
    assert Case.objects.get(pk=worked_on).snoozed_until is None
    message = ReportMessage.objects.get(report__case=case_id)
    assert message.from_us
    assert "mantan" not in message.text  # the reasons are the house's
    mailbox.write_back(Report.objects.get(case=case_id).pk, "Itu tidak benar, saya saksinya.", actor=PUBLIC)
    assert Case.objects.get(pk=case_id).snoozed_until is None


def test_after_thirty_days_it_stands_and_the_database_says_so_too(world: World) -> None:
    """Not even with a shell's SQL is an act undone late; its reports are listed once."""
    origin = _abusive(world, *world.reviewers[:2])
    in_review(account="kenanga", **SENDER)
    number = setting_aside.set_reports_aside(origin, WHY, actor=world.supervisor)
    entry = SetAsideReport.objects.get()
    with pytest.raises(IntegrityError, match="report_once"), transaction.atomic():
        SetAsideReport.objects.create(set_aside_id=number, report_id=entry.report_id, held=True)
    with frozen(now() + setting_aside.UNDO + timedelta(minutes=1)):
        with pytest.raises(setting_aside.UndoOver):
            setting_aside.undo_set_aside(number, actor=world.supervisor)
        with pytest.raises(IntegrityError, match="undone_in_time"), transaction.atomic():
            ReporterSetAside.objects.filter(pk=number).update(undone_at=now(), undone_by_id=world.supervisor.person_id)


def test_the_pages(world: World, browser_of: Open) -> None:
    """From “Who speaks here” to the preview with the decided cases, to the list and back by undoing."""
    origin = _abusive(world, *world.reviewers[:2])
    waiting = in_review(account="kenanga", **SENDER)
    case_id = Report.objects.get(pk=origin).case_id or 0
    client, address = browser_of(world.supervisor), f"/console/cases/K{case_id:06d}/sources/"
    way = f"{address}reports/{origin}/"
    assert f"{way}sender/" in client.get(address).content.decode()
    preview = client.get(f"{way}sender/").content.decode()
    assert f"K{waiting:06d}" in preview
    assert "Decided already" in preview
    assert "jahat@contoh.example" not in preview
    assert client.post(f"{way}set-aside/", {"reasons": ""}).status_code == 422
    assert client.post(f"{way}set-aside/", {"reasons": WHY}).headers["Location"] == "/console/reports-set-aside/"
    assert WHY in client.get("/console/reports-set-aside/").content.decode()
    assert (
        "set aside with all reports of its sender"
        in client.get(f"/console/cases/K{waiting:06d}/sources/").content.decode()
    )
    number = ReporterSetAside.objects.get().pk
    assert client.post(f"/console/reports-set-aside/{number}/undo/").status_code == 302
    assert client.post(f"/console/reports-set-aside/{number}/undo/").status_code == 409
