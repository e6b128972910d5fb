"""`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) for every writing call.

Calls without the header have no overhead.
"""

import hashlib
import re
from collections.abc import Callable
from io import BytesIO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, UnreadablePostError

from jaga.casework.kernel.idempotency import IdempotentRequest, StoredResponse, answer_once
from jaga.casework.people.request_signing import NotProven, proof_of
from jaga.core.errors import N_, JagaError
from jaga.records.access.people.api_keys import KeyHolder
from jaga.web.middleware import LARGEST_BODY

_NAME = re.compile(r"[\x21-\x7e]{1,200}")
_KEPT_HEADERS = ("Content-Type", "Location", "Content-Language")


class NameUnusable(JagaError):
    """The Idempotency-Key is empty, too long or no text."""

    code = "idempotency_key_unusable"
    status = 400
    sentence = N_("The Idempotency-Key is not usable.")
    remedy = N_("Use 1 to 200 printable ASCII characters without spaces, for instance a UUID.")


def once(request: HttpRequest, holder: KeyHolder, view: Callable[[], HttpResponseBase]) -> HttpResponseBase:
    """The view's answer, or the stored one if the call's key was answered before.

    The stored answer is bound to the API key, the whole request and its proof: a repeat with another signature, or with
    a key of reduced scope, is another call. Raises NameUnusable, StillRunning, NameUsed.
    """
    name = request.headers.get("Idempotency-Key", "").strip().strip('"')
    if not _NAME.fullmatch(name):
        raise NameUnusable
    try:
        raw = request.read(LARGEST_BODY + 1)
    except UnreadablePostError:
        return view()  # The body cannot be read again either, and the view reports that.
    request._stream = BytesIO(raw)
    request._read_started = False  # type: ignore[attr-defined]
    fingerprint = hashlib.sha256()
    for part in (
        request.method or "",
        request.get_full_path(),
        request.content_type or "",
        _signed_with(request, holder, raw),
        str(holder.registration),
        *sorted(holder.scopes),
    ):
        fingerprint.update(part.encode("utf-8", "surrogatepass") + b"\n")
    fingerprint.update(raw)
    given = answer_once(IdempotentRequest(holder.key_id, name, fingerprint.digest()), lambda: _answer(view()))
    response = HttpResponse(given.body, status=given.status, headers=dict(given.headers))
    if given.repeated:
        response.headers["Idempotent-Replayed"] = "true"
    return response


def _signed_with(request: HttpRequest, holder: KeyHolder, raw: bytes) -> str:
    """Which of the officer's own keys signed these bytes, or why that is not proven."""
    try:
        return f"key {proof_of(holder.person_id, request.headers, raw).key_id}"
    except NotProven as unproven:
        return unproven.reason.value


def _answer(response: HttpResponseBase) -> StoredResponse:
    assert isinstance(response, HttpResponse)  # Nothing here is streamed.
    headers = (
        dict(response.items())
        if response.status_code >= 300
        else {name: response[name] for name in _KEPT_HEADERS if response.has_header(name)}
    )
    return StoredResponse(response.status_code, headers, response.content)
