"""How long each group of the inventory is kept, by the name of its period, in words.

Three sources: the rules of the release (`retention.yaml`), the sweeps that delete by themselves (`swept.SWEPT`),
and `FixedPeriod` for what no clock ends.
"""

from collections.abc import Mapping
from datetime import date, timedelta
from types import MappingProxyType

from django.utils.translation import gettext, ngettext

from jaga.casework.privacy.swept import SWEPT
from jaga.core.errors import N_
from jaga.core.inventory import FixedPeriod
from jaga.core.terms.retention import DataKind
from jaga.policy import PolicyRelease
from jaga.records.inventory.outside import BACKUP_DAYS

SWEEPS: Mapping[str, timedelta] = MappingProxyType(
    {**{name: sweep.kept for name, sweep in SWEPT.items()}, "backups": timedelta(days=BACKUP_DAYS)}
)
"""What deletes itself, and after how long."""

_LASTING = {
    FixedPeriod.ROW: N_("As long as the record that it belongs to"),
    FixedPeriod.INSTALLATION: N_("As long as this installation runs, as proof"),
    FixedPeriod.MEMBERSHIP: N_("While the person has an account here; what was done stays on record"),
    FixedPeriod.AGREEMENT: N_("While the organisation works with us"),
    FixedPeriod.ACCOUNT_CASES: N_("As long as a decision about the account is on record"),
    FixedPeriod.SIZE: N_("Until newer lines take its place, at most 30 days"),
}
_UNITS = ((timedelta(days=365), 2), (timedelta(days=1), 1), (timedelta(hours=1), 1), (timedelta(minutes=1), 1))


def period_names() -> frozenset[str]:
    """The names that `FieldGroup.retention` may have besides those of `FixedPeriod`."""
    return frozenset((*SWEEPS, *DataKind))


def period_in_words(name: str, release: PolicyRelease, on: date) -> str:
    """How long, in the language that is active. Raises KeyError for an unknown name."""
    if name in set(DataKind):
        return _by_rule(DataKind(name), release, on)
    if name in SWEEPS:
        return gettext("At most %(time)s") % {"time": time_in_words(SWEEPS[name])}
    return gettext(_LASTING[FixedPeriod(name)])


def _by_rule(kind: DataKind, release: PolicyRelease, on: date) -> str:
    """From the shortest to the longest period that any rule gives this kind today."""
    days = [rule.days for rule in release.retention.rules if rule.kind is kind and rule.valid_from <= on]
    if not days:
        return gettext("No period is set")
    least, most = (time_in_words(timedelta(days=number)) for number in (min(days), max(days)))
    if kind is DataKind.ACCESS_LOG:
        return most
    if least == most:
        return gettext("%(time)s after the case is closed") % {"time": most}
    return gettext("%(least)s to %(most)s after the case is closed, depending on how it ended") % {
        "least": least,
        "most": most,
    }


def time_in_words(time: timedelta) -> str:
    """In the largest unit without a rest: “5 years”, “400 days”, “48 hours”. A single year is told in days."""
    unit = next((unit for unit, least in _UNITS if time >= least * unit and not time % unit), timedelta(minutes=1))
    number = int(time / unit)
    words = (
        ngettext("%(number)s year", "%(number)s years", number)
        if unit == timedelta(days=365)
        else ngettext("%(number)s day", "%(number)s days", number)
        if unit == timedelta(days=1)
        else ngettext("%(number)s hour", "%(number)s hours", number)
        if unit == timedelta(hours=1)
        else ngettext("%(number)s minute", "%(number)s minutes", number)
    )
    return words % {"number": number}
