"""The second sign-in step, the confirmation page, and one's own second factors.

Forms, sign-in stage and recovery codes are django-allauth's (`allauth.mfa`) in the console's frame; the rules are in
`casework`.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

from allauth.account.internal.decorators import login_stage_required
from allauth.mfa.internal.constants import LoginStageKey
from allauth.mfa.recovery_codes.views import GenerateRecoveryCodesView, ViewRecoveryCodesView
from allauth.mfa.totp.internal.auth import clear_totp_secret
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.webauthn.forms import AddWebAuthnForm
from allauth.mfa.webauthn.internal import auth as webauthn
from allauth.mfa.webauthn.views import AddWebAuthnView
from django import forms
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render, resolve_url
from django.utils.crypto import constant_time_compare
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.core.actors import Actor
from jaga.core.errors import JagaError, NotFound
from jaga.core.terms.people import RegistrationStatus
from jaga.people.reads.roster import registration_status
from jaga.people.verbs import second_factor
from jaga.web.errors import say_when
from jaga.web.frame.confirmation import is_confirmed, remember_device
from jaga.web.frame.forms import ConsoleForm, Text, WholeNumber
from jaga.web.frame.pages import awaits_factor, landing, page, password_only, refusal
from jaga.web.frame.step_up import (
    LONGEST_ANSWER,
    PASSWORD_OF,
    ask,
    confirm,
    is_ours,
    mark_confirmed,
    needs_step_up_if_any,
)


class OnwardForm(ConsoleForm):
    """The page to go on to."""

    next = Text()


class FactorToRemoveForm(ConsoleForm):
    """The passkey to remove, by number; without the field the app is meant."""

    passkey = WholeNumber()


def next_page(request: HttpRequest, actor: Actor) -> str:
    """The requested page if it is on this site, else the person's start page."""
    wanted = OnwardForm.sent(request).text_of("next") or request.GET.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure()
    )
    return wanted if ours else resolve_url(landing(actor))


_after_the_password: Callable[[Callable[[HttpRequest], HttpResponse]], Callable[[HttpRequest], HttpResponse]]
_after_the_password = login_stage_required(stage=LoginStageKey.MFA_AUTHENTICATE.value, redirect_urlname="account_login")


@require_http_methods(["GET", "HEAD", "POST"])
@_after_the_password
def second_step(request: HttpRequest) -> HttpResponse:
    """After the password: the code or passkey. Nobody is signed in before."""
    stage = request._login_stage  # type: ignore[attr-defined]
    person = stage.login.user
    shown = request.session.get(PASSWORD_OF, "")
    if person is None or not person.is_active or not constant_time_compare(shown, person.get_session_auth_hash()):
        ended: HttpResponse = stage.abort()
        return ended
    return _asked(
        request,
        person,
        again=False,
        done=stage.exit,
        show=lambda context, status: render(
            request, "console/people/second_factor.html", {"name": person.display_name, **context}, status=status
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@password_only
def confirm_first(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ask for the factor again before a page, or first if the session is older than the factor."""
    if not second_factor.has_factor(actor.person_id or 0):
        return redirect("console:factors")

    def show(context: Mapping[str, object], status: int) -> HttpResponse:
        more = {"next": next_page(request, actor), **context}
        if is_confirmed(request):
            return page(request, actor, "frame/step_up.html", more, status=status)
        name = request.user.display_name  # type: ignore[union-attr]
        return render(request, "console/people/second_factor.html", {"name": name, **more}, status=status)

    def done() -> HttpResponse:
        response: HttpResponse = redirect(next_page(request, actor))
        remember_device(response, request, actor.name)
        return response

    return _asked(request, request.user, again=True, done=done, show=show)


def _asked(
    request: HttpRequest,
    person: Any,
    *,
    again: bool,
    done: Callable[[], HttpResponse],
    show: Callable[[Mapping[str, object], int], HttpResponse],
) -> HttpResponse:
    """The requested page once the factor is confirmed; until then the page that asks, with errors."""
    refused: JagaError | None = None
    if request.method == "POST":
        try:
            confirm(request, person, again=again)
        except JagaError as why:
            refused = why
        else:
            return done()
    response = show(
        {"refused": refusal(refused) if refused else None, **ask(person)}, refused.status if refused else 200
    )
    if refused is not None:
        say_when(response, refused)
    return response


@require_safe
@password_only
def factors(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The person's own factors, and how to add one."""
    return _elsewhere(request, actor, sets_up=True) or _factors(request, actor)


def _elsewhere(request: HttpRequest, actor: Actor, *, sets_up: bool) -> HttpResponse | None:
    """Redirect a person who must first confirm a factor before adding another, so a stolen password cannot add its own.

    Whoever must have one and has none sees only the set-up pages (`sets_up`).
    """
    if second_factor.has_factor(actor.person_id or 0):
        return None if is_confirmed(request) else redirect("console:confirm")
    return redirect("console:factors") if not sets_up and awaits_factor(request, actor) else None


def _factors(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
    return page(
        request, actor, "people/factors.html", {"factors": second_factor.factors_of(actor), **more}, status=status
    )


class InFrame(View):
    """A django-allauth page in the console's frame. Invalid submissions return 422."""

    template_name = ""

    @property
    def actor(self) -> Actor:
        """The signed-in actor, as passed by `own_page`."""
        found: Actor = self.kwargs["actor"]
        return found

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Render in the console's frame, with field errors in its style."""
        form = context.get("form")
        wrong = form.errors if form is not None and form.is_bound else {}
        return page(
            self.request,
            self.actor,
            self.template_name,
            {**context, "errors": dict(wrong)},
            status=422 if wrong else 200,
        )


def own_page(view: type[View], *, sets_up: bool = False) -> Callable[..., HttpResponse]:
    """The view for people who are signed in and confirmed their factor; changes need a fresh one.

    `sets_up`: it adds a factor, so people who need one and have none may open it.
    """
    shown: Callable[..., Any] = view.as_view()

    @password_only
    @needs_step_up_if_any
    def guarded(request: HttpRequest, actor: Actor) -> HttpResponse:
        if elsewhere := _elsewhere(request, actor, sets_up=sets_up):
            return elsewhere
        response: HttpResponse = shown(request, actor=actor)
        return response

    return guarded


def _added(request: HttpRequest, *, codes: bool) -> HttpResponse:
    mark_confirmed(request)
    return redirect("console:recovery-codes" if codes else "console:factors")


class AddApp(InFrame, ActivateTOTPView):  # type: ignore[misc]
    """Set up an authenticator app, possibly replacing an existing one: whoever must have a factor cannot remove it
    first.
    """

    template_name = "people/add_app.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Like allauth's, which would require removing the old app; `own_page` already asked for confirmation."""
        return super(ActivateTOTPView, self).dispatch(request, *args, **kwargs)

    def form_valid(self, form: Any) -> HttpResponse:
        """The code was right."""
        codes = second_factor.add_totp(form.secret, form.cleaned_data["code"], actor=self.actor)
        clear_totp_secret(self.request)
        return _added(self.request, codes=codes)


class Credential(forms.JSONField):
    """The browser's credential as JSON. Rejects values that are too long or too deeply nested, and endless numbers."""

    def to_python(self, value: Any) -> Any:
        """The parsed credential."""
        try:
            if len(str(value)) <= LONGEST_ANSWER:
                return super().to_python(value)
        except (RecursionError, ValueError):
            pass
        raise ValidationError(_(second_factor.PasskeyRefused.sentence))


class PasskeyForm(AddWebAuthnForm):  # type: ignore[misc]
    """The browser's credential and the name given by its owner."""

    name = forms.CharField(required=False, max_length=60)
    credential = Credential(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """The verified key. Any invalid one gives the same error."""
        try:
            cleaned: dict[str, Any] = super().clean()
            made = cleaned.get("credential")
            if (
                made is None
                or "\\u0000" in json.dumps(made)
                or not is_ours(webauthn.parse_registration_response(made).response.client_data.origin)
            ):
                raise ValueError
            cleaned["credential"] = _what_is_kept(made)
        except (ValidationError, *second_factor.STUMBLES):
            raise ValidationError(_(second_factor.PasskeyRefused.sentence)) from None
        return cleaned


def _what_is_kept(made: dict[str, Any]) -> dict[str, Any]:
    """The verified parts alone: PostgreSQL cannot store everything that Python reads as JSON. Raises ValueError."""
    kept = {name: made[name] for name in ("id", "rawId", "type")}
    kept["response"] = {name: made["response"][name] for name in ("clientDataJSON", "attestationObject")}
    json.dumps(kept, allow_nan=False, ensure_ascii=False).encode()
    return kept


class AddPasskey(InFrame, AddWebAuthnView):  # type: ignore[misc]
    """Add a passkey on this device or a security key."""

    template_name = "people/add_passkey.html"
    form_class = PasskeyForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Adds the request options for the browser script."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        context.update(kwargs)  # allauth's version omits the invalid form.
        asked = context.pop("js_data")["creation_options"]
        return {**context, "new_passkey": json.dumps(asked["publicKey"])}

    def form_valid(self, form: Any) -> HttpResponse:
        """The key was verified."""
        try:
            codes = second_factor.add_passkey(
                form.cleaned_data["name"], form.cleaned_data["credential"], actor=self.actor
            )
        except second_factor.TooManyPasskeys as why:
            return _factors(self.request, self.actor, refused=refusal(why), status=why.status)
        return _added(self.request, codes=codes)


class ShowCodes(InFrame, ViewRecoveryCodesView):  # type: ignore[misc]
    """The recovery codes, shown once."""

    template_name = "people/recovery_codes.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The codes in readable groups; says whether the person still waits for the call-back."""
        with second_factor.codes_held(actor=self.actor):
            context: dict[str, Any] = super().get_context_data(**kwargs)
        codes = [" ".join(code[at : at + 4] for at in range(0, len(code), 4)) for code in context["unused_codes"]]
        waits = registration_status(self.actor.person_id or 0) is RegistrationStatus.NOT_CALLED_BACK
        return {**context, "codes": codes, "waits": waits}


class NewCodes(GenerateRecoveryCodesView):  # type: ignore[misc]
    """New recovery codes that replace the old ones."""

    http_method_names = ["post"]

    def form_valid(self, form: Any) -> HttpResponse:
        """Adds a ledger entry."""
        with transaction.atomic():
            super().form_valid(form)
            second_factor.note_new_codes(actor=self.kwargs["actor"])
        return redirect("console:recovery-codes")

    def form_invalid(self, form: Any) -> HttpResponse:
        """Recovery codes alone do not count as a factor."""
        return redirect("console:factors")


add_totp, add_passkey = own_page(AddApp, sets_up=True), own_page(AddPasskey, sets_up=True)
recovery_codes, new_codes = own_page(ShowCodes), own_page(NewCodes)


@require_POST
@password_only
@needs_step_up_if_any
def remove_factor(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Remove the app, or the passkey with the submitted number."""
    if elsewhere := _elsewhere(request, actor, sets_up=False):
        return elsewhere
    form = FactorToRemoveForm.sent(request)
    number = form.number_of("passkey")
    if "passkey" in form.data and number is None:
        raise NotFound  # no number of a passkey; never the app instead
    try:
        second_factor.remove_factor(number, actor=actor)
    except second_factor.LastFactor as why:
        return _factors(request, actor, refused=refusal(why), status=why.status)
    return redirect("console:factors")
