"""The second step of signing in, the page that asks again, and everybody's own second factors."""

from collections.abc import Callable, Mapping

from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from segno import make_qr

from jaga.casework.people import passkeys, second_factor
from jaga.core.actors import Actor
from jaga.core.errors import N_, InvalidInput, JagaError
from jaga.records.access.cases.gate import access_self
from jaga.web.console.frame.confirmation import CHALLENGE, is_confirmed
from jaga.web.console.frame.devices import remember_device
from jaga.web.console.frame.form_values import whole_number
from jaga.web.console.frame.pages import landing, page, password_only, signed_in
from jaga.web.console.frame.step_up import ask, challenge_of, confirm, mark_confirmed, needs_step_up_if_any, site_of
from jaga.web.errors import say, say_fields, say_when

SECRET_KEPT_FOR = 3600
_SALT = "jaga.console.totp"


class SecretNotKept(JagaError):
    """The page with the QR code was open for too long, or belongs to somebody else."""

    code = "secret_not_kept"
    sentence = N_("This page was open for too long.")
    remedy = N_("Open it again and scan the new code; remove the old entry from your app.")


def next_page(request: HttpRequest, actor: Actor) -> str:
    """Where to go on: an address of ours that was asked for, else where this person's work starts."""
    wanted = request.POST.get("next") or request.GET.get("next", "")
    ours = wanted.startswith("/") and url_has_allowed_host_and_scheme(
        wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if ours else resolve_url(landing(actor))


def said(why: JagaError) -> dict[str, str]:
    """A refusal's sentence and remedy for a template."""
    sentence, remedy = say(why)
    return {"sentence": sentence, "remedy": remedy}


@require_http_methods(["GET", "HEAD", "POST"])
@password_only
def second_step(request: HttpRequest, actor: Actor) -> HttpResponse:
    """After the password: the code or the passkey. Nothing else of the console opens before."""
    if is_confirmed(request):
        return redirect(next_page(request, actor))
    if not second_factor.has_factor(actor.person_id or 0):
        return redirect("console:factors" if second_factor.needs_factor(actor) else next_page(request, actor))
    return _asked(request, actor, lambda told, status: render(
        request, "console/people/second_factor.html", {"me": access_self(actor), **told}, status=status))


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def confirm_first(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Ask for the factor again before a page is opened."""
    if not second_factor.has_factor(actor.person_id or 0):
        return redirect("console:factors")
    return _asked(request, actor, lambda told, status: page(request, actor, "frame/step_up.html", told, status=status))


def _asked(request: HttpRequest, actor: Actor,
           show: Callable[[Mapping[str, object], int], HttpResponse]) -> HttpResponse:
    """What was asked for once the factor is shown; until then the page that asks, with what is wrong."""
    refused: JagaError | None = None
    if request.method == "POST":
        try:
            confirm(request, actor)
        except JagaError as why:
            refused = why
        else:
            response: HttpResponse = redirect(next_page(request, actor))
            remember_device(response, request, actor.name)
            return response
    response = show({"refused": said(refused) if refused else None, "next": next_page(request, actor),
                     **ask(request, actor)}, refused.status if refused else 200)
    if refused is not None:
        say_when(response, refused)
    return response


@require_safe
@password_only
def factors(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The person's own factors, and the ways to add one."""
    return _guarded(request, actor) or _factors(request, actor)


def _guarded(request: HttpRequest, actor: Actor) -> HttpResponse | None:
    """Whoever has a factor shows it before adding another: a stolen password must not bring its own."""
    if second_factor.has_factor(actor.person_id or 0) and not is_confirmed(request):
        return redirect("console:second-factor")
    return None


def _factors(request: HttpRequest, actor: Actor, *, secret: str = "", status: int = 200,
             **more: object) -> HttpResponse:
    site = site_of(request)
    new = passkeys.ask_for_new(site, actor=actor)
    request.session[CHALLENGE] = new.challenge.hex()
    return page(request, actor, "people/factors.html", {
        "factors": second_factor.factors_of(actor), "new_passkey": new.options, **totp_fields(actor, secret), **more,
    }, status=status)


def totp_fields(actor: Actor, secret: str = "") -> dict[str, object]:
    """A secret to scan or to type, signed for its way through the form; the same again after a wrong code."""
    secret = secret or second_factor.new_totp_secret()
    address = second_factor.totp_address(secret, actor.name)
    return {
        "totp_secret": " ".join(secret[at:at + 4] for at in range(0, len(secret), 4)), "totp_address": address,
        "totp_kept": signing.dumps(secret, salt=f"{_SALT}:{actor.person_id}"),
        "qr": make_qr(address, error="m").svg_inline(scale=4, border=4, light="#fff", dark="#000"),
    }


def kept_secret(request: HttpRequest, actor: Actor) -> str:
    """The secret that the page showed. Raises SecretNotKept."""
    try:
        secret: str = signing.loads(request.POST.get("totp_kept", ""), salt=f"{_SALT}:{actor.person_id}",
                                    max_age=SECRET_KEPT_FOR)
    except signing.BadSignature:
        raise SecretNotKept from None
    return secret


@require_POST
@password_only
@needs_step_up_if_any
def add_totp(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A code app."""
    if elsewhere := _guarded(request, actor):
        return elsewhere
    secret = kept_secret(request, actor)
    try:
        codes = second_factor.add_totp(secret, request.POST.get("code", ""), actor=actor)
    except InvalidInput as wrong:
        return _factors(request, actor, secret=secret, errors=say_fields(wrong), status=wrong.status)
    return _added(request, actor, codes)


@require_POST
@password_only
@needs_step_up_if_any
def add_passkey(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A key of this device or of a stick."""
    if elsewhere := _guarded(request, actor):
        return elsewhere
    try:
        codes = passkeys.add_passkey(request.POST.get("name", ""), request.POST.get("new_passkey", ""),
                                     challenge_of(request), site_of(request), actor=actor)
    except InvalidInput as wrong:
        return _factors(request, actor, errors=say_fields(wrong), status=wrong.status)
    except (passkeys.PasskeyRefused, passkeys.TooManyPasskeys) as why:
        return _factors(request, actor, refused=said(why), status=why.status)
    return _added(request, actor, codes)


def _added(request: HttpRequest, actor: Actor, codes: tuple[str, ...]) -> HttpResponse:
    mark_confirmed(request)
    return show_codes(request, actor, codes) if codes else redirect("console:factors")


def show_codes(request: HttpRequest, actor: Actor, codes: tuple[str, ...]) -> HttpResponse:
    """The list on paper, on the answer to this request and nowhere again."""
    return page(request, actor, "people/recovery_codes.html", {"codes": codes})


@require_POST
@password_only
@needs_step_up_if_any
def recovery_codes(request: HttpRequest, actor: Actor) -> HttpResponse:
    """A new list in place of the old one."""
    if elsewhere := _guarded(request, actor):
        return elsewhere
    if not second_factor.has_factor(actor.person_id or 0):
        return redirect("console:factors")  # a list alone is no factor
    return show_codes(request, actor, second_factor.new_recovery_codes(actor=actor))


@require_POST
@password_only
@needs_step_up_if_any
def remove_factor(request: HttpRequest, actor: Actor) -> HttpResponse:
    """The app, or the passkey of the number that was sent."""
    if elsewhere := _guarded(request, actor):
        return elsewhere
    number = whole_number(request.POST.get("passkey", ""))
    try:
        if number is not None:
            passkeys.remove_passkey(number, actor=actor)
        else:
            second_factor.remove_totp(actor=actor)
    except second_factor.LastFactor as why:
        return _factors(request, actor, refused=said(why), status=why.status)
    return redirect("console:factors")
