"""The roster of registered officers, for its keeper and administrators. Each action needs a fresh factor.

Officers' API signing keys. Only public halves are received.

The team's skills and clearances.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.authorities.reads.orders import list_signing_keys
from jaga.core.actors import Actor
from jaga.core.errors import N_, Conflict, InvalidInput, NotFound, NotPermitted
from jaga.core.terms.people import Clearance, RegistrationStatus, Role
from jaga.people.reads.roster import access_officer, list_colleagues, list_rosters, list_team, organisation_to_invite_to
from jaga.people.verbs import officers, second_factor
from jaga.people.verbs.api_keys import register_signing_key, revoke_signing_key
from jaga.people.verbs.officers import CallBack, Invited, NewOfficer
from jaga.people.verbs.trusted_flaggers import GIVERS, end_clearance, give_clearance, set_skills
from jaga.policy.release import load_release, offered_language
from jaga.queue.reads.routing import unseen_queues
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Several, Text, Ticked, calendar_day, whole_number
from jaga.web.frame.pages import page, refusal, run_or_rerender, signed_in
from jaga.web.frame.step_up import needs_step_up, needs_step_up_if_any


class InviteForm(ConsoleForm):
    """A person to invite, and the preceding call if there was one."""

    username = Line()
    display_name = Line()
    language = Line()
    keeper = Line()
    number = Line()
    found_in = Line()


class CallBackForm(ConsoleForm):
    """The number called and its source."""

    number = Line()
    found_in = Line()


class SuspendForm(ConsoleForm):
    """Why someone is suspended."""

    why = Text()


class KeeperForm(ConsoleForm):
    """Whether someone keeps the roster or no longer does."""

    end = Ticked("yes")


class ColleagueForm(ConsoleForm):
    """What to do about a colleague's second factor."""

    act = Text()


REGISTRATIONS = {
    RegistrationStatus.ACTIVE: N_("active"),
    RegistrationStatus.INVITED: N_("invited"),
    RegistrationStatus.NOT_CALLED_BACK: N_("waits for our call"),
    RegistrationStatus.EXPIRED: N_("ended"),
    RegistrationStatus.SUSPENDED: N_("suspended"),
    RegistrationStatus.UNREGISTERED: N_("not registered"),
}


def status_label() -> dict[RegistrationStatus, str]:
    """Registration statuses in the reader's language."""
    return {one: gettext(word) for one, word in REGISTRATIONS.items()}


@require_safe
@signed_in
def roster(request: HttpRequest, actor: Actor) -> HttpResponse:
    """All requesting or flagging organisations for administrators; for a keeper their own."""
    administers = Role.ADMINISTRATOR in actor.roles
    return page(
        request,
        actor,
        "people/roster.html",
        {
            "rosters": list_rosters(actor=actor),
            "administers": administers,
            "words": status_label(),
            "colleagues": list_colleagues(actor=actor) if administers else (),
        },
        open_link="roster",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up_if_any
def invite(request: HttpRequest, actor: Actor, organisation_id: int) -> HttpResponse:
    """Invite someone. The link is shown only in this response."""
    organisation = organisation_to_invite_to(organisation_id, actor=actor)
    administers = Role.ADMINISTRATOR in actor.roles
    kept = InviteForm.sent(request).kept()

    def form(status: int = 200, **more: object) -> HttpResponse:
        return page(
            request,
            actor,
            "people/roster_invite.html",
            {
                "organisation": organisation,
                "administers": administers,
                "kept": kept,
                "languages": settings.LANGUAGES,
                **more,
            },
            open_link="roster",
            status=status,
        )

    if request.method != "POST":
        return form()
    called = CallBack(kept["number"], kept["found_in"]) if kept["number"] or kept["found_in"] else None
    language = offered_language(kept["language"])
    new = NewOfficer(organisation.number, kept["username"], kept["display_name"], language, kept["keeper"] == "yes")
    try:
        made = officers.invite(new, called, actor=actor)
    except InvalidInput as refused:
        return form(refused.status, errors=say_fields(refused))
    except Conflict as refused:
        return form(refused.status, refused=refusal(refused))
    return _link(request, actor, made)


def _link(request: HttpRequest, actor: Actor, made: Invited) -> HttpResponse:
    return page(
        request,
        actor,
        "people/roster_link.html",
        {
            "link": request.build_absolute_uri(resolve_url("console:invitation", made.secret)),
            "until": made.until,
            "officer": access_officer(made.person_id, actor=actor),
        },
        open_link="roster",
    )


@require_safe
@signed_in
def officer(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """One registered person with possible actions."""
    return _officer(request, actor, person_id)


def _officer(request: HttpRequest, actor: Actor, person_id: int, *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request,
        actor,
        "people/roster_officer.html",
        {
            "officer": access_officer(person_id, actor=actor),
            "administers": Role.ADMINISTRATOR in actor.roles,
            "words": status_label(),
            "most": officers.MOST_WHY,
            **more,
        },
        open_link="roster",
        status=status,
    )


def _act(
    request: HttpRequest,
    actor: Actor,
    person_id: int,
    verb: Callable[[], object],
    *,
    gone: bool = False,
    **kept: object,
) -> HttpResponse:
    """On success go back to the person (if `gone`, to the roster); on errors show the page again."""
    done = redirect("console:roster") if gone else redirect("console:officer", person_id)
    return run_or_rerender(verb, lambda **more: _officer(request, actor, person_id, kept=kept, **more), done)


@require_POST
@signed_in
@needs_step_up_if_any
def call_back(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Record the call-back."""
    access_officer(person_id, actor=actor)
    call = CallBack(**CallBackForm.sent(request).kept())
    return _act(
        request,
        actor,
        person_id,
        lambda: officers.record_call_back(person_id, call, actor=actor),
        number=call.number,
        found_in=call.found_in,
    )


@require_POST
@signed_in
@needs_step_up_if_any
def renew(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Extend the registration by half a year from now."""
    return _act(request, actor, person_id, lambda: officers.renew(person_id, actor=actor))


@require_POST
@signed_in
@needs_step_up_if_any
def suspend(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Suspend this person, with a reason."""
    why = SuspendForm.sent(request).text_of("why")
    return _act(request, actor, person_id, lambda: officers.suspend(person_id, why, actor=actor), why=why)


@require_POST
@signed_in
@needs_step_up_if_any
def lift(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Lift the suspension."""
    return _act(request, actor, person_id, lambda: officers.lift_suspension(person_id, actor=actor))


@require_POST
@signed_in
@needs_step_up_if_any
def remove(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Remove this person immediately."""
    return _act(request, actor, person_id, lambda: officers.remove(person_id, actor=actor), gone=True)


@require_POST
@signed_in
@needs_step_up_if_any
def invite_again(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Send a new link; for someone already registered, registration starts over."""
    access_officer(person_id, actor=actor)
    try:
        made = officers.invite_again(person_id, actor=actor)
    except Conflict as refused:
        return _officer(request, actor, person_id, refused=refusal(refused), status=refused.status)
    return _link(request, actor, made)


@require_POST
@signed_in
@needs_step_up_if_any
def keeper(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Make this officer keeper of their organisation's roster, or end that."""
    verb = officers.end_keeper if KeeperForm.sent(request).is_ticked("end") else officers.appoint_keeper
    return _act(request, actor, person_id, lambda: verb(person_id, actor=actor))


@require_POST
@signed_in
@needs_step_up_if_any
def colleague(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Exempt a staff member from the second factor, require it again, or let them set it up anew."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    verbs = {
        "demand": second_factor.demand_factor,
        "leave": second_factor.demand_no_factor,
        "forget": second_factor.forget_factors,
    }
    verb = verbs.get(ColleagueForm.sent(request).text_of("act"))
    if verb is None:
        raise NotFound
    verb(person_id, actor=actor)
    return redirect("console:roster")


class SigningKeyForm(ConsoleForm):
    """A public key, and a note on where its private half is."""

    public_key = Line()
    note = Line()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up
def signing_keys(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The officer's own keys, and the form for a new one."""
    if request.method != "POST":
        return _page_of_signing_keys(request, actor)
    kept = SigningKeyForm.sent(request).kept()
    return run_or_rerender(
        lambda: register_signing_key(kept["public_key"], kept["note"], actor=actor),
        lambda **more: _page_of_signing_keys(request, actor, kept=kept, **more),
        redirect("console:signing-keys"),
    )


def _page_of_signing_keys(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request,
        actor,
        "people/signing_keys.html",
        {"keys": list_signing_keys(actor=actor), **more},
        open_link="signing-keys",
        status=status,
    )


@require_POST
@signed_in
@needs_step_up
def revoke(request: HttpRequest, actor: Actor, key_id: int) -> HttpResponse:
    """Revoke the key."""
    actor.require(Role.OFFICER)
    revoke_signing_key(key_id, actor=actor)
    return redirect("console:signing-keys")


class SkillsForm(ConsoleForm):
    """A person's skills."""

    skills = Several()


class ClearanceForm(ConsoleForm):
    """Why a person is cleared, and until which day."""

    reason = Line()
    until = Line()


class EndClearanceForm(ConsoleForm):
    """Why a clearance ends."""

    reason = Line()


@require_safe
@signed_in
def members(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Everyone who judges cases here; `?person=ID` opens what can be changed about one of them."""
    return _page_of_skills_and_clearances(request, actor, open_person=whole_number(request.GET.get("person", "")) or 0)


def _page_of_skills_and_clearances(
    request: HttpRequest, actor: Actor, *, status: int = 200, open_person: int = 0, open_number: int = 0, **more: object
) -> HttpResponse:
    supervises = Role.SUPERVISOR in actor.roles
    team = list_team(actor=actor)
    opened = next(
        (
            one
            for one in team
            if one.person_id == open_person or (open_number and one.cleared and one.cleared.number == open_number)
        ),
        None,
    )
    return page(
        request,
        actor,
        "people/team.html",
        {
            "team": team,
            "opened": opened,
            "open_number": open_number,
            "supervises": supervises,
            "known_skills": load_release().routing.skills,
            "unseen": unseen_queues(actor=actor) if supervises else (),
            **more,
        },
        open_link="team",
        status=status,
    )


@require_POST
@signed_in
def skills(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Set a person's skills."""
    wanted = frozenset(SkillsForm.sent(request).values_of("skills"))
    return run_or_rerender(
        lambda: set_skills(person_id, wanted, actor=actor),
        lambda **more: _page_of_skills_and_clearances(
            request, actor, open_person=person_id, open_form="skills", **more
        ),
        redirect("console:team"),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def clearance(request: HttpRequest, actor: Actor, person_id: int) -> HttpResponse:
    """Grant a clearance with a reason and last day."""
    if not actor.roles & GIVERS:
        raise NotPermitted
    kept = ClearanceForm.sent(request).kept()
    return run_or_rerender(
        lambda: give_clearance(
            person_id, Clearance.CHILD_SAFETY, kept["reason"], calendar_day(kept["until"]), actor=actor
        ),
        lambda **more: _page_of_skills_and_clearances(
            request, actor, open_person=person_id, open_form="clearance", kept=kept, **more
        ),
        redirect("console:team"),
    )


@require_POST
@signed_in
@needs_step_up_if_any
def end(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """End a clearance, with a reason."""
    if not actor.roles & GIVERS:
        raise NotPermitted
    reason = EndClearanceForm.sent(request).text_of("reason")
    return run_or_rerender(
        lambda: end_clearance(number, reason, actor=actor),
        lambda **more: _page_of_skills_and_clearances(
            request, actor, open_number=number, kept={"reason": reason}, **more
        ),
        redirect("console:team"),
    )
