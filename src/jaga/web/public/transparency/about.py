"""Who runs this installation, and how accessible it is."""

import re

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """Who runs this, and how to reach them."""
    return render(request, "public/about.html", contact())


@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement."""
    return render(request, "public/accessibility.html", contact())


def contact() -> dict[str, str]:
    """The contact of whoever runs this (`JAGA_CONTACT`), and its link if it is a mail address."""
    contact: str = settings.CONTACT
    return {"contact": contact, "contact_href": f"mailto:{contact}" if _MAIL.fullmatch(contact) else ""}
