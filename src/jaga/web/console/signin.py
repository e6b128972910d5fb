"""Signing in and out. Guessing is slowed by django-axes; what it answers is `locked_out`."""

from typing import Any

from django.contrib.auth import logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from jaga.casework.people import actor_for
from jaga.web.console.pages import landing

LONGEST = 200  # a name has at most 80 characters; a longer one does not fit where wrong tries are counted


class SignInForm(AuthenticationForm):
    """Name and password; one sentence for every way to be wrong, so that names cannot be tried out."""

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
        return super().clean()


@method_decorator(never_cache, name="dispatch")
class SignIn(LoginView):
    """The sign-in page. Whoever is signed in already goes on to their work."""

    template_name = "console/sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

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


def locked_out(request: HttpRequest, response: HttpResponse | None, credentials: object) -> HttpResponse:
    """AXES_LOCKOUT_CALLABLE: too many wrong passwords. It says nothing about whether the name exists."""
    return render(request, "console/locked_out.html", {}, status=429)
