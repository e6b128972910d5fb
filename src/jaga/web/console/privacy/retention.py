"""What is deleted tomorrow, for supervisors and auditors; confirming the clock; postponing from the case page."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.privacy.clock import NoDoubt, confirm_clock
from jaga.casework.privacy.postponement import PostponedBefore, postpone_deletions
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import Role
from jaga.policy.limits import LARGEST_CLOCK_STEP_DAYS, MOST_CASES_A_NIGHT
from jaga.records.access.cases.gate import access_case
from jaga.records.access.privacy.retention import see_retention
from jaga.web.console.cases.page import case_page
from jaga.web.console.frame.form_values import calendar_day
from jaga.web.console.frame.forms import ConsoleForm, Line, Text
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.console.privacy.words import BINDINGS
from jaga.web.errors import say_fields
from jaga.web.retention_words import KINDS


class PostponeForm(ConsoleForm):
    """Why everything of a case is kept longer, and through which day."""

    reason = Text()
    until = Line()


@dataclass(frozen=True)
class PostponeFormData:
    """The input of a refused postponement, with its errors."""

    reason: str = ""
    until: str = ""
    errors: Mapping[str, list[str]] = field(default_factory=dict)


@require_safe
@signed_in
def preview(request: HttpRequest, actor: Actor) -> HttpResponse:
    """What goes by tomorrow, how much, and what went lately."""
    return _page(request, actor)


@require_POST
@signed_in
def clock(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A supervisor confirms that the clock is right."""
    try:
        confirm_clock(actor=actor)
    except NoDoubt as refused:
        return _page(request, actor, refused=refusal(refused), status=refused.status)
    return redirect("console:retention")


def _page(request: HttpRequest, actor: Actor, *, refused: Refusal | None = None, status: int = 200) -> HttpResponse:
    found = see_retention(actor=actor)
    return page(
        request,
        actor,
        "privacy/retention.html",
        {
            "found": found,
            "refused": refused,
            "may_confirm": Role.SUPERVISOR in actor.roles,
            "counts": [(gettext(KINDS[one.kind]), one.rule, one.cases) for one in found.counts],
            "lately": [(gettext(KINDS[kind]), rule, cases) for kind, rule, cases in found.lately],
            "bound": [(gettext(BINDINGS[reason]), cases) for reason, cases in found.bound],
            "cases": [(one, [gettext(KINDS[kind]) for kind in one.kinds]) for one in found.cases],
            "most": MOST_CASES_A_NIGHT,
            "step": LARGEST_CLOCK_STEP_DAYS,
        },
        open_link="retention",
        status=status,
    )


@require_POST
@signed_in
def postpone(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Postpone the deletions of a case; the input is kept on errors."""
    row, form = access_case(case_id, actor=actor), PostponeForm.sent(request)
    try:
        postpone_deletions(row.pk, form.text_of("reason"), calendar_day(form.text_of("until")), actor=actor)
    except InvalidInput as wrong:
        entered = PostponeFormData(**form.kept(), errors=say_fields(wrong))
        return case_page(request, actor, row, entered, status=wrong.status)
    except PostponedBefore as before:
        return case_page(request, actor, row, refused=refusal(before), status=before.status)
    return redirect(f"{resolve_url('console:case', case_id)}?tab=history#retention")
