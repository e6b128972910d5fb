"""The register of operators: list, detail pages, and forms for staff who maintain it."""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import N_, Conflict, FieldError, InvalidInput
from jaga.operators.reads.register import (
    OperatorEntry,
    access_commitment_to_end,
    access_contact_to_dismiss,
    access_entry_to_change,
    access_register_entry,
    list_operators,
)
from jaga.operators.verbs import register
from jaga.operators.verbs.register import NewContact, NewPledge, OperatorFacts
from jaga.policy.local_time import today
from jaga.policy.release import jurisdiction, load_release
from jaga.web.errors import language, say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Several, Text, Ticked, calendar_day, whole_number
from jaga.web.frame.pages import page, refusal, run_or_rerender, signed_in

PASSWORD_BYTES = 15
_NO_DAY = N_("Give a day, such as 2026-03-20.")


class ProfileForm(ConsoleForm):
    """An operator's profile."""

    slug = Line()
    legal_entity = Line()
    registration_number = Line()
    countries = Line()
    website = Line()

    def facts(self) -> OperatorFacts:
        """The profile as entered."""
        return OperatorFacts(
            self.text_of("slug"),
            self.text_of("legal_entity"),
            self.text_of("registration_number"),
            tuple(self.text_of("countries").replace(",", " ").upper().split()),
            self.text_of("website"),
        )


class PledgeForm(ConsoleForm):
    """A new pledge. The times are what the law asks for where no other is entered."""

    text = Line()
    source = Line()
    made_on = Line()
    scope = Line()
    hours = Text(unsent="24")
    hours_urgent = Text(unsent="4")
    categories = Several()

    def pledge(self, operator_id: int) -> NewPledge:
        """The pledge as entered; invalid dates and numbers are left for the action to reject."""
        return NewPledge(
            operator_id,
            self.text_of("text"),
            self.text_of("source"),
            calendar_day(self.text_of("made_on")),
            self.text_of("scope"),
            self.values_of("categories"),
            whole_number(self.text_of("hours")) or 0,
            whole_number(self.text_of("hours_urgent")) or 0,
        )


class PledgeEndForm(ConsoleForm):
    """The pledge's last day."""

    ended_on = Text()


class ContactForm(ConsoleForm):
    """A new contact person. `representative`: can bind the operator."""

    username = Line()
    display_name = Line()
    email = Line()
    telephone = Line()
    domicile = Line()
    since = Line()
    representative = Ticked("yes")

    def contact(self, operator_id: int, password: str) -> NewContact:
        """The contact person as entered. Raises InvalidInput for an invalid date."""
        since = calendar_day(self.text_of("since"))
        if self.text_of("since") and since is None:
            raise InvalidInput(FieldError("since", "not_a_day", _NO_DAY))
        return NewContact(
            operator_id,
            self.text_of("username"),
            self.text_of("display_name"),
            self.text_of("email"),
            self.text_of("telephone"),
            self.text_of("domicile").upper(),
            self.is_ticked("representative"),
            since,
            password,
        )


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


def _entry(request: HttpRequest, actor: Actor, operator_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    entry = access_register_entry(operator_id, actor=actor)
    return page(
        request,
        actor,
        "operators/operator.html",
        {
            "entry": entry,
            "today": today().isoformat(),
            **more,
        },
        open_link="operators",
        status=status,
    )


def _only_home() -> str:
    """The country where contact persons must live for requests for data; empty where there are several."""
    homes = jurisdiction().home_countries
    return homes[0] if len(homes) == 1 else ""


def _form(
    request: HttpRequest, actor: Actor, entry: OperatorEntry, template: str, *, status: int = 200, **more: object
) -> HttpResponse:
    return page(
        request,
        actor,
        template,
        {"entry": entry, "today": today().isoformat(), "home_countries": jurisdiction().home_countries, **more},
        open_link="operators",
        status=status,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def describe(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Edit the operator's profile."""
    entry = access_entry_to_change(operator_id, actor=actor)
    if request.method != "POST":
        return _form(
            request,
            actor,
            entry,
            "operators/operator_describe.html",
            kept={
                "slug": entry.slug,
                "legal_entity": entry.legal_entity,
                "website": entry.website,
                "registration_number": entry.registration_number,
                "countries": " ".join(entry.countries),
            },
        )
    sent = ProfileForm.sent(request)
    return run_or_rerender(
        lambda: register.describe_operator(operator_id, sent.facts(), actor=actor),
        lambda **more: _form(request, actor, entry, "operators/operator_describe.html", kept=sent.kept(), **more),
        redirect("console:operator", operator_id),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def pledge(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Add a pledge."""
    entry = access_entry_to_change(operator_id, actor=actor)
    sent = PledgeForm.sent(request)
    kept = {**sent.kept(), "categories": sent.values_of("categories")}

    def form(*, status: int = 200, **more: object) -> HttpResponse:
        return _form(
            request,
            actor,
            entry,
            "operators/operator_pledge.html",
            status=status,
            kept=kept,
            categories=[(one.key, one.label.say(language())) for one in load_release().categories],
            **more,
        )

    if request.method != "POST":
        return form()
    return run_or_rerender(
        lambda: register.record_pledge(sent.pledge(operator_id), actor=actor),
        form,
        redirect("console:operator", operator_id),
    )


@require_POST
@signed_in
def end_pledge(request: HttpRequest, actor: Actor, operator_id: int, pledge_id: int) -> HttpResponse:
    """Set the pledge's last day."""
    access_commitment_to_end(operator_id, pledge_id, actor=actor)
    on = calendar_day(PledgeEndForm.sent(request).text_of("ended_on"))

    def end() -> None:
        if on is None:
            raise InvalidInput(FieldError("ended_on", "not_a_day", _NO_DAY))
        register.end_pledge(pledge_id, on, actor=actor)

    return run_or_rerender(
        end,
        lambda **more: _entry(request, actor, operator_id, ending=pledge_id, **more),
        redirect("console:operator", operator_id),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appoint(request: HttpRequest, actor: Actor, operator_id: int) -> HttpResponse:
    """Appoint a contact person. The initial password is shown only in this response."""
    entry = access_entry_to_change(operator_id, actor=actor)
    sent = ContactForm.sent(request)
    kept = {**sent.kept(), "representative": sent.is_ticked("representative")}
    if request.method != "POST":
        return _form(request, actor, entry, "operators/operator_contact.html", kept={**kept, "domicile": _only_home()})
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    try:
        person = register.appoint_contact(sent.contact(operator_id, password), actor=actor)
    except InvalidInput as refused:
        return _form(
            request,
            actor,
            entry,
            "operators/operator_contact.html",
            kept=kept,
            errors=say_fields(refused),
            status=refused.status,
        )
    except Conflict as refused:
        return _form(
            request,
            actor,
            entry,
            "operators/operator_contact.html",
            kept=kept,
            refused=refusal(refused),
            status=refused.status,
        )
    return _form(request, actor, entry, "operators/operator_appointed.html", person=person, password=password)


@require_POST
@signed_in
def dismiss(request: HttpRequest, actor: Actor, operator_id: int, person_id: int) -> HttpResponse:
    """End the contact person's access."""
    access_contact_to_dismiss(operator_id, person_id, actor=actor)
    register.dismiss_contact(person_id, actor=actor)
    return redirect("console:operator", operator_id)
