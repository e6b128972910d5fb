"""Key quotas: calls per minute, counted per process; reports and requests per day, counted globally.

A day's quota is reserved by processes in blocks, so counting costs one statement per some hundred reports. A process
that exits forfeits the rest of its block: at most a twentieth of the day.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from threading import Lock

from django.http import HttpResponseBase

from jaga.core.clock import now
from jaga.core.errors import N_, JagaError
from jaga.records.access.people.api_keys import DayUsedUp, KeyHolder, hand_out

_LARGEST_BLOCK, _BLOCKS_A_DAY = 500, 20
_MOST_COUNTED = 4096


class TooManyCalls(JagaError):
    """The key's calls for this minute are used up. Nothing was stored."""

    code = "quota_minute"
    status = 429
    sentence = N_("This key may be used for %(most)s calls a minute.")
    remedy = N_("Wait %(retry_after)s seconds and send it again. Many reports fit into one call: POST /reports/batch.")


@dataclass
class _Count:
    minute: int = 0
    calls: int = 0
    day: date = date.min
    left: int = 0
    lock: Lock = field(default_factory=Lock)


_counts: dict[int, _Count] = {}


def _count_of(holder: KeyHolder) -> _Count:
    if len(_counts) >= _MOST_COUNTED:
        _counts.clear()
    return _counts.setdefault(holder.key_id, _Count())


def count_call(holder: KeyHolder) -> None:
    """Count one call with this key. Raises TooManyCalls."""
    count, seconds = _count_of(holder), int(now().timestamp())
    with count.lock:
        if count.minute != seconds // 60:
            count.minute, count.calls = seconds // 60, 0
        if count.calls >= holder.per_minute:
            raise TooManyCalls(most=holder.per_minute, retry_after=60 - seconds % 60)
        count.calls += 1


def spend(holder: KeyHolder, reports: int) -> None:
    """Spend this many reports or requests of today's quota. Raises DayUsedUp; then nothing is spent."""
    count, moment = _count_of(holder), now()
    with count.lock:
        if count.day != moment.date():
            count.day, count.left = moment.date(), 0
        if count.left < reports:
            count.left += _handed_out(holder, count.day, reports - count.left, moment)
        count.left -= reports


def _handed_out(holder: KeyHolder, day: date, needed: int, moment: datetime) -> int:
    block = max(needed, min(_LARGEST_BLOCK, holder.per_day // _BLOCKS_A_DAY))
    for size in dict.fromkeys((block, needed)):
        if hand_out(holder.key_id, day, size, holder.per_day):
            return size
    raise DayUsedUp.at(moment, holder.per_day)


def set_headers(response: HttpResponseBase, holder: KeyHolder) -> None:
    """Set the RateLimit headers: the calls left in this minute."""
    count, seconds = _count_of(holder), int(now().timestamp())
    headers = response.headers
    headers["RateLimit-Limit"] = str(holder.per_minute)
    headers["RateLimit-Remaining"] = str(max(holder.per_minute - count.calls, 0))
    headers["RateLimit-Reset"] = str(60 - seconds % 60)
    headers["RateLimit-Policy"] = f'"minute";q={holder.per_minute};w=60, "day";q={holder.per_day};w=86400'


def forget_counts() -> None:
    """Reset the counters, as after a restart."""
    _counts.clear()
