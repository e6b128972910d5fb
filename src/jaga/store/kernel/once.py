"""Idempotency keys of API calls: the response is stored in the transaction of the call and replayed later.

A failed call stores nothing, so the key can be used again for the corrected call.

Forms that take effect once, however often they are submitted (double click, back button, second window; ADR 0068).

`send_once` identifies a form by the token of its page, its address and its content, and stores the answer in the same
commit. The same content sent from another window within five minutes, with nothing sent in between, counts as the same
form. A refused form, or one that stored nothing, is not remembered.
"""

import hashlib
import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import starmap
from time import monotonic, sleep
from typing import NamedTuple

from cryptography.fernet import Fernet, InvalidToken
from django.db import connection, transaction

from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError
from jaga.store.bulk import ask_prepared
from jaga.store.codes import form_box, form_hash, open_secret, seal_secret
from jaga.store.models import SentForm
from jaga.webhooks.models import IdempotencyRecord

IDEMPOTENCY_KEPT = timedelta(hours=48)
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
        IdempotencyRecord.objects.filter(at__lt=now() - IDEMPOTENCY_KEPT)
        .order_by("at")
        .values_list("pk", flat=True)[:_MOST_AT_ONCE]
    )
    deleted, _ = IdempotencyRecord.objects.filter(pk__in=list(old)).delete()
    return deleted


REPEATABLE_FORMS_KEPT = timedelta(days=1)
SHOWN_AGAIN = timedelta(minutes=10)  # answers with a page or a cookie, which may be outdated afterwards
SAME_WORDS = timedelta(minutes=5)  # for the same content from another window
PATIENCE = 8.0  # seconds to wait for a concurrent submission of the same form


class StillSending(Conflict):
    """The same form is still being processed."""

    code = "still_sending"
    sentence = N_("This form was sent twice, and the first is still being worked on.")
    remedy = N_("Nothing is lost. Wait a minute, go back to the page and reload it: it shows whether it was stored.")


class AlreadySent(Conflict):
    """The form took effect, and its answer is no longer available."""

    code = "already_sent"
    sentence = N_("You have sent this form already. It is stored, and it was not stored a second time.")
    remedy = N_(
        "Go back to the page and reload it: it shows how things stand now. To send something new, fill in the "
        "reloaded page."
    )


@dataclass(frozen=True)
class Form:
    """A submitted form.

    `browser` is a secret of this browser, `person` the signed-in person ("" if none), `token` the page's token,
    `content` a hash of address and fields. `worded` is true if somebody wrote or chose something that nobody sends
    twice by chance.
    """

    browser: str = field(repr=False)
    person: str
    token: str = field(repr=False)
    content: str
    worded: bool = False


@dataclass(frozen=True)
class Cookie:
    """A cookie of an answer, with its attributes."""

    name: str
    value: str = field(repr=False)
    attributes: Mapping[str, object]


@dataclass(frozen=True)
class PageAnswer:
    """An answer that can be sent again."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cookies: tuple[Cookie, ...] = ()
    repeated: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it is a plain redirect, which does not become outdated."""
        return 300 <= self.status < 400 and not self.cookies


@dataclass(frozen=True)
class _Hashes:
    name: bytes
    content: bytes
    sender: bytes


def send_once(form: Form, make: Callable[[], PageAnswer | None]) -> PageAnswer | None:
    """Call `make` at most once for this form; later submissions get the stored answer.

    The effects of `make` and its answer share one commit. `make` returns None if its answer must not be repeated. If
    `make` raises a JagaError, the error is re-raised after the commit, so what was stored before it is kept. Raises
    StillSending, AlreadySent.
    """
    hashes = _hashes(form)
    refused: JagaError | None = None
    answer: PageAnswer | None = None
    with transaction.atomic():
        _wait_for_turn(hashes.content)
        kept = _kept(hashes, worded=form.worded)
        if kept is not None:
            return _again(kept, form)
        try:
            answer = make()
        except JagaError as why:
            refused = why
        if transaction.get_rollback():
            raise transaction.TransactionManagementError("a refused statement was caught outside of a savepoint")
        if answer is not None:
            _keep(form, hashes, answer)
    if refused is not None:
        raise refused
    return answer


def _hashes(form: Form) -> _Hashes:
    sender = f"{form.browser}:{form.person}"
    return _Hashes(
        form_hash(f"name:{sender}:{form.token}:{form.content}"),
        form_hash(f"content:{sender}:{form.content}"),
        _sender(form.browser, form.person),
    )


def _sender(browser: str, person: str) -> bytes:
    return form_hash(f"sender:{browser}:{person}")


def _wait_for_turn(content: bytes) -> None:
    """Lock this form until the commit. Raises StillSending after `PATIENCE` seconds."""
    until = monotonic() + PATIENCE
    number = int.from_bytes(content[:8], signed=True)
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
            if cursor.fetchone()[0]:
                return
            if monotonic() > until:
                raise StillSending(retry_after=int(PATIENCE))
            sleep(0.05)


# Prepared statements, since every form needs them and the ORM takes ten times as long. The lock is one before: this
# one sees what its former holder stored.
_FIND = """
SELECT true AS same, content_hash, sealed, lasting, at FROM records_sentform WHERE name_hash = %s
UNION ALL (
    SELECT false, content_hash, sealed, lasting, at FROM records_sentform WHERE sender_hash = %s
    ORDER BY id DESC LIMIT 1)"""
_STORE = """
INSERT INTO records_sentform (name_hash, content_hash, sender_hash, sealed, lasting, at)
SELECT %s, %s, %s, %s, %s, %s WHERE pg_current_xact_id_if_assigned() IS NOT NULL RETURNING id"""
"""Only if this transaction has changed anything: PostgreSQL assigns its id only then."""


class _Kept(NamedTuple):
    """A form that was stored. `same`: this very one, not only the last one of its sender."""

    same: bool
    content: bytes
    sealed: bytes
    lasting: bool
    at: datetime


def _kept(hashes: _Hashes, *, worded: bool) -> _Kept | None:
    found = {kept.same: kept for kept in starmap(_Kept, ask_prepared(_FIND, [hashes.name, hashes.sender]))}
    if True in found or not worded:
        return found.get(True)
    last = found.get(False)
    # `forget_answers_of` clears `sealed`: the next person at this browser is somebody else.
    if last is None or not last.sealed:
        return None
    return last if last.content == hashes.content and last.at > now() - SAME_WORDS else None


def _keep(form: Form, hashes: _Hashes, answer: PageAnswer) -> None:
    """Store the answer, if the transaction has changed anything."""
    plain = json.dumps(
        {
            "status": answer.status,
            "headers": dict(answer.headers),
            "body": b64encode(answer.body).decode(),
            "cookies": [[one.name, one.value, dict(one.attributes)] for one in answer.cookies],
        }
    ).encode()
    ask_prepared(
        _STORE,
        [hashes.name, hashes.content, hashes.sender, _box(form).encrypt(zlib.compress(plain)), answer.lasting, now()],
    )


def _box(form: Form) -> Fernet:
    return form_box(f"{form.browser}:{form.person}:{form.content}")


def _again(kept: _Kept, form: Form) -> PageAnswer:
    if not kept.lasting and kept.at <= now() - SHOWN_AGAIN:
        raise AlreadySent
    try:
        answer = json.loads(zlib.decompress(_box(form).decrypt(kept.sealed)))
    except InvalidToken:
        raise AlreadySent from None
    return PageAnswer(
        answer["status"],
        answer["headers"],
        b64decode(answer["body"]),
        tuple(Cookie(*one) for one in answer["cookies"]),
        repeated=True,
    )


def forget_answers_of(browser: str, person: str) -> None:
    """Erase the stored answers of this browser and person at sign-out. Their forms are still recognised."""
    sender = _sender(browser, person)
    SentForm.objects.filter(sender_hash=sender).exclude(sealed=b"").update(sealed=b"")


@transaction.atomic
def forget_forms() -> int:
    """Delete expired forms and erase expired answers; returns how many forms were deleted."""
    moment = now()
    SentForm.objects.filter(lasting=False, at__lt=moment - SHOWN_AGAIN).exclude(sealed=b"").update(sealed=b"")
    old = (
        SentForm.objects.filter(at__lt=moment - REPEATABLE_FORMS_KEPT)
        .order_by("at")
        .values_list("pk", flat=True)[:_MOST_AT_ONCE]
    )
    deleted, _ = SentForm.objects.filter(pk__in=list(old)).delete()
    return deleted
