"""The periodic task that asks witnesses to cosign the newest head (c2sp.org/tlog-witness)."""

import time
from http import HTTPStatus

import httpx
import structlog

from jaga.casework.ledger.publishing import write_files
from jaga.casework.ledger.witnesses import WitnessToAsk, request_of, take_cosignature, witnesses_to_ask
from jaga.ledger.tlog.witness import SIZE_TYPE
from jaga.records.access.base.epochs import is_put_back

log = structlog.get_logger("jaga.ledger")
SECONDS = 10.0
_LARGEST_ANSWER = 16_000
_FIRST_PAUSE, _LONGEST_PAUSE = 15.0, 600.0
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
            pause = min(max(2 * pause, _FIRST_PAUSE), _LONGEST_PAUSE)
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
            status, kind, content = _post(asked.url, body)
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


def _post(url: str, body: bytes) -> tuple[int, str, bytes]:
    with (
        httpx.Client(timeout=SECONDS, follow_redirects=False, trust_env=False) as client,
        client.stream("POST", url, content=body) as answer,
    ):
        content = b""
        for part in answer.iter_bytes():
            content += part
            if len(content) > _LARGEST_ANSWER:
                break
        return answer.status_code, answer.headers.get("Content-Type", ""), content[:_LARGEST_ANSWER]
