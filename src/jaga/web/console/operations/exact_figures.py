"""Exact current figures as files, for the installation's staff. Public figures are rounded."""

from collections.abc import Iterable

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.actors import Actor
from jaga.core.errors import NotPermitted
from jaga.core.terms.people import Role
from jaga.transparency import figures, operators
from jaga.web.console.frame.pages import signed_in

READERS = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR})


@require_safe
@signed_in
def exact_figures(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures of the whole installation."""
    _require(actor)
    return _file(figures.csv(figures.compute()), "jaga-exact-figures.csv")


@require_safe
@signed_in
def exact_operators(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Figures per operator."""
    _require(actor)
    return _file(operators.csv(operators.compute_cards()), "jaga-exact-operators.csv")


def _require(actor: Actor) -> None:
    if not actor.roles & READERS:
        raise NotPermitted


def _file(lines: Iterable[bytes], name: str) -> HttpResponse:
    return HttpResponse(
        b"".join(lines),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )
