"""A visit to one's report: opened by the receipt, ended by a button or a quarter of an hour after the last step.

The receipt is typed once and not stored. Only an encrypted token remains, in a cookie for the follow pages: not in
database sessions, and not in a URL that a browser would remember.
"""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.store.codes import open_visit, seal_visit

COOKIE = "jaga_visit"
SECONDS = 15 * 60


class VisitOver(JagaError):
    """The token is missing or expired."""

    code = "visit_over"
    status = 403
    sentence = N_("Your report was closed on this device after 15 minutes.")
    remedy = N_("Enter your report number (16 digits) again.")


def visit_of(request: HttpRequest) -> int | None:
    """The report of this visit, or None."""
    return open_visit(request.COOKIES.get(COOKIE, ""), now(), SECONDS)


def visited(request: HttpRequest) -> int:
    """The report of this visit. Raises VisitOver."""
    found = visit_of(request)
    if found is None:
        raise VisitOver
    return found


def go_on(response: HttpResponse, report_id: int) -> HttpResponse:
    """Extend the visit by another quarter of an hour."""
    response.set_cookie(
        COOKIE,
        seal_visit(report_id, now()),
        max_age=SECONDS,
        path=reverse("public:follow"),
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response


def end(response: HttpResponse) -> HttpResponse:
    """End the visit on this device."""
    response.delete_cookie(COOKIE, path=reverse("public:follow"), samesite="Strict")
    return response
