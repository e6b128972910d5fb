"""Human-readable durations."""

from datetime import timedelta

from django.utils.translation import gettext

from jaga.core.errors import N_
from jaga.web.errors import fill


def span(took: timedelta | None) -> str:
    """A duration in its two largest units; empty if None."""
    if took is None:
        return ""
    whole = round(took.total_seconds())
    if not whole:
        return gettext("< 1 s")
    minutes, seconds = divmod(whole, 60)
    if not minutes:
        return fill(N_("%(seconds)s s"), {"seconds": seconds})
    if minutes < 60:
        return fill(N_("%(minutes)s min %(seconds)s s"), {"minutes": minutes, "seconds": seconds})
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return fill(N_("%(hours)s h %(minutes)s min"), {"hours": hours, "minutes": minutes})
    return fill(N_("%(days)s d %(hours)s h"), {"days": hours // 24, "hours": hours % 24})
