"""Officers' API signing keys. Only public halves are received."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_POST

from jaga.casework.people.request_signing import register_signing_key, revoke_signing_key
from jaga.core.actors import Actor
from jaga.core.terms.people import Role
from jaga.records.access.authorities.orders import list_signing_keys
from jaga.web.console.frame.forms import ConsoleForm, Line
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.posts import run_or_rerender
from jaga.web.console.frame.step_up import needs_step_up


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
        return _page(request, actor)
    kept = SigningKeyForm.sent(request).kept()
    return run_or_rerender(
        lambda: register_signing_key(kept["public_key"], kept["note"], actor=actor),
        lambda **more: _page(request, actor, kept=kept, **more),
        redirect("console:signing-keys"),
    )


def _page(request: HttpRequest, actor: Actor, *, status: int = 200, **more: object) -> HttpResponse:
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
