"""The case page. Viewing changes nothing; taking and returning the case are separate steps.

Earlier decisions and strikes, opened by a person who has read this report.

Preview of the holder's letter and of the reasons page, in both languages, before a decision.

The case page's routing section: queue, reason, and the forms that move the case.

Leases and drafts on the case page; `static/lease.js` keeps them current.

Keep-alive requests of an open case page: extend the lease, save the draft, and show who else is present.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.reads.case_view import CaseView, is_unverified, refuse_unread
from jaga.cases.reads.gate import (
    LeaseView,
    Related,
    access_case,
    access_case_to_read,
    access_open_case,
    current_lease,
    may_vote,
    related_records,
)
from jaga.cases.reads.history import NotReadYet, access_earlier
from jaga.cases.verbs.state import AlreadyVoted
from jaga.core.actors import Actor
from jaga.core.canonical import rfc3339
from jaga.core.clock import now
from jaga.core.errors import IllegalTransition, InvalidInput
from jaga.core.terms.people import Role
from jaga.decisions.verbs import preservation as letter_preview
from jaga.decisions.verbs.preservation import Preview
from jaga.decisions.verbs.voting import Ballot
from jaga.desk.cases.forms import BallotForm, DecisionFormData, ballot_of, decision_form
from jaga.policy.release import load_release
from jaga.policy.routing import Queue
from jaga.queue.console.queue import exposure_here
from jaga.queue.reads.queue import next_among, own_vote
from jaga.queue.reads.routing import CasePlacement, draft_of, place_of
from jaga.queue.verbs.assignment import placed
from jaga.queue.verbs.leases import (
    BudgetSpent,
    LeaseLost,
    LeaseTaken,
    NothingHeld,
    RotationDue,
    prolong_lease,
    release_lease,
    save_draft,
    take_lease,
    take_over_lease,
)
from jaga.web.errors import fill, language, problem, say_fields
from jaga.web.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.frame.pages import Refusal, page, refusal, signed_in
from jaga.web.frame.sections import CasePage, fence_of, frame_of, lease_token, page_of, sections_of


@require_safe
@signed_in
def earlier(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """What was decided before about this account. Whoever has not opened the case is led there first."""
    try:
        case, found = access_earlier(case_id, actor=actor)
    except NotReadYet:
        return redirect("console:case", case_id)
    return page(request, actor, "cases/earlier.html", {"case": case, "earlier": found}, open_link="queue")


def preview_of(case: CaseView, ballot: Ballot | None) -> Preview:
    """What the account holder would read, or why there is nothing yet, in the reader's language. Stores nothing."""
    made = letter_preview.preview_of(case, ballot)
    return replace(made, why_not=fill(made.why_not, {})) if made.why_not else made


HOURS = (1, 2, 4, 8, 12)


@dataclass(frozen=True)
class Moving:
    """A rejected form: which one, its input and errors."""

    form: str = ""
    entered: Mapping[str, str] = field(default_factory=dict)
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class PolicyQuestionFormData:
    """A rejected question about the policy: its text and errors."""

    text: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownPlace:
    """The placement as sentences."""

    place: CasePlacement
    queue: Queue
    why: str
    queues: tuple[Queue, ...]
    hours: tuple[int, ...]
    moving: Moving


def routing_of(page: CasePage) -> Mapping[str, object]:
    """The template context of the routing section."""
    release, place = load_release(), place_of(page.case, page.has, actor=page.actor)
    left = place.due_at - now()
    return {
        "place": ShownPlace(
            place,
            release.routing.queue(page.case.queue),
            placed(page.case, release).why.say(language()),
            release.routing.queues,
            tuple(hours for hours in HOURS if timedelta(hours=hours) < left),
            page.kept_of(Moving) or Moving(),
        )
    }


WARN_SECONDS = 120  # Before a lease ends.
NOT_KEPT = frozenset({"csrfmiddlewaretoken", "lease", "last_message", "step", "as_prepared"})


@dataclass(frozen=True)
class TakingOver:
    """A supervisor's take-over form with its input and errors."""

    reason: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ShownLease:
    """The state of the page's lease when rendered."""

    token: str
    left: int
    has_draft: bool
    may_take_over: bool
    taking: TakingOver


def hold_of(page: CasePage) -> dict[str, object]:
    """The template context of leases."""
    mine = bool(page.lease and page.lease.mine)
    return {
        "warn_seconds": WARN_SECONDS,
        "hold": ShownLease(
            page.token,
            seconds_left(page.lease),
            page.can_vote and not mine and Related.OWN_DRAFT in page.has,
            page.can_vote and page.lease is not None and not mine and Role.SUPERVISOR in page.actor.roles,
            page.kept_of(TakingOver) or TakingOver(),
        ),
    }


def seconds_left(lease: LeaseView | None) -> int:
    """The remaining lease time in seconds, as the reader's clock may be wrong."""
    return max(0, int((lease.until - now()).total_seconds())) if lease else 0


def kept_draft(row: CaseView, lease: LeaseView | None, actor: Actor) -> DecisionFormData | None:
    """The person's saved draft if they hold the case now; None if there is nothing to show."""
    kept = draft_of(row, actor=actor) if lease and lease.mine else None
    return BallotForm.read(_as_sent(kept)).entered() if kept else None


def kept_fields(sent: QueryDict) -> dict[str, Sequence[str]]:
    """The fields of a submitted form that belong in a draft: all but those of this page instance."""
    return {name: sent.getlist(name) for name in sent if name not in NOT_KEPT}


def _as_sent(kept: Mapping[str, Sequence[str]]) -> QueryDict:
    sent = QueryDict(mutable=True)
    for name, values in kept.items():
        sent.setlist(name, list(values))
    return sent


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
            **hold_of(made),
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


class LeaseForm(ConsoleForm):
    """A keep-alive request: whether the person was active, and the page's lease."""

    lease = Text()
    used = Ticked("1")


class TakeOverForm(ConsoleForm):
    """Why a supervisor takes the case over."""

    reason = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def lease(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """The lease holder; with `used=1` POST extends one's own lease.

    A lost lease is reported rather than refused: the page then freezes.
    """
    row = access_open_case(case_id, actor=actor)
    if request.method == "POST":
        form = LeaseForm.sent(request)
        if form.is_ticked("used"):
            _prolong(form.text_of("lease"), row, actor)
    return JsonResponse(_lease_status(row, actor))


def _prolong(token: str, row: CaseView, actor: Actor) -> None:
    fence = fence_of(token, row.pk, current_lease(row, actor=actor), actor)
    try:
        prolong_lease(row.pk, fence, actor=actor)
    except LeaseLost:
        return  # The answer says who holds it now.


def _lease_status(row: CaseView, actor: Actor) -> dict[str, object]:
    """`fence` is the page's keyed token, for the holder only: the plain number would reveal how often the case was
    held.
    """
    held = current_lease(row, actor=actor)
    mine = bool(held and held.mine)
    return {
        "mine": mine,
        "fence": lease_token(row.pk, held.fence, actor) if held and mine else None,
        "until": rfc3339(held.until) if held else None,
        "left": seconds_left(held),
        "holder": held.holder if held else None,
    }


@require_POST
@signed_in
def draft(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Save the decision form as a draft. Errors are for the page's script, which reports that nothing was saved."""
    row = access_open_case(case_id, actor=actor)
    try:
        save_draft(row.pk, kept_fields(request.POST), actor=actor)
    except (AlreadyVoted, IllegalTransition, InvalidInput) as refused:
        return problem(refused)
    return HttpResponse(status=204)


@require_POST
@signed_in
def take_over(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """A supervisor takes the case from its holder, whose page freezes and names the new one."""
    actor.require(Role.SUPERVISOR)
    row, reason = access_case(case_id, actor=actor), TakeOverForm.sent(request).text_of("reason")
    try:
        take_over_lease(row.pk, reason, actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, TakingOver(reason, say_fields(refused)), status=refused.status)
    except (AlreadyVoted, NothingHeld, IllegalTransition) as refused:
        return case_page(
            request, actor, access_case(case_id, actor=actor), refused=refusal(refused), status=refused.status
        )
    return redirect("console:case", case_id)
