"""Reasons in person: the identity check, the second person's release, and the sheet to hand over."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.appeals.reasons_in_person import (
    CheckedYourself,
    CheckWaits,
    NewCheck,
    NothingReleased,
    NotInPerson,
    check_holder,
    hand_over_reasons,
    refuse_reasons,
    release_reasons,
)
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotFound
from jaga.core.terms.appeals import HolderCheckKind
from jaga.core.terms.people import Role
from jaga.policy import load_release
from jaga.records.access.appeals.reasons_in_person import in_person_of
from jaga.records.access.cases.gate import access_case
from jaga.web.console.frame.forms import ConsoleForm, Text, Ticked
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, refusal
from jaga.web.errors import language, say_fields


class HolderCheckForm(ConsoleForm):
    """How the holder was checked, and what they may learn."""

    kind = Text()
    how = Text()
    explanation = Text()
    service = Text()
    gives_data = Ticked("1")
    gives_access = Ticked("1")
    on_page = Ticked("1")

    def check(self) -> NewCheck | None:
        """The check as entered, or None if no kind was chosen."""
        kind = self.term_of("kind", HolderCheckKind)
        if kind is None:
            return None
        return NewCheck(
            kind,
            self.text_of("how"),
            self.text_of("explanation"),
            self.text_of("service") if kind is HolderCheckKind.BODY else "",
            self.is_ticked("gives_data"),
            self.is_ticked("gives_access"),
            self.is_ticked("on_page"),
        )

    def shown_again(self) -> dict[str, str]:
        """The input, to correct it."""
        ticks = ("gives_data", "gives_access", "on_page")
        return {**self.kept(), **{name: "1" for name in ticks if self.is_ticked(name)}}


class ReasonsReleaseForm(ConsoleForm):
    """Whether the second person releases the text or refuses it."""

    step = Text()
    why = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def in_person(request: HttpRequest, actor: Actor, case_id: int, decision_id: int) -> HttpResponse:
    """The checks of one decision, and the form for a new one."""
    if request.method != "POST":
        return _page(request, actor, case_id, decision_id)
    row = access_case(case_id, actor=actor)
    in_person_of(row, decision_id, actor=actor)
    form = HolderCheckForm.sent(request)
    new, entered = form.check(), form.shown_again()
    if new is None:
        missing = {"kind": [gettext("Choose how they were checked.")]}
        return _page(request, actor, case_id, decision_id, entered=entered, errors=missing, status=422)
    try:
        check_holder(decision_id, new, actor=actor)
    except InvalidInput as refused:
        return _page(
            request, actor, case_id, decision_id, entered=entered, errors=say_fields(refused), status=refused.status
        )
    except (NotInPerson, CheckWaits) as refused:
        return _page(
            request, actor, case_id, decision_id, entered=entered, refused=refusal(refused), status=refused.status
        )
    return redirect("console:in-person", case_id, decision_id)


@require_POST
@signed_in
def release(request: HttpRequest, actor: Actor, case_id: int, decision_id: int, check_id: int) -> HttpResponse:
    """The second person releases the recorded text, or refuses it with reasons."""
    actor.require(Role.SUPERVISOR)
    _same(actor, case_id, decision_id, check_id)
    form = ReasonsReleaseForm.sent(request)
    try:
        if form.text_of("step") == "refuse":
            refuse_reasons(check_id, form.text_of("why"), actor=actor)
        else:
            release_reasons(check_id, actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, case_id, decision_id, errors=say_fields(refused), status=refused.status)
    except (CheckedYourself, NothingReleased) as refused:
        return _page(request, actor, case_id, decision_id, refused=refusal(refused), status=refused.status)
    return redirect("console:in-person", case_id, decision_id)


@never_cache
@require_POST
@signed_in
def show_sheet(request: HttpRequest, actor: Actor, case_id: int, decision_id: int, check_id: int) -> HttpResponse:
    """The sheet, shown once, for printing and handing over by whoever made the check."""
    _same(actor, case_id, decision_id, check_id)
    try:
        sheet = hand_over_reasons(check_id, language(), actor=actor)
    except NothingReleased as refused:
        return _page(request, actor, case_id, decision_id, refused=refusal(refused), status=refused.status)
    return page(
        request,
        actor,
        "appeals/in_person_sheet.html",
        {"case": access_case(case_id, actor=actor), "sheet": sheet, "decision_id": decision_id},
        open_link="queue",
    )


def _same(actor: Actor, case_id: int, decision_id: int, check_id: int) -> None:
    """Check that the identity check belongs to this decision and case. Raises NotFound."""
    asked = in_person_of(access_case(case_id, actor=actor), decision_id, actor=actor)
    if check_id not in [one.check_id for one in asked.checks]:
        raise NotFound


def _page(
    request: HttpRequest,
    actor: Actor,
    case_id: int,
    decision_id: int,
    *,
    entered: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    row = access_case(case_id, actor=actor)
    return page(
        request,
        actor,
        "appeals/in_person.html",
        {
            "case": row,
            "asked": in_person_of(row, decision_id, actor=actor),
            "entered": entered or {},
            "errors": errors or {},
            "refused": refused,
            "kinds": tuple(HolderCheckKind),
            "services": tuple(one for one in load_release().services if one.may_be_named),
            "supervises": Role.SUPERVISOR in actor.roles,
        },
        open_link="queue",
        status=status,
    )
