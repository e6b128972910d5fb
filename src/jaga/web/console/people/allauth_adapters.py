"""django-allauth adapters: redirects, encryption of secrets, and when to ask for a factor again."""

from typing import Any
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from segno import make_qr

from jaga.casework.people.people import actor_for
from jaga.casework.people.second_factor import ISSUER, WrongFactorCode, has_factor, needs_factor
from jaga.records.codes import open_secret, seal_secret
from jaga.web.console.frame.confirmation import is_confirmed, is_fresh
from jaga.web.console.frame.devices import remember_device
from jaga.web.console.frame.navigation import landing
from jaga.web.console.frame.step_up import PASSWORD_OF
from jaga.web.public.base.clients import network


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up, password reset or e-mail addresses; `casework.people.people` creates people."""

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
