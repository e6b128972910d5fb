"""Sign-in, sign-out and one's own sessions, through django-allauth, with guess limits
(`casework.kernel.guess_limits`).
"""

from typing import Any

from allauth.account.forms import LoginForm
from allauth.account.internal.flows.logout import logout
from allauth.account.views import LoginView
from allauth.usersessions.views import ListUserSessionsView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from jaga.casework.kernel.guess_limits import TooManyGuesses, WaitForYourTurn, one_guess
from jaga.casework.people.sessions import note_sessions_ended
from jaga.records.access.people.devices import one_name
from jaga.web.console.frame.devices import guesser
from jaga.web.console.frame.refusals import refusal
from jaga.web.console.people.password_hashing import ManySignIns, hashing
from jaga.web.console.people.second_factor import InFrame, own_page
from jaga.web.errors import say_when

LONGEST = 200  # A name has at most 80 characters.


class SignInForm(LoginForm):  # type: ignore[misc]
    """Name and password; one error for all causes, so that names cannot be enumerated.

    Django hashes once whatever the name, so timing reveals nothing either. `clean` raises TooManyGuesses,
    WaitForYourTurn and ManySignIns, which have their own pages.
    """

    def add_prefix(self, field_name: str) -> str:
        """The field name browsers expect: `username`."""
        return "username" if field_name == "login" else str(super().add_prefix(field_name))

    def clean(self) -> dict[str, Any]:
        """Reject impossible names and passwords before the database and Argon2 see them."""
        from allauth.account.adapter import get_adapter

        for name in ("username", "password"):
            typed = str(self.data.get(name, ""))
            if "\x00" in typed or len(typed) > LONGEST:
                raise get_adapter().validation_error("username_password_mismatch")
        name = str(self.cleaned_data.get("login") or "")
        if self.errors:
            return dict(self.cleaned_data)
        tried_by = guesser(self.request, name)
        with one_guess(tried_by, one_name(name)) as guess:
            guess.counts = False
            with hashing(known_device=bool(tried_by.device)):
                guess.counts = True
                cleaned: dict[str, Any] = super().clean()
                guess.counts = False
        return cleaned


class SignIn(LoginView):  # type: ignore[misc]
    """The sign-in page. Signed-in people are redirected to their start page."""

    template_name = "console/people/sign_in.html"
    form_class = SignInForm

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever must wait sees the page again, with the time and the typed name."""
        try:
            response: HttpResponse = super().post(request, *args, **kwargs)
        except (TooManyGuesses, WaitForYourTurn, ManySignIns) as why:
            typed = self.get_form().data.get("username", "")
            empty = self.form_class(request=request, initial={"login": typed})
            response = self.render_to_response(
                self.get_context_data(form=empty, refused=refusal(why)), status=why.status
            )
            say_when(response, why)
        return response


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device, or a sign-in waiting for its second step."""
    logout(request)
    return redirect("console:sign-in")


class Sessions(InFrame, ListUserSessionsView):  # type: ignore[misc]
    """One's own sessions; all others can be ended at once."""

    template_name = "people/sessions.html"

    def form_valid(self, form: Any) -> HttpResponse:
        """End all sessions except the current one."""
        with transaction.atomic():
            response: HttpResponse = super().form_valid(form)
            note_sessions_ended(actor=self.actor)
        return response


sessions = own_page(Sessions)
