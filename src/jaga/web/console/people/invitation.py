"""The one-time link of an invitation: a password and a second factor in one form, then the list on paper."""

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from jaga.casework.people import passkeys
from jaga.casework.people.invitations import OpenInvitation, ShownCode, ShownPasskey, accept_invitation, open_invitation
from jaga.core.errors import InvalidInput
from jaga.core.terms import RegistrationStatus
from jaga.web.console.frame.confirmation import CHALLENGE
from jaga.web.console.frame.devices import remember_device
from jaga.web.console.frame.step_up import challenge_of, mark_confirmed, site_of
from jaga.web.console.people.second_factor import kept_secret, said, totp_fields
from jaga.web.console.people.sign_in import LONGEST
from jaga.web.errors import say_fields

_BACKEND = "django.contrib.auth.backends.ModelBackend"


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Looking changes nothing: a mail program that opens links uses none up."""
    opened = open_invitation(secret)
    if request.method != "POST":
        return _form(request, opened)
    answer, challenge = request.POST.get("new_passkey", ""), challenge_of(request)
    kept = kept_secret(request, opened.actor)
    shown = (ShownPasskey(answer, challenge, site_of(request)) if answer
             else ShownCode(kept, request.POST.get("code", "")))
    try:
        accepted = accept_invitation(secret, request.POST.get("password", "")[:LONGEST], shown)
    except InvalidInput as wrong:
        return _form(request, opened, kept, errors=say_fields(wrong), status=wrong.status)
    except passkeys.PasskeyRefused as why:
        return _form(request, opened, kept, refused=said(why), status=why.status)
    login(request, accepted.person, _BACKEND)
    mark_confirmed(request)
    response = render(request, "console/people/recovery_codes.html", {
        "codes": accepted.codes, "waits": accepted.standing is RegistrationStatus.NOT_CALLED_BACK, "first": True})
    remember_device(response, request, accepted.person.username)
    return response


def _form(request: HttpRequest, opened: OpenInvitation, kept: str = "", *, status: int = 200,
          **more: object) -> HttpResponse:
    new = passkeys.ask_for_new(site_of(request), actor=opened.actor)
    request.session[CHALLENGE] = new.challenge.hex()
    return render(request, "console/people/invitation.html", {
        "invited": opened, "new_passkey": new.options, **totp_fields(opened.actor, kept), **more}, status=status)
