"""How many reports one network may send, and what those are told who send more. Reading a chat export counts as one.

Counted in this process's memory, on purpose: where reports came from is written to no disk. The victim's way has a
bucket of its own, four times as large, so that a flood on the ordinary way does not touch it.
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
    """One network sent more reports than it may. Params: `wait` in words. Nothing of this one was stored."""

    code = "too_many_reports"
    status = 429
    sentence = N_("Many reports are coming from your network just now.")
    remedy = N_("Wait %(wait)s, then send it again. What you typed is still there.")

    def __init__(self, seconds: float) -> None:
        self.seconds = ceil(seconds)
        super().__init__(wait=span(timedelta(seconds=self.seconds)))


def count_one(network: str, *, victims: bool) -> None:
    """Count one report of that network. Raises TooManyReports."""
    a_minute = settings.JAGA_REPORTS_PER_MINUTE * (VICTIMS_SHARE if victims else 1)
    if not a_minute:
        return  # switched off, for measurements
    rate = Rate(burst=a_minute * BURST_MINUTES, per_second=a_minute / 60)
    wait = SENT.take(f"{'victim' if victims else 'report'}:{network}", rate, monotonic())
    if wait:
        raise TooManyReports(wait)
