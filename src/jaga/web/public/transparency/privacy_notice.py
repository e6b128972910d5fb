"""The privacy notice: what is kept about whom, why, on which ground, for how long. Made from the inventory of data."""

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.casework.privacy.notice import kept_about, sent_out
from jaga.casework.reporting.independent_sources import NETWORK_KEPT
from jaga.policy import load_release
from jaga.policy.local_time import today
from jaga.records.inventory.outside import BACKUP_DAYS
from jaga.web.public.transparency.about import contact

VISIT_MINUTES = 15
"""How long the pages of a report stay open (`reporting.visit`, `reporting.report`); a test compares them."""


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, in the reader's language. Needs no query."""
    release, day = load_release(), today()
    return render(
        request,
        "public/privacy.html",
        {
            **contact(),
            "parts": kept_about(release, day),
            "out": sent_out(release, day),
            "protection": release.data_protection,
            "release": release,
            "network_days": NETWORK_KEPT.days,
            "minutes": VISIT_MINUTES,
            "backup_days": BACKUP_DAYS,
            "backup_day": day + timedelta(days=BACKUP_DAYS),
        },
    )
