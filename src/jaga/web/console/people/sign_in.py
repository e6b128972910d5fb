"""Signing in and out. Guessing is slowed (`casework.kernel.guess_limits`), and never so that a name is closed to its
owner."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jaga.casework.kernel.guess_limits import TooManyGuesses, WaitForYourTurn, one_guess
from jaga.casework.people.people import actor_for
from jaga.casework.people.second_factor import needs_factor
from jaga.records.access.people.devices import one_name
from jaga.web.console.frame.devices import guesser, remember_device
from jaga.web.console.frame.pages import landing
from jaga.web.console.people.password_hashing import ManySignIns, hashing
from jaga.web.errors import say, say_when

LONGEST = 200  # a name has at most 80 characters


class SignInForm(AuthenticationForm):
    """Name and password; one sentence for every way to be wrong, so that names cannot be tried out.

    Django hashes once whatever the name is, so that the time tells nothing either. `clean` raises TooManyGuesses,
    WaitForYourTurn and ManySignIns, which are pages of their own.
    """

    error_messages = {
        "invalid_login": _("Name and password do not fit together. Check both; capital letters count."),
        "inactive": _("Name and password do not fit together. Check both; capital letters count."),
    }

    def clean(self) -> dict[str, Any]:
        """Refuse what no name or password can hold before the database does, and before argon2 works on it."""
        for name in ("username", "password"):
            typed = str(self.data.get(name, ""))
            if "\x00" in typed or len(typed) > LONGEST:
                raise self.get_invalid_login_error()
        name = str(self.cleaned_data.get("username") or "")
        if not name or not self.cleaned_data.get("password") or self.request is None:
            return super().clean()
        tried_by = guesser(self.request, name)
        with one_guess(tried_by, one_name(name)) as guess:
            guess.counts = False
            with hashing(known=bool(tried_by.device)):
                guess.counts = True
                cleaned: dict[str, Any] = super().clean()
                guess.counts = False
        return cleaned


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    """The sign-in page. Whoever is signed in already goes on to their work."""

    template_name = "console/people/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Whoever must wait gets the page again, with how long and with the name that was typed."""
        try:
            return super().post(request, *args, **kwargs)
        except (TooManyGuesses, WaitForYourTurn, ManySignIns) as why:
            sentence, remedy = say(why)
            empty = self.authentication_form(request, initial={"username": request.POST.get("username", "")})
            response = self.render_to_response(
                self.get_context_data(form=empty, refused={"sentence": sentence, "remedy": remedy}), status=why.status)
            say_when(response, why)
            return response

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """Where the password is all that is needed the device is known from now on; else after the second step."""
        response = super().form_valid(form)
        person = form.get_user()
        if not needs_factor(actor_for(person)):
            remember_device(response, self.request, person.get_username())
        return response

    def get_success_url(self) -> str:
        """The page that was asked for, else where the work starts; this page is none to go on with."""
        wanted = super().get_success_url()
        return self.get_default_redirect_url() if wanted.partition("?")[0] == self.request.path else wanted

    def get_default_redirect_url(self) -> str:
        """The page that this person's work starts with."""
        person = self.request.user
        return resolve_url(landing(actor_for(person)) if person.is_authenticated else "console:sign-in")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session on this device."""
    logout(request)
    return redirect("console:sign-in")
