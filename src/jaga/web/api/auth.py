"""API authentication: `Authorization: Bearer jaga_…`. A session grants nothing here.

A valid key is cached for some seconds, so revocation takes effect within seconds in every process. Invalid keys are
counted per network and process.
"""

import time
from collections.abc import Mapping
from math import ceil
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from jaga.casework.people.registration import NotInStanding
from jaga.core.buckets import Buckets, Rate
from jaga.core.errors import N_, JagaError
from jaga.core.terms.people import KeyScope, RegistrationStatus
from jaga.records.access.people.api_keys import KeyHolder, KeyRefused, in_time, officer_by_key
from jaga.web.public.base.clients import network_in

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
