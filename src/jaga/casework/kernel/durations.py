"""How long something lasts, in the words of the language that is on."""

from django.utils.translation import gettext


def span_words(minutes: int) -> str:
    """`2 d 4 h`, `3 h 20 min` or `5 min`. `minutes` is 0 or more."""
    days, rest = divmod(minutes, 24 * 60)
    whole, left = divmod(rest, 60)
    if days:
        return gettext("%(days)s d %(hours)s h") % {"days": days, "hours": whole}
    if whole:
        return gettext("%(hours)s h %(minutes)s min") % {"hours": whole, "minutes": left}
    return gettext("%(minutes)s min") % {"minutes": left}
