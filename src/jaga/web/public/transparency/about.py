"""Who runs this installation, what it keeps about people, and how accessible it is."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.casework.reporting.independent_sources import NETWORK_KEPT

VISIT_MINUTES = 15
"""How long the pages of a report stay open (`reporting.visit`, `reporting.report`); a test compares them."""
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who runs this, and how to reach them."""
    return render(request, "public/about.html", _contact())


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice: what is kept of whom, for how long, and who sees it."""
    return render(request, "public/privacy.html", {
        **_contact(), "network_days": NETWORK_KEPT.days, "minutes": VISIT_MINUTES})


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "public/accessibility.html", _contact())


def _contact() -> dict[str, str]:
    """The contact of whoever runs this (`JAGA_CONTACT`), and its link if it is a mail address."""
    contact: str = settings.CONTACT
    return {"contact": contact, "contact_href": f"mailto:{contact}" if _MAIL.fullmatch(contact) else ""}
