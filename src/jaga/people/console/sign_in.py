"""Sign-in, sign-out and one's own sessions, through django-allauth, with guess limits
(`store.kernel.guess_limits`).

django-allauth adapters: redirects, encryption of secrets, and when to ask for a factor again.

Limits concurrent password hashing: Argon2 takes 100 MB and a full core, and attackers request many.

Each web process has one slot for known devices and one for all others, so guesses never displace people who have signed
in before; a few wait, the rest are refused.

URL names django-allauth expects, mapped to console pages. Anything else is not offered.

The one-time invitation link: set a password, then a second factor on one's own pages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore
from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.forms import LoginForm
from allauth.account.internal.flows.login import perform_login, record_authentication
from allauth.account.internal.flows.logout import logout
from allauth.account.models import Login
from allauth.account.views import LoginView
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.usersessions.views import ListUserSessionsView
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import path, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST
from segno import make_qr

from jaga.core.errors import N_, InvalidInput, JagaError
from jaga.people.console import second_factor
from jaga.people.console.second_factor import InFrame, own_page
from jaga.people.reads.roster import one_name
from jaga.people.verbs.invitations import OpenInvitation, accept_invitation, open_invitation
from jaga.people.verbs.people import actor_for
from jaga.people.verbs.registration import note_sessions_ended
from jaga.people.verbs.second_factor import ISSUER, WrongFactorCode, has_factor, needs_factor
from jaga.store.codes import open_secret, seal_secret
from jaga.store.kernel.guess_limits import TooManyGuesses, WaitForYourTurn, one_guess
from jaga.web.errors import say_fields, say_when
from jaga.web.frame.confirmation import guesser, is_confirmed, is_fresh, remember_device
from jaga.web.frame.forms import ConsoleForm, Password
from jaga.web.frame.pages import landing, refusal
from jaga.web.frame.step_up import PASSWORD_OF
from jaga.web.strangers import network


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up, password reset or e-mail addresses; `people.verbs.people` creates people."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "username_password_mismatch": _("Name and password do not fit together. Check both; capital letters count."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never, also not through another identity provider."""
        return False

    def is_ajax(self, request: HttpRequest) -> bool:
        """HTML only; allauth would answer some headers with JSON, including the input."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """Redirect only to paths of this site, without a host, and never to the sign-in page."""
        return (
            url is not None
            and url.startswith("/")
            and url.partition("?")[0] != reverse("account_login")
            and url_has_allowed_host_and_scheme(url, allowed_hosts=None)
        )  # allauth's allows every ALLOWED_HOSTS

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The person's start page."""
        person = request.user
        return resolve_url(landing(actor_for(person)) if person.is_authenticated else "console:sign-in")

    def get_logout_redirect_url(self, request: HttpRequest) -> str:
        """The sign-in page."""
        return resolve_url("console:sign-in")

    def respond_user_inactive(self, request: HttpRequest, user: Any) -> HttpResponse:
        """Does not reveal that a name was deactivated."""
        return redirect("console:sign-in")

    def get_client_ip(self, request: HttpRequest) -> str:
        """The network shown in the list of sessions, never a full address."""
        return network(request).partition("/")[0].replace("unknown", "0.0.0.0")  # noqa: S104

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, str]]:
        """One page for codes and passkeys. Repeating the password proves nothing, as it may be stolen."""
        methods = {"id": "mfa_reauthenticate", "description": "", "url": reverse("mfa_reauthenticate")}
        return [methods] if has_factor(user.pk) else []

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Anyone with a factor must have confirmed it in the last ten minutes; the one at sign-in counts."""
        return has_factor(self.request.user.pk) and not is_fresh(self.request)

    def pre_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse | None:
        """The second step is valid only while the password of the first is in force, and not for whoever knows the
        session's key from before.
        """
        request.session.cycle_key()
        request.session[PASSWORD_OF] = user.get_session_auth_hash()
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Remember the device once all required factors were shown."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if is_confirmed(request) or not needs_factor(actor_for(user)):
            remember_device(response, request, user.username)
        return response


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Secrets are encrypted under a key outside the database; passkeys are bound to the site's host name."""

    error_messages = {**DefaultMFAAdapter.error_messages, "incorrect_code": _(WrongFactorCode.sentence)}

    def get_totp_issuer(self) -> str:
        """The name shown in authenticator apps."""
        return ISSUER

    def build_totp_svg(self, url: str) -> str:
        """The QR code as an inline image."""
        return make_qr(url, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000")

    def encrypt(self, text: str) -> str:
        """Encrypt a secret."""
        return seal_secret(text).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypt what `encrypt` produced."""
        return open_secret(encrypted_text.encode())

    def generate_authenticator_name(self, user: Any, type: Authenticator.Type) -> str:
        """The default name of a passkey."""
        return gettext("Passkey")

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The host was already checked by Django against ALLOWED_HOSTS."""
        return {"id": urlsplit(f"//{context.request.get_host()}").hostname or "", "name": ISSUER}


AT_ONCE, WAITING = 1, 6
PATIENCE_SECONDS = 8.0


class ManySignIns(JagaError):
    """Too many sign-ins to hash. This one was not checked and does not count as an attempt."""

    code = "many_sign_ins"
    status = 429  # As a server error (503) each would be logged.
    sentence = N_("Very many people are signing in at the moment.")
    remedy = N_("Wait %(retry_after)s seconds, then sign in again.")


class _Places:
    def __init__(self) -> None:
        self._hashing, self._inside = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE + WAITING)

    @contextmanager
    def taken(self) -> Iterator[None]:
        if not self._inside.acquire(blocking=False):
            raise ManySignIns(retry_after=5)
        try:
            if not self._hashing.acquire(timeout=PATIENCE_SECONDS):
                raise ManySignIns(retry_after=5)
            try:
                yield
            finally:
                self._hashing.release()
        finally:
            self._inside.release()


_ANYBODY, _KNOWN = _Places(), _Places()


@contextmanager
def hashing(*, known_device: bool) -> Iterator[None]:
    """A hashing slot, for a known device or for any. Raises ManySignIns."""
    with (_KNOWN if known_device else _ANYBODY).taken():
        yield


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


urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
    path("second-factor/", second_factor.second_step, name="mfa_authenticate"),
    path("confirm/", second_factor.confirm_first, name="mfa_reauthenticate"),
    path("factors/", second_factor.factors, name="mfa_index"),
    path("factors/codes/", second_factor.recovery_codes, name="mfa_view_recovery_codes"),
    path("sessions/", sessions, name="usersessions_list"),
]


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
