"""The periodic task that has the newest head stamped once a day by a time stamp authority (RFC 3161)."""

import time
from http import HTTPStatus

import httpx
import structlog
from django.conf import settings

from jaga.casework.ledger.timestamps import head_to_stamp, stamped_bytes, take_stamp
from jaga.core.errors import JagaError
from jaga.ledger.timestamps import LARGEST_STAMP, QUERY_TYPE, request_for
from jaga.records.access.base.epochs import is_put_back

log = structlog.get_logger("jaga.ledger")
SECONDS = 20.0
_FIRST_PAUSE, _LONGEST_PAUSE = 60.0, 3600.0
_PAUSE: list[tuple[float, float]] = []
"""The last pause in seconds, and until when (monotonic) this process does not ask the authority."""


def ask_authority() -> int:
    """Have the newest head stamped if that is due; returns 1 if it was. After a failure it waits, up to an hour."""
    pause, until = _PAUSE[-1] if _PAUSE else (0.0, 0.0)
    if time.monotonic() < until or is_put_back() or (head := head_to_stamp()) is None:
        return 0
    _PAUSE.clear()
    request = request_for(stamped_bytes(head))
    try:
        take_stamp(head, _post(request.content), request.nonce)
    except (httpx.HTTPError, JagaError) as fault:
        why = fault.english() if isinstance(fault, JagaError) else f"{type(fault).__name__} {fault}"
        log.warning("head_not_stamped", why=why)
        pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
        _PAUSE.append((pause, time.monotonic() + pause))
        return 0
    log.info("head_stamped", log=head.log.origin, size=head.size)
    return 1


def _post(content: bytes) -> bytes:
    """The authority's answer. Raises httpx.HTTPError, also for any status but 200."""
    with (
        httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", settings.JAGA_TIMESTAMP_URL, content=content, headers={"Content-Type": QUERY_TYPE}
        ) as answer,
    ):
        if answer.status_code != HTTPStatus.OK:
            raise httpx.HTTPStatusError(f"status {answer.status_code}", request=answer.request, response=answer)
        found = b""
        for part in answer.iter_bytes():
            found += part
            if len(found) > LARGEST_STAMP:
                break
        return found[:LARGEST_STAMP]
