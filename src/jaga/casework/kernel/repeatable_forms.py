"""Forms that store once, however often they are sent: a double click, the way back and again, a second window.

A form is known by the page that it came with (each page that is made has a token of its own), its address and all that
stands in it; its answer is kept in the commit of what it answers and given again. Who writes the same words once more
into another window, with nothing sent in between, has sent the same form, too. Whatever was refused leaves nothing
behind, and so does what stored nothing.
"""

import json
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from time import monotonic, sleep

from cryptography.fernet import Fernet, InvalidToken
from django.db import connection, transaction

from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, JagaError
from jaga.records.codes import form_box, form_hash
from jaga.records.models import SentForm

KEPT = timedelta(days=1)
SHOWN_AGAIN = timedelta(minutes=10)  # an answer that is a page, or brings a cookie: it may be old by then
SAME_WORDS = timedelta(minutes=5)  # the same from another window
PATIENCE = 8.0  # seconds, for the first of two that come at once
_MOST_AT_ONCE = 1000


class StillSending(Conflict):
    """The same form is being answered at this moment."""

    code = "still_sending"
    sentence = N_("This form was sent twice, and the first is still being worked on.")
    remedy = N_("Nothing is lost. Wait a minute, go back to the page and reload it: it shows whether it was stored.")


class AlreadySent(Conflict):
    """The form had its effect, and its answer is not given again."""

    code = "already_sent"
    sentence = N_("You have sent this form already. It is stored, and it was not stored a second time.")
    remedy = N_("Go back to the page and reload it: it shows how things stand now. To send something new, fill in the "
                "reloaded page.")


@dataclass(frozen=True)
class Form:
    """A form as it came. `browser`: a secret that only this browser has; `person`: who is signed in there ("": nobody);
    `token`: of the page that it came with; `content`: a hash of address and fields; `worded`: somebody wrote or chose
    something in it that nobody sends twice by chance.
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
    """An answer that can be given again."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    cookies: tuple[Cookie, ...] = ()
    repeated: bool = False

    @property
    def lasting(self) -> bool:
        """Whether it only says where to go on, and so is as true later."""
        return 300 <= self.status < 400 and not self.cookies


@dataclass(frozen=True)
class _Hashes:
    name: bytes
    content: bytes
    sender: bytes


def send_once(form: Form, make: Callable[[], PageAnswer | None]) -> PageAnswer | None:
    """The answer of `make`, called at most once for this form; later the kept one.

    What `make` does and the kept answer are one commit. `make` answers None for what is not to be given again. A
    refusal that it raises comes through, and what was stored before it stays stored, as it would without this. Raises
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
        if answer is not None and _has_written():
            _keep(form, hashes, answer)
    if refused is not None:
        raise refused
    return answer


def _hashes(form: Form) -> _Hashes:
    sender = f"{form.browser}:{form.person}"
    return _Hashes(form_hash(f"name:{sender}:{form.token}:{form.content}"),
                   form_hash(f"content:{sender}:{form.content}"), _sender(form.browser, form.person))


def _sender(browser: str, person: str) -> bytes:
    return form_hash(f"sender:{browser}:{person}")


def _wait_for_turn(content: bytes) -> None:
    """Alone with this form until the commit. Raises StillSending where the other takes too long."""
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


def _kept(hashes: _Hashes, *, worded: bool) -> SentForm | None:
    known = SentForm.objects.filter(name_hash=hashes.name).first()
    if known is not None or not worded:
        return known
    last = SentForm.objects.filter(sender_hash=hashes.sender).order_by("-pk").first()
    same = last is not None and bytes(last.content_hash) == hashes.content and last.at > now() - SAME_WORDS
    return last if same else None


def _has_written() -> bool:
    """Whether this transaction has changed anything: PostgreSQL numbers it only then."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id_if_assigned() IS NOT NULL")
        return bool(cursor.fetchone()[0])


def _keep(form: Form, hashes: _Hashes, answer: PageAnswer) -> None:
    plain = json.dumps({
        "status": answer.status, "headers": dict(answer.headers), "body": b64encode(answer.body).decode(),
        "cookies": [[one.name, one.value, dict(one.attributes)] for one in answer.cookies],
    }).encode()
    SentForm.objects.create(name_hash=hashes.name, content_hash=hashes.content, sender_hash=hashes.sender,
                            sealed=_box(form).encrypt(zlib.compress(plain)), lasting=answer.lasting, at=now())


def _box(form: Form) -> Fernet:
    return form_box(f"{form.browser}:{form.person}:{form.content}")


def _again(kept: SentForm, form: Form) -> PageAnswer:
    if not kept.lasting and kept.at <= now() - SHOWN_AGAIN:
        raise AlreadySent
    try:
        told = json.loads(zlib.decompress(_box(form).decrypt(bytes(kept.sealed))))
    except InvalidToken:
        raise AlreadySent from None
    return PageAnswer(told["status"], told["headers"], b64decode(told["body"]),
                      tuple(Cookie(*one) for one in told["cookies"]), repeated=True)


def forget_answers_of(browser: str, person: str) -> None:
    """Whoever sat at this browser is done: what it sent is still known, but no answer of it is given again."""
    sender = _sender(browser, person)
    SentForm.objects.filter(sender_hash=sender).exclude(sealed=b"").update(sealed=b"")


@transaction.atomic
def forget_forms() -> int:
    """Delete forms whose time is over, and answers that are given no more; returns how many forms were deleted."""
    moment = now()
    SentForm.objects.filter(lasting=False, at__lt=moment - SHOWN_AGAIN).exclude(sealed=b"").update(sealed=b"")
    old = SentForm.objects.filter(at__lt=moment - KEPT).order_by("at").values_list("pk", flat=True)[:_MOST_AT_ONCE]
    deleted, _ = SentForm.objects.filter(pk__in=list(old)).delete()
    return deleted
