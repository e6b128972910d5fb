"""Durations as text in the active language."""

from django.utils.translation import gettext


def span_words(minutes: int) -> str:
    """Format `minutes` (0 or more) as `2 d 4 h`, `3 h 20 min` or `5 min`."""
    days, rest = divmod(minutes, 24 * 60)
    whole, left = divmod(rest, 60)
    if days:
        return gettext("%(days)s d %(hours)s h") % {"days": days, "hours": whole}
    if whole:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": whole, "minutes": left}
    return gettext("%(minutes)s min") % {"minutes": left}
