"""Limits on reports per network.

Reading a chat export counts as a report.

Kept in process memory on purpose: the origin of reports is never written to disk. The victim's route has its own quota,
four times as large, so that a flood on the ordinary route does not affect it.
"""

from datetime import timedelta
from math import ceil
from time import monotonic

from django.conf import settings

from jaga.core.buckets import Buckets, Rate
from jaga.core.errors import N_, JagaError
from jaga.web.public.base.durations import span

BURST_MINUTES = 2
VICTIMS_SHARE = 4
SENT = Buckets()


class TooManyReports(JagaError):
    """One network exceeded its limit. Params: `wait` in words. Nothing was stored."""

    code = "too_many_reports"
    status = 429
    sentence = N_("Many reports are coming from your network at the moment.")
    remedy = N_("Wait %(wait)s, then send it again. What you typed is still there.")

    def __init__(self, seconds: float) -> None:
        self.seconds = ceil(seconds)
        super().__init__(wait=span(timedelta(seconds=self.seconds)))


def count_one(network: str, *, victims: bool) -> None:
    """Count one report from that network. Raises TooManyReports."""
    a_minute = settings.JAGA_REPORTS_PER_MINUTE * (VICTIMS_SHARE if victims else 1)
    if not a_minute:
        return  # Switched off, for measurements.
    rate = Rate(burst=a_minute * BURST_MINUTES, per_second=a_minute / 60)
    wait = SENT.take(f"{'victim' if victims else 'report'}:{network}", rate, monotonic())
    if wait:
        raise TooManyReports(wait)
