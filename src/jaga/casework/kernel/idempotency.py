"""Idempotency keys of API calls: the response is stored in the transaction of the call and replayed later.

A failed call stores nothing, so the key can be used again for the corrected call.
"""

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from cryptography.fernet import InvalidToken
from django.db import connection, transaction

from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError
from jaga.records.codes import open_secret, seal_secret
from jaga.records.models import IdempotencyRecord

KEPT = timedelta(hours=48)
_MOST_AT_ONCE = 1000


class StillRunning(Conflict):
    """The first request with this key is still being processed."""

    code = "idempotency_running"
    sentence = N_("A call with this Idempotency-Key is still running.")
    remedy = N_("Wait a second and send it again with the same key: you will get the same answer.")


class NameUsed(JagaError):
    """The key was used for a different request."""

    code = "idempotency_key_used"
    status = 422
    sentence = N_("This Idempotency-Key was used for another call before.")
    remedy = N_("Use a new key for each new call, and the same key only to send the very same call again.")


class AnswerLost(Conflict):
    """The request was processed, but the secret that encrypts its response is gone."""

    code = "idempotency_answer_lost"
    sentence = N_("This call had its effect before, but its answer cannot be given again.")
    remedy = N_("Look for what it made in the lists; do not send it under another key.")


@dataclass(frozen=True)
class IdempotentRequest:
    """The caller's API key, the idempotency key and a hash of the whole request."""

    key_id: int
    name: str
    hash: bytes


@dataclass(frozen=True)
class StoredResponse:
    """A response; `repeated` if it was replayed."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    repeated: bool = False


def answer_once(call: IdempotentRequest, make: Callable[[], StoredResponse]) -> StoredResponse:
    """Call `make` at most once for this idempotency key; later calls return the stored, encrypted response.

    The effects of `make` and the stored response share one commit. Only responses below status 300 are stored. Raises
    StillRunning, NameUsed, AnswerLost, and whatever `make` raises.
    """
    name = hashlib.sha256(call.name.encode()).digest()
    with transaction.atomic():
        alone = _alone(call.key_id, name)
        kept = IdempotencyRecord.objects.filter(key_id=call.key_id, name_hash=name).first()
        if kept is None and not alone:  # Repeats at the same time have the lock for a moment, too, but their answer.
            raise StillRunning(retry_after=1)
        if kept is not None:
            if bytes(kept.call_hash) != call.hash:
                raise NameUsed
            return StoredResponse(kept.status, kept.headers, _opened(kept), repeated=True)
        answer = make()
        if answer.status < 300:
            IdempotencyRecord.objects.create(
                key_id=call.key_id,
                name_hash=name,
                call_hash=call.hash,
                status=answer.status,
                headers=dict(answer.headers),
                sealed=seal_secret(b64encode(answer.body).decode()),
                at=now(),
            )
        return answer


def _opened(kept: IdempotencyRecord) -> bytes:
    try:
        return b64decode(open_secret(bytes(kept.sealed)))
    except InvalidToken:
        raise AnswerLost from None


def _alone(key_id: int, name: bytes) -> bool:
    """Whether the advisory lock of this call was free; it is held until the commit."""
    number = int.from_bytes(hashlib.sha256(b"%d " % key_id + name).digest()[:8], signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def forget_answers() -> int:
    """Delete responses after 48 hours, since they contain receipts; returns how many."""
    old = (
        IdempotencyRecord.objects.filter(at__lt=now() - KEPT)
        .order_by("at")
        .values_list("pk", flat=True)[:_MOST_AT_ONCE]
    )
    deleted, _ = IdempotencyRecord.objects.filter(pk__in=list(old)).delete()
    return deleted
