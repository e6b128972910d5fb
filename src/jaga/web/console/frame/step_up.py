"""The second factor in a session: whether it was shown, how lately, and the page that asks for it again.

A session remembers the moment of the last factor. Pages need one at all (`pages.signed_in`); what must not happen by
somebody else's hand needs one of the last ten minutes (`needs_step_up`). The form that was sent meanwhile is kept in
the page that asks, signed, so that nothing is typed twice; it lies nowhere on the server.
"""

from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Concatenate, ParamSpec
from urllib.parse import urlsplit

from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, resolve_url
from django.utils.http import urlencode

from jaga.casework.kernel.guess_limits import one_guess
from jaga.casework.people.passkeys import Site, ask_for_known, confirm_passkey
from jaga.casework.people.second_factor import confirm_code, has_factor
from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.web.console.frame.confirmation import AT, CHALLENGE, is_fresh
from jaga.web.console.frame.devices import guesser
from jaga.web.errors import say, say_when

P = ParamSpec("P")
ActorView = Callable[Concatenate[HttpRequest, Actor, P], HttpResponse]
KEPT_FOR = timedelta(minutes=30)
CODE, PASSKEY, KEPT = "second_factor_code", "second_factor_passkey", "kept_form"  # fields of the page that asks
_OURS = (CODE, PASSKEY, KEPT, "csrfmiddlewaretoken")
_SALT = "jaga.console.step_up"


class ConfirmFirst(JagaError):
    """This needs a second factor, and the person has none."""

    code = "second_factor_needed"
    status = 403
    sentence = N_("This can only be done with a second factor beside your password.")
    remedy = N_("Set one up under “Second factor”, then do it again.")


def mark_confirmed(request: HttpRequest) -> None:
    """A second factor was shown just now. The session goes on under a new number."""
    request.session.cycle_key()
    request.session[AT] = now().timestamp()


def site_of(request: HttpRequest) -> Site:
    """Where the browser is; Django has held the host against ALLOWED_HOSTS."""
    return Site(urlsplit(f"//{request.get_host()}").hostname or "", f"{request.scheme}://{request.get_host()}")


def ask(request: HttpRequest, actor: Actor) -> dict[str, object]:
    """What the fields of the second factor need (`console/people/parts/factor_fields.html`)."""
    question = ask_for_known(site_of(request), actor=actor)
    if question is None:
        return {"passkey_options": ""}
    request.session[CHALLENGE] = question.challenge.hex()
    return {"passkey_options": question.options}


def challenge_of(request: HttpRequest) -> bytes:
    """The challenge of the page that was shown, good once."""
    return bytes.fromhex(request.session.pop(CHALLENGE, ""))


def confirm(request: HttpRequest, actor: Actor) -> None:
    """Take the factor that the page was answered with.

    Raises WrongFactorCode, PasskeyRefused, TooManyCodes, and TooManyGuesses where too many came from one address.
    """
    answer, challenge = request.POST.get(PASSKEY, ""), challenge_of(request)
    tried_by = guesser(request, actor.name)
    with one_guess(tried_by) as guess:
        if answer:
            confirm_passkey(answer, challenge, site_of(request), device=tried_by.device, actor=actor)
        else:
            confirm_code(request.POST.get(CODE, ""), device=tried_by.device, actor=actor)
        guess.counts = False
    mark_confirmed(request)


def needs_step_up(view: ActorView[P]) -> ActorView[P]:
    """Below `signed_in`: what the form wants happens only with a factor of the last ten minutes; pages are just shown.

    Otherwise the page asks for it and keeps the form; the answer goes to the same address. Files are not kept: the view
    finds none, and says so beside its field. `asks_first` before a form with files spares people that.
    """
    return _step_up(view, always=True)


def needs_step_up_if_any(view: ActorView[P]) -> ActorView[P]:
    """As `needs_step_up`, where a factor may be left to the person: whoever has none is let through."""
    return _step_up(view, always=False)


def _step_up(view: ActorView[P], *, always: bool) -> ActorView[P]:
    @wraps(view)
    def guarded(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in ("GET", "HEAD"):
            return view(request, actor, *args, **kwargs)
        if KEPT in request.POST:
            form = _form_of(request)
            try:
                confirm(request, actor)
            except JagaError as why:
                return _page(request, actor, request.POST[KEPT], why)
            request.POST = form  # type: ignore[assignment]
        elif not is_fresh(request):
            if has_factor(actor.person_id or 0):
                return _page(request, actor, _kept_fields(request))
            if always:
                raise ConfirmFirst
        return view(request, actor, *args, **kwargs)

    return guarded


def _kept_fields(request: HttpRequest) -> str:
    fields = [[name, values] for name, values in request.POST.lists() if name not in _OURS]
    return signing.dumps(fields, salt=_salt(request), compress=True)


def _salt(request: HttpRequest) -> str:
    """What was kept for one person and address opens for no other."""
    return f"{_SALT}:{request.user.pk}:{request.path}"


class FormNotKept(JagaError):
    """The kept form is too old, or is not the one that was sent."""

    code = "form_not_kept"
    status = 400
    sentence = N_("The form was open for too long and is no longer kept.")
    remedy = N_("Go back to the page, fill it in again and send it.")


def _form_of(request: HttpRequest) -> QueryDict:
    """The form as it was first sent, by the same person to the same address. Raises FormNotKept."""
    try:
        kept = signing.loads(request.POST[KEPT], salt=_salt(request), max_age=KEPT_FOR)
    except signing.BadSignature:
        raise FormNotKept from None
    form = QueryDict(mutable=True)
    for name, values in kept:
        form.setlist(name, values)
    return form


def _page(request: HttpRequest, actor: Actor, kept: str, why: JagaError | None = None) -> HttpResponse:
    """The page that asks. 403 by a first asking: nothing has happened yet."""
    from jaga.web.console.frame.pages import page  # the frame's gate uses this module

    context: dict[str, object] = {"kept": kept, "files": bool(request.FILES), **ask(request, actor)}
    if why is not None:
        context["refused"] = dict(zip(("sentence", "remedy"), say(why), strict=True))
    response = page(request, actor, "frame/step_up.html", context, status=why.status if why else 403)
    if why is not None:
        say_when(response, why)
    return response


def asks_first(view: ActorView[P]) -> ActorView[P]:
    """Below `signed_in`: also the empty form is shown only with a fresh factor, so that chosen files are not lost."""

    @wraps(view)
    def guarded(request: HttpRequest, actor: Actor, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if request.method in ("GET", "HEAD") and not is_fresh(request):
            return redirect(f"{resolve_url('console:confirm')}?{urlencode({'next': request.get_full_path()})}")
        return view(request, actor, *args, **kwargs)

    return guarded
