"""Reading what people report by the button of their app, on every platform whose adapter passes that on."""

import structlog

from jaga.casework.health import left_alone
from jaga.casework.in_app import reports_read_to, take_reports
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.platforms import PassesReports
from jaga.jobs.adapters import adapter_for
from jaga.records.models import Platform

log = structlog.get_logger("jaga.in_app")


def read_in_app_reports() -> int:
    """One round over all platforms; returns how many reports were taken in.

    A platform that does not answer is left for the next round: its cursor stays, so nothing is missed.
    """
    taken = 0
    for name in Platform.objects.filter(by_notice=False).values_list("name", flat=True):
        if left_alone(name):
            continue
        try:
            adapter = adapter_for(name)
            if not isinstance(adapter, PassesReports):
                continue
            feed = adapter.read_reports(reports_read_to(name))
        except JagaError as failed:
            log.warning("reports_not_read", platform=name, code=failed.code)
            continue
        if feed.reports or feed.cursor != reports_read_to(name):
            taken += take_reports(name, feed.reports, feed.cursor, actor=SYSTEM)
    return taken
