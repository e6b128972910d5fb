"""Signed messages between Jaga and other software by Standard Webhooks 1.0 (standardwebhooks.com).

`id.timestamp.body` is signed, so neither id nor timestamp may contain a full stop. There are two kinds of signatures:
`v1`, HMAC-SHA-256 with a shared secret (`whsec_…`), and `v1a`, Ed25519 (`whsk_…` signs, `whpk_…` verifies), where
whoever verifies cannot forge. Callers must refuse repeated ids.

The content of signed messages (`standard_webhooks`): JSON objects with a versioned `type` (docs/webhooks.md).

Jaga sends `jaga.notice.v1`, `jaga.state.v1`, `jaga.ping.v1`; a platform answers with `jaga.receipt.v1`,
`jaga.answer.v1`, `jaga.account.v1`, `jaga.pong.v1`. Unknown fields are ignored, so that a platform may add some; a
changed meaning gets a new version.
"""

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jaga.core.canonical import canonical_json, rfc3339
from jaga.core.errors import N_, JagaError
from jaga.core.platforms import Account, NoticeToOperator, OperatorAnswer
from jaga.core.terms.cases import AccountState
from jaga.core.terms.outside import AnswerKind

TOLERANCE = timedelta(minutes=5)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,200}")  # printable ASCII without the full stop
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")
_MOST_SIGNATURES = 16


class HookKeyInvalid(JagaError):
    """The text is not a Standard Webhooks key. It may be secret and is not repeated."""

    code = "hook_key_invalid"
    status = 422
    sentence = N_("This is not a usable key for signed messages: %(why)s.")
    remedy = N_("Use whsk_… to sign and whpk_… to verify, or one whsec_… for both; see docs/webhooks.md.")


class MalformedHook(JagaError):
    """The message lacks a part of a signed message, or its content is invalid. Nothing in it was used."""

    code = "hook_malformed"
    status = 400
    sentence = N_("This message cannot be read: %(why)s.")
    remedy = N_("Send it as docs/webhooks.md shows.")


class ForgedHook(JagaError):
    """No signature matches: the message was changed, or signed by somebody else. Nothing in it was used."""

    code = "hook_forged"
    status = 401
    sentence = N_("The signature does not fit this message.")
    remedy = N_("Sign the exact bytes that are sent, with the key whose public half the other side knows.")


class StaleHook(JagaError):
    """Genuine, but signed too long ago or in the future: possibly a replay."""

    code = "hook_stale"
    status = 401
    sentence = N_("This message was signed %(seconds)s seconds away from this clock; %(tolerance)s are allowed.")
    remedy = N_("Sign each attempt anew, and set both clocks by a time server.")


@dataclass(frozen=True)
class SharedSecret:
    """A shared secret that signs and verifies (`v1`). `raw` has 24 to 64 bytes. Raises HookKeyInvalid."""

    raw: bytes = field(repr=False)
    version: ClassVar[str] = "v1"

    def __post_init__(self) -> None:
        if not 24 <= len(self.raw) <= 64:
            raise HookKeyInvalid(why="a shared secret has 24 to 64 bytes")

    def text(self) -> str:
        """The text form `whsec_…`, a secret."""
        return f"whsec_{b64encode(self.raw).decode()}"

    def sign(self, message: bytes) -> bytes:
        """The signature, 32 bytes."""
        return hmac.new(self.raw, message, hashlib.sha256).digest()

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature matches, in constant time."""
        return hmac.compare_digest(self.sign(message), signature)


@dataclass(frozen=True)
class WebhookPublicKey:
    """An Ed25519 public key, which verifies (`v1a`). `raw` has 32 bytes. Raises HookKeyInvalid."""

    raw: bytes
    version: ClassVar[str] = "v1a"

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise HookKeyInvalid(why="a public key has 32 bytes")

    def text(self) -> str:
        """The text form `whpk_…`, which is public."""
        return f"whpk_{b64encode(self.raw).decode()}"

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether the signature was made with the private key."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class PrivateKey:
    """An Ed25519 private key, which signs (`v1a`). `seed` has 32 bytes. Raises HookKeyInvalid."""

    seed: bytes = field(repr=False)
    version: ClassVar[str] = "v1a"

    def __post_init__(self) -> None:
        if len(self.seed) != 32:
            raise HookKeyInvalid(why="a private key has 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """Generate a random key."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> WebhookPublicKey:
        """The public key."""
        return WebhookPublicKey(Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def text(self) -> str:
        """The text form `whsk_…`, a secret. The public key follows the seed, as other programs expect."""
        return f"whsk_{b64encode(self.seed + self.public.raw).decode()}"

    def shared(self) -> SharedSecret:
        """A shared secret derived from this key, for receivers that only support `v1`.

        The key cannot be derived from it: whoever has it can forge `v1` but not `v1a`.
        """
        return SharedSecret(hmac.new(self.seed, b"jaga webhook v1", hashlib.sha256).digest())

    def sign(self, message: bytes) -> bytes:
        """The signature, 64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


SigningKey = SharedSecret | PrivateKey
VerifyingKey = SharedSecret | WebhookPublicKey
_Key = TypeVar("_Key", SharedSecret, WebhookPublicKey, PrivateKey, SigningKey, VerifyingKey)


@dataclass(frozen=True)
class SignedHook:
    """A genuine, fresh message. The caller must check that `id` was not used before."""

    id: str
    at: datetime
    body: bytes


def signing_key(text: str) -> SigningKey:
    """Parse `whsk_…` or `whsec_…`. Raises HookKeyInvalid."""
    kind, raw = _key(text)
    if kind == "whsec":
        return SharedSecret(raw)
    if kind != "whsk":
        raise HookKeyInvalid(why="it cannot sign")
    key = PrivateKey(raw[:32])
    if raw[32:] not in (b"", key.public.raw):
        raise HookKeyInvalid(why="its two halves do not belong together")
    return key


def verifying_key(text: str) -> VerifyingKey:
    """Parse `whpk_…` or `whsec_…`. Raises HookKeyInvalid, also for a private key, which does not belong here."""
    kind, raw = _key(text)
    if kind == "whsec":
        return SharedSecret(raw)
    if kind != "whpk":
        raise HookKeyInvalid(why="it is the half that signs, which only its owner may hold")
    return WebhookPublicKey(raw)


def sign(keys: SigningKey | Sequence[SigningKey], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for `body`.

    During key rotation, sign with the old and the new key.

    `id_` stays the same for repeats of a message; `at` is the time of this attempt. Raises MalformedHook for an invalid
    id, ValueError for a naive `at`.
    """
    if not _ID.fullmatch(id_):
        raise MalformedHook(why="an id is printable ASCII without a full stop")
    if at.tzinfo is None:
        raise ValueError(f"naive datetime {at!r}: say which time zone it is in")
    seconds = str(int(at.timestamp()))
    message = _message(id_, seconds, body)
    signatures = [f"{key.version},{b64encode(key.sign(message)).decode()}" for key in _several(keys)]
    return {ID: id_, TIMESTAMP: seconds, SIGNATURE: " ".join(signatures)}


def verify(
    keys: VerifyingKey | Sequence[VerifyingKey],
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> SignedHook:
    """The message, if one of `keys` signed it within `tolerance` of `now`.

    Unknown kinds of signatures are ignored. Raises MalformedHook, ForgedHook, and StaleHook for an otherwise genuine
    message.
    """
    id_, seconds, signatures = (_header(headers, name) for name in (ID, TIMESTAMP, SIGNATURE))
    if not _ID.fullmatch(id_):
        raise MalformedHook(why=f"{ID} is not printable ASCII without a full stop")
    if not _SECONDS.fullmatch(seconds):
        raise MalformedHook(why=f"{TIMESTAMP} is no whole number of seconds")
    given = signatures.split(" ")
    if len(given) > _MOST_SIGNATURES:
        raise MalformedHook(why=f"more than {_MOST_SIGNATURES} signatures")
    message = _message(id_, seconds, body)
    if not any(_fits(key, message, one) for key in _several(keys) for one in given):
        raise ForgedHook
    away = int(seconds) - now.timestamp()
    if abs(away) > tolerance.total_seconds():
        raise StaleHook(seconds=round(away), tolerance=round(tolerance.total_seconds()))
    return SignedHook(id_, datetime.fromtimestamp(int(seconds), UTC), body)


def _message(id_: str, seconds: str, body: bytes) -> bytes:
    return f"{id_}.{seconds}.".encode() + body


def _fits(key: VerifyingKey, message: bytes, given: str) -> bool:
    version, _, encoded = given.partition(",")
    if version != key.version:
        return False
    try:
        signature = b64decode(encoded.encode("ascii"), validate=True)
    except ValueError:  # not base64, or not ASCII
        return False
    # Only the canonical base64 representation is accepted.
    return b64encode(signature).decode() == encoded and key.fits(message, signature)


def _header(headers: Mapping[str, str], wanted: str) -> str:
    found = [value for name, value in headers.items() if name.lower() == wanted]
    if len(found) != 1:
        raise MalformedHook(why=f"{wanted} must stand there once")
    return found[0]


def _key(text: str) -> tuple[str, bytes]:
    kind, _, encoded = text.strip().partition("_")
    if kind not in ("whsec", "whsk", "whpk"):
        raise HookKeyInvalid(why="it does not begin with whsk_, whpk_ or whsec_")
    try:
        return kind, b64decode(encoded.encode("ascii"), validate=True)
    except ValueError:
        raise HookKeyInvalid(why="what follows the prefix is no base64") from None


def _several(keys: _Key | Sequence[_Key]) -> Sequence[_Key]:
    return keys if isinstance(keys, Sequence) else (keys,)


NOTICE, STATE, PING = "jaga.notice.v1", "jaga.state.v1", "jaga.ping.v1"
RECEIPT, ANSWER, ACCOUNT, PONG = "jaga.receipt.v1", "jaga.answer.v1", "jaga.account.v1", "jaga.pong.v1"
LONGEST_TEXT = 5_000
_LONGEST_NUMBER = 100
_UNSTORABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")


class UnknownMessage(MalformedHook):
    """A genuine message of an unexpected type, possibly replayed from elsewhere."""

    code = "hook_of_wrong_type"
    sentence = N_("A message of the type “%(found)s” has no place here; %(wanted)s was expected.")


@dataclass(frozen=True)
class Received:
    """The platform's software signed that it received notice `number`: the proof that starts the clock."""

    number: str


def notice_id(notice: NoticeToOperator) -> str:
    """The message id: the notice's number. A correction has its own id, the same for all its repeats."""
    if not notice.corrects:
        return notice.number
    return f"{notice.number}:{hashlib.sha256(notice.corrects.encode()).hexdigest()[:16]}"


def notice_body(notice: NoticeToOperator) -> bytes:
    """The notice as sent, with the same bytes at each repeat. It contains no reporter."""
    return canonical_json(
        {
            "type": NOTICE,
            "number": notice.number,
            "action": notice.action.value,
            "platform": notice.account.platform,
            "account_id": notice.account.account_id,
            "handle": notice.account.handle,
            "category": notice.category,
            "legal_basis": notice.legal_basis,
            "facts": notice.facts,
            "urgent": notice.urgent,
            "sent_at": rfc3339(notice.sent_at),
            "statement": notice.statement,
            "corrects": notice.corrects,
        }
    )


def state_body(account: Account) -> bytes:
    """A query for the state of an account."""
    return canonical_json({"type": STATE, "platform": account.platform, "account_id": account.account_id})


def ping_body(platform: str, challenge: str) -> bytes:
    """A connection test. The answer repeats `challenge`, so that it cannot be replayed."""
    return canonical_json({"type": PING, "platform": platform, "challenge": challenge})


def answer_body(answer: OperatorAnswer) -> bytes:
    """An operator's answer as its software sends it."""
    return canonical_json({"type": ANSWER, "number": answer.number, "kind": answer.kind.value, "text": answer.text})


def read_answer(body: bytes) -> OperatorAnswer:
    """Parse the answer in a verified message. Raises MalformedHook, UnknownMessage."""
    return _answer(_object(body, ANSWER))


def read_reply(body: bytes) -> OperatorAnswer | Received:
    """Parse a platform's immediate reply to a notice: an answer or a receipt. Raises MalformedHook."""
    message = _object(body, RECEIPT, ANSWER)
    return Received(_number(message)) if message["type"] == RECEIPT else _answer(message)


def read_account_state(body: bytes, account: Account) -> AccountState:
    """Parse the state of `account` given by the platform's software. Raises MalformedHook, also for another account."""
    message = _object(body, ACCOUNT)
    if _text(message, "account_id", 1_000) != account.account_id:
        raise MalformedHook(why="it is about another account")
    try:
        return AccountState(_text(message, "state", 40))
    except ValueError:
        raise MalformedHook(why=f"state is none of {', '.join(AccountState)}") from None


def read_pong(body: bytes, challenge: str) -> None:
    """Check that the connection test was answered. Raises MalformedHook."""
    if _text(_object(body, PONG), "challenge", 200) != challenge:
        raise MalformedHook(why="it repeats another challenge")


def _answer(message: Mapping[str, object]) -> OperatorAnswer:
    try:
        kind = AnswerKind(_text(message, "kind", 40))
    except ValueError:
        raise MalformedHook(why=f"kind is none of {', '.join(AnswerKind)}") from None
    text = _text(message, "text", LONGEST_TEXT) if "text" in message else ""
    if kind is AnswerKind.REFUSED and not text.strip():
        raise MalformedHook(why="a refusal gives its reason in text")
    return OperatorAnswer(_number(message), kind, text)


def _number(message: Mapping[str, object]) -> str:
    if number := _text(message, "number", _LONGEST_NUMBER):
        return number
    raise MalformedHook(why="number is empty")


def _object(body: bytes, *types: str) -> Mapping[str, object]:
    try:
        message = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise MalformedHook(why="the body is no JSON") from error
    if not isinstance(message, dict):
        raise MalformedHook(why="the body is no JSON object")
    if (found := message.get("type")) not in types:
        raise UnknownMessage(found=str(found)[:60], wanted=" / ".join(types))
    return message


def _text(message: Mapping[str, object], name: str, longest: int) -> str:
    value = message.get(name)
    if not isinstance(value, str) or len(value) > longest or _UNSTORABLE.search(value):
        raise MalformedHook(why=f"{name} is no text of at most {longest} characters without control characters")
    return value
