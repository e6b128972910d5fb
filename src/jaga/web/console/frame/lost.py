"""Refusals that no view makes, inside the console's frame: unknown addresses and forms open for too long.

Everywhere else, and for people who are not signed in, the plain page of `jaga.web.errors` answers.
"""

from django.http import HttpRequest, HttpResponse

from jaga.casework.people.people import actor_for
from jaga.core.actors import Actor
from jaga.core.errors import JagaError, NotFound
from jaga.web.console.frame.pages import awaits_factor, signed_in
from jaga.web.errors import CONSOLE, FormTooOld, answer


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return _framed(request, NotFound())


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    return _framed(request, FormTooOld())


def _framed(request: HttpRequest, error: JagaError) -> HttpResponse:
    person = getattr(request, "user", None)
    if not request.path.startswith(CONSOLE) or person is None or not person.is_authenticated:
        return answer(request, error)
    if awaits_factor(request, actor_for(person)):
        return answer(request, error)

    @signed_in
    def refuse(request: HttpRequest, actor: Actor) -> HttpResponse:
        raise error

    try:
        return refuse(request)
    except JagaError:  # Asked for by a script or as a picture.
        return answer(request, error)
