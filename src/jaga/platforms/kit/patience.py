"""How long a platform asks to wait, from the three forms servers use.

`Retry-After` in seconds or as a date (RFC 9110, 10.2.3), and Matrix's `retry_after_ms` in the body of a 429.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from jaga.core.clock import now

LONGEST = 3600.0
"""The maximum accepted: retrying hourly burdens nobody, and a wrong header must not stop the work."""

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def retry_after(headers: Mapping[str, str], content: bytes) -> float | None:
    """Seconds to wait, from 0 to `LONGEST`; None if the answer does not say."""
    seconds = _from_header(headers)
    if seconds is None:
        seconds = _from_matrix(content)
    return None if seconds is None else min(max(seconds, 0.0), LONGEST)


def _from_header(headers: Mapping[str, str]) -> float | None:
    text = headers.get("Retry-After", "").strip()
    if _SECONDS.fullmatch(text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    # By the server's own clock if it sends one, since ours may differ.
    return (until - (_date(headers.get("Date", "")) or now())).total_seconds()


def _date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (TypeError, ValueError, OverflowError, IndexError):
        return None
    return found if found.tzinfo is not None else None


def _from_matrix(content: bytes) -> float | None:
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        return None
    wait = body.get("retry_after_ms") if isinstance(body, dict) else None
    if isinstance(wait, bool) or not isinstance(wait, int | float) or wait != wait:
        return None
    return min(max(wait, 0), 1000 * LONGEST) / 1000  # Limited first: an integer may be too large for a division.
