"""Trusted flaggers: the register for staff, and the flaggers' own reports."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.cases.verbs.accounts import NewReport
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, NotPermitted
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel
from jaga.people.reads.trusted_flaggers import access_flagger, list_flaggers, list_flags
from jaga.people.verbs import trusted_flaggers as register
from jaga.people.verbs.trusted_flaggers import FlaggerFacts
from jaga.policy.release import load_release
from jaga.reporting.verbs.intake import accept_report
from jaga.store.reads import listed_platforms
from jaga.web.errors import language, say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Several, Text, calendar_day
from jaga.web.frame.pages import page, run_or_rerender, signed_in
from jaga.web.frame.step_up import needs_step_up_if_any


class FlaggerForm(ConsoleForm):
    """A flagger's matters, and who awarded the status."""

    expertise = Several()
    awarded_by = Line()
    awarded_on = Line()
    valid_until = Line()
    website = Line()


class SuspensionForm(ConsoleForm):
    """Why the status is suspended, or no longer."""

    why = Text()


class FlagForm(ConsoleForm):
    """A trusted flagger's report."""

    platform = Line()
    account = Line()
    category = Line()
    text = Line()
    links = Line()
    reference = Line()


def categories() -> list[tuple[str, str]]:
    """Key and name of every category, in the reader's language."""
    return [(one.key, one.label.say(language())) for one in load_release().categories]


@require_safe
@signed_in
def flaggers(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All flaggers."""
    return page(request, actor, "people/flaggers.html", {"rows": list_flaggers(actor=actor)}, open_link="flaggers")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up_if_any
def flagger(request: HttpRequest, actor: Actor, organisation_id: int) -> HttpResponse:
    """One flagger; administrators edit its profile."""
    flagger_view = access_flagger(organisation_id, actor=actor)
    if request.method != "POST":
        return _flagger(
            request,
            actor,
            organisation_id,
            kept={
                "expertise": flagger_view.expertise,
                "awarded_by": flagger_view.awarded_by,
                "website": flagger_view.website,
                "awarded_on": flagger_view.awarded_on.isoformat() if flagger_view.awarded_on else "",
                "valid_until": flagger_view.valid_until.isoformat() if flagger_view.valid_until else "",
            },
        )
    form = FlaggerForm.sent(request)
    kept: dict[str, object] = {**form.kept(), "expertise": form.values_of("expertise")}
    facts = FlaggerFacts(
        form.values_of("expertise"),
        form.text_of("awarded_by"),
        calendar_day(form.text_of("awarded_on")),
        calendar_day(form.text_of("valid_until")),
        form.text_of("website"),
    )
    return run_or_rerender(
        lambda: register.describe_flagger(organisation_id, facts, actor=actor),
        lambda **more: _flagger(request, actor, organisation_id, kept=kept, **more),
        redirect("console:flagger", organisation_id),
    )


def _flagger(
    request: HttpRequest, actor: Actor, organisation_id: int, *, status: int = 200, **more: object
) -> HttpResponse:
    return page(
        request,
        actor,
        "people/flagger.html",
        {
            "flagger": access_flagger(organisation_id, actor=actor),
            "categories": categories(),
            "labels": dict(categories()),
            "administers": Role.ADMINISTRATOR in actor.roles,
            "suspends": bool(actor.roles & {Role.ADMINISTRATOR, Role.SUPERVISOR}),
            **more,
        },
        open_link="flaggers",
        status=status,
    )


@require_POST
@signed_in
@needs_step_up_if_any
def suspend(request: HttpRequest, actor: Actor, organisation_id: int) -> HttpResponse:
    """Suspend its priority, with reasons."""
    return _suspension(request, actor, organisation_id, begins=True)


@require_POST
@signed_in
@needs_step_up_if_any
def lift(request: HttpRequest, actor: Actor, organisation_id: int) -> HttpResponse:
    """Restore its priority, with reasons."""
    return _suspension(request, actor, organisation_id, begins=False)


def _suspension(request: HttpRequest, actor: Actor, organisation_id: int, *, begins: bool) -> HttpResponse:
    access_flagger(organisation_id, actor=actor)
    why = SuspensionForm.sent(request).text_of("why")
    verb = register.suspend_flagger if begins else register.end_flagger_suspension
    return run_or_rerender(
        lambda: verb(organisation_id, why, actor=actor),
        lambda **more: _flagger(request, actor, organisation_id, why=why, **more),
        redirect("console:flagger", organisation_id),
    )


@require_safe
@signed_in
def own(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The reports of one's own organisation."""
    return page(
        request,
        actor,
        "people/flags.html",
        {"rows": list_flags(actor=actor), "labels": dict(categories()), "sent": request.GET.get("sent") == "yes"},
        open_link="flags",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def report(request: HttpRequest, actor: Actor) -> HttpResponse:
    """File a report for one's own organisation."""
    person_id = actor.require(Role.FLAGGER)
    if actor.organisation_id is None:
        raise NotPermitted
    kept = FlagForm.sent(request).kept()

    def form(status: int = 200, **more: object) -> HttpResponse:
        return page(
            request,
            actor,
            "people/flag.html",
            {
                "kept": kept,
                "categories": categories(),
                "platforms": listed_platforms(),
                **more,
            },
            open_link="flags",
            status=status,
        )

    if request.method != "POST":
        return form()
    new = NewReport(
        kept["platform"],
        kept["account"],
        kept["category"],
        f"organisation:{actor.organisation_id}",
        text=kept["text"],
        links=tuple(kept["links"].split()),
        channel=Channel.FLAGGER,
        organisation_id=actor.organisation_id,
        officer_id=person_id,
        reference=kept["reference"],
        language=language(),
    )
    try:
        accept_report(new, actor=actor)
    except InvalidInput as refused:
        return form(refused.status, errors=say_fields(refused))
    answer = redirect("console:flags")
    answer["Location"] += "?sent=yes"
    return answer
