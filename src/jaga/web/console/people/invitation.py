"""The one-time invitation link: set a password, then a second factor on one's own pages."""

from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.models import Login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from jaga.casework.people.invitations import OpenInvitation, accept_invitation, open_invitation
from jaga.core.errors import InvalidInput
from jaga.web.console.frame.forms import ConsoleForm, Password
from jaga.web.console.people.sign_in import LONGEST
from jaga.web.errors import say_fields


class NewPasswordForm(ConsoleForm):
    """The password that somebody chose."""

    password = Password()


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """GET changes nothing, so a mail program that follows links does not use it up."""
    opened = open_invitation(secret)
    if request.method != "POST":
        return _form(request, opened)
    try:
        person = accept_invitation(secret, NewPasswordForm.sent(request).text_of("password")[:LONGEST])
    except InvalidInput as wrong:
        return _form(request, opened, errors=say_fields(wrong), status=wrong.status)
    record_authentication(request, person, "password")
    response: HttpResponse = perform_login(request, Login(user=person, redirect_url=resolve_url("console:factors")))
    return response


def _form(request: HttpRequest, opened: OpenInvitation, *, status: int = 200, **more: object) -> HttpResponse:
    return render(request, "console/people/invitation.html", {"invited": opened, **more}, status=status)
