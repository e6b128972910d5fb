"""The public list of watches: while one runs what, by which law and how long; scope and results later."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.core.observations.settings import FORMS
from jaga.policy.limits import WATCH_RESULTS_DAYS
from jaga.transparency.watches import public_watches


@require_safe
def watches(request: HttpRequest) -> HttpResponse:
    """Every watch that was started."""
    return render(request, "public/watches.html", {
        "rows": [(one, gettext(FORMS[one.results.kind].label) if one.results else "") for one in public_watches()],
        "days": WATCH_RESULTS_DAYS})
