"""API authentication: `Authorization: Bearer jaga_…`. A session grants nothing here.

A valid key is cached for some seconds, so revocation takes effect within seconds in every process. Invalid keys are
counted per network and process.

Holds requests whose sender is not proven: they are stored for a supervisor, and nothing is filed.
"""

import time
from collections.abc import Mapping
from math import ceil
from typing import Any

from django.http import HttpRequest
from ninja import Schema
from ninja.security import HttpBearer
from pydantic import Field

from jaga.authorities.verbs.held_requests import Arrived, TooMuchHeld, hold_request
from jaga.core.actors import PUBLIC
from jaga.core.errors import N_, JagaError
from jaga.core.limits import Buckets, Rate
from jaga.core.terms.outside import HeldReason
from jaga.core.terms.people import KeyScope, RegistrationStatus
from jaga.people.reads.api_keys import KeyHolder, KeyRefused, in_time, officer_by_key
from jaga.people.verbs.api_keys import NotProven, reason_words, signed_headers
from jaga.people.verbs.registration import NotInStanding
from jaga.web.api.bodies import MAX_BODY, parse_object, read_raw
from jaga.web.api.problems import language_of
from jaga.web.errors import API_PREFIX, say
from jaga.web.strangers import network, network_in

KEPT_SECONDS = 3.0
KNOWN_HOLDER = "jaga.key_holder"
"""The WSGI environ entry with the key's holder or the refusal, if already looked up."""
WRONG_KEYS, WRONG_KEYS_RATE = Buckets(), Rate(burst=20, per_second=1 / 6)
_MOST_KEPT = 4096
_SUSPENDED = frozenset({RegistrationStatus.SUSPENDED})
_NOT_ACTIVE = frozenset(RegistrationStatus) - {RegistrationStatus.ACTIVE}
_kept: dict[str, tuple[float, KeyHolder]] = {}


class KeyMissing(JagaError):
    """The request has no key."""

    code = "key_missing"
    status = 401
    sentence = N_("This address needs the key of a registered officer.")
    remedy = N_("Send it in the header “Authorization: Bearer jaga_…”.")


class TooManyWrongKeys(JagaError):
    """Too many calls with invalid keys from one network. This one was not read."""

    code = "too_many_wrong_keys"
    status = 429
    sentence = N_("Too many calls with a wrong key came from your network.")
    remedy = N_("Wait %(retry_after)s seconds, and check the key before you go on.")


class ScopeMissing(JagaError):
    """The key is valid but lacks this scope."""

    code = "scope_missing"
    status = 403
    sentence = N_("This key may not be used for this: it lacks the right %(scope)s.")
    remedy = N_("Ask the operator's administrator for a key with this right.")


def holder_of(request: HttpRequest) -> KeyHolder:
    """The holder of the request's key. Raises KeyMissing, KeyRefused, TooManyWrongKeys."""
    holder: Any = getattr(request, "key_holder", None) or request.META.get(KNOWN_HOLDER) or _found(request)
    request.key_holder = holder  # type: ignore[attr-defined]
    if isinstance(holder, KeyHolder):
        return holder
    raise holder


def _found(request: HttpRequest) -> KeyHolder | JagaError:
    scheme, _, secret = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    secret = secret.strip()
    if scheme.lower() != "bearer" or not secret:
        return KeyMissing()
    try:
        return _remembered(secret)
    except KeyRefused as refused:
        wait = WRONG_KEYS.take(network_in(request.META), WRONG_KEYS_RATE, time.monotonic())
        return TooManyWrongKeys(retry_after=ceil(wait)) if wait else refused


def is_throttled(environ: Mapping[str, Any]) -> bool:
    """Whether this network may not present another wrong key."""
    return not WRONG_KEYS.is_empty() and WRONG_KEYS.wait(network_in(environ), WRONG_KEYS_RATE, time.monotonic()) > 0


def _remembered(secret: str) -> KeyHolder:
    moment = time.monotonic()
    until, holder = _kept.get(secret, (0.0, None))
    if holder is None or until <= moment:
        try:
            holder = officer_by_key(secret)
        except KeyRefused:
            _kept.pop(secret, None)
            raise
        if len(_kept) >= _MOST_KEPT:
            _kept.clear()
        _kept[secret] = (moment + KEPT_SECONDS, holder)
    if holder.expires_at is not None:
        in_time(holder.expires_at)
    return holder


def forget_keys() -> None:
    """Clear the key cache."""
    _kept.clear()


class OfficerKeyAuth(HttpBearer):
    """Resolves a bearer key and checks its scope.

    Raises KeyMissing and KeyRefused (401), ScopeMissing and NotInStanding (403).

    Requests are accepted whatever the holder's standing: those of an invalid registration are held, not lost.
    """

    def __init__(self, read: KeyScope | None = None, write: KeyScope | None = None) -> None:
        super().__init__()
        self.read, self.write = read, write

    def scope_for(self, method: str | None) -> KeyScope | None:
        """The scope a call with this method needs, or None if any key will do."""
        return self.read if method in ("GET", "HEAD") else self.write

    def __call__(self, request: HttpRequest) -> KeyHolder:
        holder, scope = holder_of(request), self.scope_for(request.method)
        if scope is not None and scope not in holder.scopes:
            raise ScopeMissing(scope=scope.value)
        # A holder without valid registration may still follow their requests; suspended ones see nothing.
        refused = _SUSPENDED if scope is self.read else _NOT_ACTIVE
        if scope is not KeyScope.REQUESTS_WRITE and holder.registration is not None and holder.registration in refused:
            raise NotInStanding(holder.registration)
        return holder

    def authenticate(self, request: HttpRequest, token: str) -> KeyHolder:
        """The holder of `token`."""
        return officer_by_key(token)


def officer_of(request: HttpRequest) -> KeyHolder:
    """The holder of the request's key. Raises KeyMissing if the route did not require one."""
    officer = getattr(request, "auth", None)
    if not isinstance(officer, KeyHolder):
        raise KeyMissing
    return officer


HELD_AT = (f"{API_PREFIX}v1/requests", f"{API_PREFIX}v1/orders")
STRANGERS_LARGEST = 256 * 1024
"""What is read from a sender whose key never existed: a letter on many accounts, without its files."""
_MOST_CLAIMED, _LONGEST_CLAIM = 100, 300


class HeldOut(Schema):
    """The request was held and not filed. `held` is the number to mention when you ask about it."""

    held: str = Field(description="The number of the held request. Mention it when you ask about it.")
    reason: str = Field(description="Why it was held, for programs, e.g. not_signed. docs/orders.md lists all reasons.")
    sentence: str = Field(description="Why it was held, for people.")
    remedy: str = Field(description="What to do, for people.")


class OfficerOrHeld(OfficerKeyAuth):
    """Like `OfficerKeyAuth`, but a request with an invalid key is stored for a supervisor before it is refused.

    A forged letter is evidence, and so is a genuine one of an officer whose key has just ended.
    """

    def __init__(self) -> None:
        super().__init__(KeyScope.REQUESTS_READ, KeyScope.REQUESTS_WRITE)

    def __call__(self, request: HttpRequest) -> KeyHolder:
        try:
            return super().__call__(request)
        except KeyRefused as refused:
            _hold_of_stranger(request, MAX_BODY if held_at_length(refused) else STRANGERS_LARGEST)
            raise


def held_at_length(refused: KeyRefused) -> bool:
    """Whether the key was once a valid one: then the letter is read with its files. The number of such keys is
    small."""
    return type(refused) is not KeyRefused


def held_answer(
    request: HttpRequest, raw: bytes, body: Mapping[str, object], refused: NotProven, officer: KeyHolder
) -> HeldOut:
    """Hold the request that an officer's key sent without proof, and answer so. Raises TooMuchHeld."""
    number = hold_request(
        _arrived(request, raw, body), refused.reason, officer_id=officer.person_id, actor=officer.actor
    )
    sentence, remedy = say(JagaError(*reason_words(refused.reason)), language_of(request))
    return HeldOut(held=number, reason=refused.reason.value, sentence=sentence, remedy=remedy)


def _hold_of_stranger(request: HttpRequest, most: int) -> None:
    try:
        raw = read_raw(request, most)
        body = parse_object(raw)
    except JagaError:  # not a JSON object, so not a letter
        return
    if not body.get("letter_number"):
        return
    try:
        hold_request(_arrived(request, raw, body), HeldReason.UNKNOWN_SENDER, officer_id=None, actor=PUBLIC)
    except TooMuchHeld:  # bounded for each network; refused all the same
        return


def _arrived(request: HttpRequest, raw: bytes, body: Mapping[str, object]) -> Arrived:
    return Arrived(
        request.path.rstrip("/").rpartition("/")[2][:60],
        raw,
        signed_headers(request.headers),
        claimed_in(body),
        network(request),
    )


def claimed_in(body: Mapping[str, object]) -> dict[str, object]:
    """The claims of the body, shortened for a list: its letter and its accounts."""
    accounts = body.get("accounts")
    rows = accounts if isinstance(accounts, list) else [body]
    return {
        "letter_number": _short(body.get("letter_number")),
        "legal_basis": _short(body.get("legal_basis")),
        "urgent": body.get("urgent") is True,
        "accounts": [
            {name: _short(row.get(name)) for name in ("platform", "account", "category")}
            for row in rows[:_MOST_CLAIMED]
            if isinstance(row, dict)
        ],
    }


def _short(value: object) -> str:
    text = value if isinstance(value, str) else ""
    return text[:_LONGEST_CLAIM].replace("\x00", "").encode("utf-8", "replace").decode()
