"""Periodic tasks of the ledger: link and sign what was committed, and publish every hour.

The periodic task that has the newest head stamped once a day by a time stamp authority (RFC 3161).

The periodic task that asks witnesses to cosign the newest head (c2sp.org/tlog-witness).
"""

import time
from http import HTTPStatus

import httpx
import structlog
from django.conf import settings

from jaga.core.errors import JagaError
from jaga.ledger.timestamps import LARGEST_STAMP, QUERY_TYPE, request_for
from jaga.ledger.tlog.witness import SIZE_TYPE
from jaga.proofs.verbs.publishing import head_is_due, publish, write_files
from jaga.proofs.verbs.witnesses import (
    WitnessToAsk,
    head_to_stamp,
    request_of,
    stamped_bytes,
    take_cosignature,
    take_stamp,
    witnesses_to_ask,
)
from jaga.store.kernel.epochs import keep_mark
from jaga.store.kernel.sequencer import LINKED_AT_ONCE, entries_wait, link_entries
from jaga.store.reads import is_put_back

log = structlog.get_logger("jaga.ledger")


def link_all() -> int:
    """Link all waiting ledger entries; none in a database that was restored without a declared epoch."""
    if is_put_back():
        log.error("database_put_back")
        return 0
    if not entries_wait():  # asked twice a second, and in a quiet hour nothing waits
        return 0
    linked = link_entries()
    while linked and linked % LINKED_AT_ONCE == 0 and (more := link_entries()):
        linked += more
    if linked:
        keep_mark()
    return linked


def publish_ledger() -> int:
    """Publish what is due; returns the heads written. Nothing in a database restored without a declared epoch."""
    if is_put_back():
        return 0
    if head_is_due():
        link_all()  # what was committed before the full hour is in its head
    return publish()


LEDGER_TIMESTAMPS_SECONDS = 20.0
_LEDGER_TIMESTAMPS_FIRST_PAUSE, _LEDGER_TIMESTAMPS_LONGEST_PAUSE = 60.0, 3600.0
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
        take_stamp(head, _post_of_ledger_timestamps(request.content), request.nonce)
    except (httpx.HTTPError, JagaError) as fault:
        why = fault.english() if isinstance(fault, JagaError) else f"{type(fault).__name__} {fault}"
        log.warning("head_not_stamped", why=why)
        pause = min(max(2 * pause, _LEDGER_TIMESTAMPS_FIRST_PAUSE), _LEDGER_TIMESTAMPS_LONGEST_PAUSE)
        _PAUSE.append((pause, time.monotonic() + pause))
        return 0
    log.info("head_stamped", log=head.log.origin, size=head.size)
    return 1


def _post_of_ledger_timestamps(content: bytes) -> bytes:
    """The authority's answer. Raises httpx.HTTPError, also for any status but 200."""
    with (
        httpx.Client(timeout=LEDGER_TIMESTAMPS_SECONDS, follow_redirects=False, trust_env=False) as client,
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


LEDGER_WITNESSES_SECONDS = 10.0
_LARGEST_ANSWER = 16_000
_LEDGER_WITNESSES_FIRST_PAUSE, _LEDGER_WITNESSES_LONGEST_PAUSE = 15.0, 600.0
_PAUSES: dict[str, tuple[float, float]] = {}
"""By witness: its last pause in seconds, and until when (monotonic) this process does not ask it."""


def ask_witnesses() -> int:
    """Ask each witness that has not cosigned the newest head; returns how many cosigned.

    One that fails is asked again after a pause that doubles up to ten minutes; it delays no other for more than
    `SECONDS`.
    """
    if is_put_back():
        return 0
    done = 0
    for asked in witnesses_to_ask():
        pause, until = _PAUSES.get(asked.witness.vkey, (0.0, 0.0))
        if time.monotonic() < until:
            continue
        why = _ask(asked)
        if why is None:
            _PAUSES.pop(asked.witness.vkey, None)
            done += 1
        else:
            pause = min(max(2 * pause, _LEDGER_WITNESSES_FIRST_PAUSE), _LEDGER_WITNESSES_LONGEST_PAUSE)
            _PAUSES[asked.witness.vkey] = (pause, time.monotonic() + pause)
            log.warning("witness_did_not_cosign", witness=asked.witness.name, why=why)
    if done:
        write_files()  # the published checkpoint has the new cosignatures
    return done


def _ask(asked: WitnessToAsk) -> str | None:
    """None if the witness cosigned, else why not."""
    old = asked.old
    for _ in range(2):
        body = request_of(asked, old)
        if body is None:
            return f"it has cosigned a head of {old} leaves, which this log does not have"
        try:
            status, kind, content = _post_of_ledger_witnesses(asked.url, body)
        except httpx.HTTPError as fault:
            return type(fault).__name__
        if status == HTTPStatus.OK:
            return None if take_cosignature(asked, content) else "its answer is no valid cosignature"
        size = content.strip()
        if status != HTTPStatus.CONFLICT or not kind.startswith(SIZE_TYPE) or not size.isdigit() or len(size) > 18:
            return f"status {status}"
        if int(size) == old:
            return f"it has cosigned another head of {old} leaves"
        old = int(size)
    return "it names another size each time"


def _post_of_ledger_witnesses(url: str, body: bytes) -> tuple[int, str, bytes]:
    with (
        httpx.Client(timeout=LEDGER_WITNESSES_SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", url, content=body) as answer,
    ):
        content = b""
        for part in answer.iter_bytes():
            content += part
            if len(content) > _LARGEST_ANSWER:
                break
        return answer.status_code, answer.headers.get("Content-Type", ""), content[:_LARGEST_ANSWER]
