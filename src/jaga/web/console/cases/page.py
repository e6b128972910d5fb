"""The case page. Viewing changes nothing; taking and returning the case are separate steps."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.queue.exposure_limits import BudgetSpent, RotationDue
from jaga.casework.queue.leases import LeaseTaken, release_lease, take_lease
from jaga.core.actors import Actor
from jaga.core.errors import IllegalTransition
from jaga.core.terms.people import Role
from jaga.records.access.cases.case_view import CaseView
from jaga.records.access.cases.gate import access_case, access_case_to_read, current_lease, may_vote
from jaga.records.access.cases.kept_back import refuse_unread
from jaga.records.access.cases.related_records import Related, related_records
from jaga.records.access.cases.unverified import is_unverified
from jaga.records.access.queue.queue import next_among, own_vote
from jaga.web.console.cases.forms import DecisionFormData, ballot_of, decision_form
from jaga.web.console.cases.letter_preview import preview_of
from jaga.web.console.cases.presence import kept_draft, presence_of
from jaga.web.console.frame.case_frame import frame_of, page_of
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.console.frame.sections import CasePage, sections_of
from jaga.web.console.queue.exposure import exposure_here


@require_safe
@signed_in
def case(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """One case, with the decision form for the lease holder."""
    return case_page(request, actor, access_case_to_read(case_id, actor=actor))


@require_POST
@signed_in
def take(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Take the case, or extend the lease."""
    row = access_case(case_id, actor=actor)
    try:
        lease_for_voter(row, actor)
    except (LeaseTaken, IllegalTransition, BudgetSpent, RotationDue) as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return redirect("console:case", case_id)


@require_POST
@signed_in
def hand_back(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Return the case to the queue."""
    access_case(case_id, actor=actor)
    release_lease(case_id, actor=actor)
    return redirect("console:queue")


def lease_for_voter(row: CaseView, actor: Actor) -> None:
    """Take the lease for someone who can vote; nobody may block a case they cannot decide."""
    if not may_vote(row, actor=actor):
        raise IllegalTransition
    take_lease(row.pk, actor=actor)


def section_page(request: HttpRequest, actor: Actor, case_id: int) -> CasePage:
    """What a section of the page needs that is loaded by itself."""
    row = access_case(case_id, actor=actor)
    return CasePage(
        request,
        actor,
        row,
        related_records(row, actor=actor),
        current_lease(row, actor=actor),
        may_vote(row, actor=actor),
        1,
    )


def case_page(
    request: HttpRequest, actor: Actor, row: CaseView, *kept: object, refused: Refusal | None = None, status: int = 200
) -> HttpResponse:
    """The page in its current state. `kept`: the input and errors of a rejected form.

    Raises EarlierCaseKeptBack: a refused step shows the page too.
    """
    refuse_unread(row, actor=actor)
    has = related_records(row, actor=actor)
    lease = current_lease(row, actor=actor) if Related.LEASE in has else None
    made = CasePage(request, actor, row, has, lease, may_vote(row, actor=actor), page_of(request), kept)
    entered = made.kept_of(DecisionFormData) or kept_draft(row, lease, actor)
    shows_form = made.can_vote and bool((lease and lease.mine) or entered)
    sections = sections_of(made)
    exposed = exposure_here(row, actor)
    frame = frame_of(request, row, sections.counts, opened=sections.opened, actor=actor)
    return page(
        request,
        actor,
        "cases/case.html",
        {
            **sections.context,
            "sections": sections.templates,
            "case": row,
            **frame,
            **exposed,
            "stage": row.stage,
            "unverified": Related.EMERGENCIES in has and is_unverified(row),
            "own_vote": own_vote(row, actor=actor),
            "lease": lease,
            **presence_of(made),
            "can_vote": made.can_vote,
            "supervises": Role.SUPERVISOR in actor.roles,
            "form": decision_form(row, entered or DecisionFormData(), made.token) if shows_form else None,
            "refused": refused,
            "preview": preview_of(row, ballot_of(entered)) if entered else None,
            "next_id": next_among(
                [line.row for line in frame["rail"]],
                but=row.pk,
                lighter_only=exposed["exposure"].lighter_only,
                actor=actor,
            ),
        },
        open_link="queue",
        status=status,
    )
