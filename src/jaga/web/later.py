"""Calls whose report is accepted together with those of other calls (`web.api_portions`)."""

from dataclasses import dataclass

from django.http import HttpRequest

from jaga.cases.verbs.accounts import NewReport
from jaga.core.actors import Actor

LATER = "jaga.later"
"""The WSGI environ entry of such a call, with its `Later`."""


@dataclass
class Later:
    """The view leaves its report here and answers without a receipt, which is written after the commit.

    If the report is refused or cannot be stored, the call is answered again, and the view raises `failure`.
    """

    report: tuple[NewReport, Actor] | None = None
    failure: BaseException | None = None


def later_of(request: HttpRequest) -> Later | None:
    """That of this call; None if it is answered alone."""
    later = request.META.get(LATER)
    return later if isinstance(later, Later) else None


def is_answered_again(request: HttpRequest) -> bool:
    """Whether the call was counted before."""
    later = later_of(request)
    return later is not None and later.failure is not None
