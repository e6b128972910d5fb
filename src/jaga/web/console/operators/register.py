"""The register of operators: list, detail pages, and forms for staff who maintain it."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.operators import register
from jaga.casework.operators.register import NewCommitment, NewContact, OperatorFacts
from jaga.core.actors import Actor
from jaga.core.clock import today
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput, JagaError
from jaga.policy import load_release
from jaga.records.access.operators.register import (
    OperatorEntry,
    access_commitment_to_end,
    access_contact_to_dismiss,
    access_entry_to_change,
    access_register_entry,
    list_operators,
)
from jaga.web.console.frame.form_values import calendar_day, whole_number
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import tried, written
from jaga.web.errors import language, say, say_fields

PASSWORD_BYTES = 15
_NO_DAY = N_("Give a day, such as 2026-03-20.")


@require_safe
@signed_in
def operators(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All operators."""
    return page(
        request, actor, "operators/operators.html", {"rows": list_operators(actor=actor)}, open_link="operators"
    )


@require_safe
@signed_in
def operator(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """One operator."""
    return _entry(request, actor, operator_id)


def _entry(request: HttpRequest, actor: Actor, operator_id: int, **more: object) -> HttpResponse:
    entry = access_register_entry(operator_id, actor=actor)
    status = more.pop("status", 200)
    assert isinstance(status, int)
    return page(request, actor, "operators/operator.html", {
        "entry": entry, "today": today().isoformat(), **more,
    }, open_link="operators", status=status)


def _form(request: HttpRequest, actor: Actor, entry: OperatorEntry, template: str, **more: object) -> HttpResponse:
    status = more.pop("status", 200)
    assert isinstance(status, int)
    return page(request, actor, template, {"entry": entry, "today": today().isoformat(), **more},
                open_link="operators", status=status)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def describe(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Edit the operator's profile."""
    entry = access_entry_to_change(operator_id, actor=actor)
    if request.method != "POST":
        return _form(request, actor, entry, "operators/operator_describe.html", kept={
            "slug": entry.slug, "legal_entity": entry.legal_entity, "website": entry.website,
            "registration_number": entry.registration_number, "countries": " ".join(entry.countries)})
    kept = _written(request, "slug", "legal_entity", "registration_number", "countries", "website")
    facts = OperatorFacts(kept["slug"], kept["legal_entity"], kept["registration_number"],
                          tuple(kept["countries"].replace(",", " ").upper().split()), kept["website"])
    return tried(lambda: register.describe_operator(operator_id, facts, actor=actor),
                 lambda **more: _form(request, actor, entry, "operators/operator_describe.html", kept=kept, **more),
                 redirect("console:operator", operator_id))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def commitment(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Add a pledge."""
    entry = access_entry_to_change(operator_id, actor=actor)
    kept: dict[str, object] = dict(_written(request, "text", "source", "made_on", "scope"))
    kept |= {"hours": request.POST.get("hours", "24"), "hours_urgent": request.POST.get("hours_urgent", "4"),
             "categories": request.POST.getlist("categories")}

    def form(**more: object) -> HttpResponse:
        return _form(request, actor, entry, "operators/operator_commitment.html", kept=kept,
                     categories=[(one.key, one.label.say(language())) for one in load_release().categories], **more)

    if request.method != "POST":
        return form()
    return tried(lambda: register.record_commitment(_new_commitment(operator_id, kept), actor=actor), form,
                 redirect("console:operator", operator_id))


def _new_commitment(operator_id: int, kept: dict[str, object]) -> NewCommitment:
    """The pledge as entered; invalid dates and numbers are left for the action to reject."""
    categories = kept["categories"]
    assert isinstance(categories, list)
    return NewCommitment(operator_id, str(kept["text"]), str(kept["source"]), calendar_day(str(kept["made_on"])),
                         str(kept["scope"]), tuple(categories), whole_number(str(kept["hours"])) or 0,
                         whole_number(str(kept["hours_urgent"])) or 0)


@require_POST
@signed_in
def end_commitment(request: HttpRequest, actor: Actor, operator_id: int, commitment_id: int) -> HttpResponse:
    """Set the pledge's last day."""
    access_commitment_to_end(operator_id, commitment_id, actor=actor)
    on = calendar_day(written(request, "ended_on"))

    def end() -> None:
        if on is None:
            raise InvalidInput(FieldError("ended_on", "not_a_day", _NO_DAY))
        register.end_commitment(commitment_id, on, actor=actor)

    return tried(end, lambda **more: _entry(request, actor, operator_id, ending=commitment_id, **more),
                 redirect("console:operator", operator_id))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appoint(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Appoint a contact person. The initial password is shown only in this response."""
    entry = access_entry_to_change(operator_id, actor=actor)
    kept = _written(request, "username", "display_name", "email", "telephone", "domicile", "since")
    kept["representative"] = "yes" if request.POST.get("representative") == "yes" else ""
    if request.method != "POST":
        return _form(request, actor, entry, "operators/operator_contact.html", kept={**kept, "domicile": "ID"})
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        person = register.appoint_contact(_new_contact(operator_id, kept, password), actor=actor)
    except InvalidInput as refused:
        return _form(request, actor, entry, "operators/operator_contact.html", kept=kept, errors=say_fields(refused),
                     status=refused.status)
    except Conflict as refused:
        return _form(request, actor, entry, "operators/operator_contact.html", kept=kept, refused=_said(refused),
                     status=refused.status)
    return _form(request, actor, entry, "operators/operator_appointed.html", person=person, password=password)


def _new_contact(operator_id: int, kept: dict[str, str], password: str) -> NewContact:
    """The contact person as entered. Raises InvalidInput for an invalid date."""
    since = calendar_day(kept["since"])
    if kept["since"] and since is None:
        raise InvalidInput(FieldError("since", "not_a_day", _NO_DAY))
    return NewContact(operator_id, kept["username"], kept["display_name"], kept["email"], kept["telephone"],
                      kept["domicile"].upper(), kept["representative"] == "yes", since, password)


@require_POST
@signed_in
def dismiss(request: HttpRequest, actor: Actor, operator_id: int, person_id: int) -> HttpResponse:
    """End the contact person's access."""
    access_contact_to_dismiss(operator_id, person_id, actor=actor)
    register.dismiss_contact(person_id, actor=actor)
    return redirect("console:operator", operator_id)


def _written(request: HttpRequest, *names: str) -> dict[str, str]:
    return {name: written(request, name).strip() for name in names}


def _said(refused: JagaError) -> dict[str, str]:
    sentence, remedy = say(refused)
    return {"sentence": sentence, "remedy": remedy}
