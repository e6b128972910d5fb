"""Holds requests whose sender is not proven: they are stored for a supervisor, and nothing is filed."""

from collections.abc import Mapping

from django.http import HttpRequest
from ninja import Schema
from pydantic import Field

from jaga.casework.authorities.held_requests import Arrived, TooMuchHeld, hold_request
from jaga.casework.people.request_signing import NotProven, reason_words, signed_headers
from jaga.core.actors import PUBLIC
from jaga.core.errors import JagaError
from jaga.core.terms.authorities import HeldReason
from jaga.core.terms.people import KeyScope
from jaga.records.access.people.api_keys import KeyHolder, KeyRefused
from jaga.web.api.auth import OfficerKeyAuth
from jaga.web.api.bodies import MAX_BODY, parse_object, read_raw
from jaga.web.api.problems import language_of
from jaga.web.errors import API_PREFIX, say
from jaga.web.public.base.clients import network

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
