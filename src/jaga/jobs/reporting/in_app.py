"""Reads reports made with an app's report button, on every platform whose adapter passes them on."""

from jaga.casework.reporting.in_app import reports_read_to, take_reports
from jaga.core.actors import SYSTEM
from jaga.core.platforms import PassesReports
from jaga.core.terms.actions import PlatformTask
from jaga.jobs.base.adapters import adapter_for
from jaga.jobs.base.contained import contained, may_begin
from jaga.records.models import Platform


def platforms_that_act() -> list[str]:
    """Platforms with an API adapter."""
    return list(Platform.objects.filter(by_notice=False).order_by("name").values_list("name", flat=True))


def read_in_app_reports() -> int:
    """Read all platforms once; returns how many reports were accepted."""
    return sum(map(read_reports_of, platforms_that_act()))


def read_reports_of(name: str) -> int:
    """Read one platform once; returns how many reports were accepted.

    If it is unavailable or its answer unusable, the cursor stays, so that a later run misses nothing.
    """
    if not may_begin(name, PlatformTask.REPORTS):
        return 0
    with contained(name, PlatformTask.REPORTS):
        adapter = adapter_for(name)
        if not isinstance(adapter, PassesReports):
            return 0
        feed = adapter.read_reports(reports_read_to(name))
        if feed.reports or feed.set_aside or feed.cursor != reports_read_to(name):
            return take_reports(name, feed.reports, feed.cursor, set_aside=feed.set_aside, actor=SYSTEM)
    return 0
