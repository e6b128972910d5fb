"""Signed messages between Jaga and a platform's own software, by Standard Webhooks 1.0 (standardwebhooks.com).

What is signed is `id.timestamp.body`, so neither id nor timestamp may hold a full stop. Two kinds of signature: `v1`,
HMAC-SHA-256 with a secret that both sides hold (`whsec_…`), and `v1a`, Ed25519 (`whsk_…` signs, `whpk_…` verifies);
with the second, whoever verifies can forge nothing. That an id comes twice is for the caller to refuse.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self, TypeVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from jaga.core.errors import N_, JagaError

TOLERANCE = timedelta(minutes=5)
ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
_ID = re.compile(r"[\x21-\x2d\x2f-\x7e]{1,200}")  # printable ASCII without the full stop
_SECONDS = re.compile(r"0|[1-9][0-9]{0,11}")
_MOST_SIGNATURES = 16


class HookKeyInvalid(JagaError):
    """A text is no key of Standard Webhooks. The text may be secret and is not repeated."""

    code = "hook_key_invalid"
    status = 422
    sentence = N_("This is not a usable key for signed messages: %(why)s.")
    remedy = N_("Use whsk_… to sign and whpk_… to verify, or one whsec_… for both; see docs/webhooks.md.")


class MalformedHook(JagaError):
    """A message lacks what a signed one has, or its content is not what was agreed. Nothing in it was believed."""

    code = "hook_malformed"
    status = 400
    sentence = N_("This message cannot be read: %(why)s.")
    remedy = N_("Send it as docs/webhooks.md shows.")


class ForgedHook(JagaError):
    """No signature fits: the message was changed on its way, or somebody else signed it. Nothing in it was believed."""

    code = "hook_forged"
    status = 401
    sentence = N_("The signature does not fit this message.")
    remedy = N_("Sign the exact bytes that are sent, with the key whose public half the other side knows.")


class StaleHook(JagaError):
    """Rightly signed, but too long ago or for the future: it may be a recording."""

    code = "hook_stale"
    status = 401
    sentence = N_("This message was signed %(seconds)s seconds away from this clock; %(tolerance)s are allowed.")
    remedy = N_("Sign each attempt anew, and set both clocks by a time server.")


@dataclass(frozen=True)
class SharedSecret:
    """A secret that both sides hold: it signs and verifies (`v1`). `raw` has 24 to 64 bytes. Raises HookKeyInvalid."""

    raw: bytes = field(repr=False)
    version: ClassVar[str] = "v1"

    def __post_init__(self) -> None:
        if not 24 <= len(self.raw) <= 64:
            raise HookKeyInvalid(why="a shared secret has 24 to 64 bytes")

    def text(self) -> str:
        """`whsec_…`: a secret."""
        return f"whsec_{b64encode(self.raw).decode()}"

    def sign(self, message: bytes) -> bytes:
        """32 bytes."""
        return hmac.new(self.raw, message, hashlib.sha256).digest()

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` is this secret's, in constant time."""
        return hmac.compare_digest(self.sign(message), signature)


@dataclass(frozen=True)
class WebhookPublicKey:
    """The half of an Ed25519 key that verifies (`v1a`). `raw` has 32 bytes. Raises HookKeyInvalid."""

    raw: bytes
    version: ClassVar[str] = "v1a"

    def __post_init__(self) -> None:
        if len(self.raw) != 32:
            raise HookKeyInvalid(why="a public key has 32 bytes")

    def text(self) -> str:
        """`whpk_…`: may be shown to anybody."""
        return f"whpk_{b64encode(self.raw).decode()}"

    def fits(self, message: bytes, signature: bytes) -> bool:
        """Whether `signature` was made with the private half."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class PrivateKey:
    """The half of an Ed25519 key that signs (`v1a`). `seed` has 32 bytes. Raises HookKeyInvalid."""

    seed: bytes = field(repr=False)
    version: ClassVar[str] = "v1a"

    def __post_init__(self) -> None:
        if len(self.seed) != 32:
            raise HookKeyInvalid(why="a private key has 32 bytes")

    @classmethod
    def generate(cls) -> Self:
        """A new key from the system's randomness."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @property
    def public(self) -> WebhookPublicKey:
        """The half to give away."""
        return WebhookPublicKey(Ed25519PrivateKey.from_private_bytes(self.seed).public_key().public_bytes_raw())

    def text(self) -> str:
        """`whsk_…`: a secret. The public half follows the seed, as other programs expect."""
        return f"whsk_{b64encode(self.seed + self.public.raw).decode()}"

    def shared(self) -> SharedSecret:
        """A secret for receivers whose library knows `v1` only. It follows from this key, and nothing of this key from
        it: whoever holds it can forge `v1`, and not `v1a`."""
        return SharedSecret(hmac.new(self.seed, b"jaga webhook v1", hashlib.sha256).digest())

    def sign(self, message: bytes) -> bytes:
        """64 bytes."""
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(message)


SigningKey = SharedSecret | PrivateKey
VerifyingKey = SharedSecret | WebhookPublicKey
_Key = TypeVar("_Key", SharedSecret, WebhookPublicKey, PrivateKey, SigningKey, VerifyingKey)


@dataclass(frozen=True)
class SignedHook:
    """A message whose signature fits and that is fresh. `id` must not have been taken before: the caller sees to it."""

    id: str
    at: datetime
    body: bytes


def signing_key(text: str) -> SigningKey:
    """The key in `whsk_…` or `whsec_…`. Raises HookKeyInvalid."""
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
    """The key in `whpk_…` or `whsec_…`. Raises HookKeyInvalid, also for a private key: that should not be here."""
    kind, raw = _key(text)
    if kind == "whsec":
        return SharedSecret(raw)
    if kind != "whpk":
        raise HookKeyInvalid(why="it is the half that signs, which only its owner may hold")
    return WebhookPublicKey(raw)


def sign(keys: SigningKey | Sequence[SigningKey], id_: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers for `body`. While a key is replaced, sign with the old and the new one.

    `id_` stays the same when a message is repeated; `at` is the moment of this attempt. Raises MalformedHook for an id
    that could not be told from what follows it, ValueError for a naive `at`.
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
    keys: VerifyingKey | Sequence[VerifyingKey], headers: Mapping[str, str], body: bytes, *, now: datetime,
    tolerance: timedelta = TOLERANCE,
) -> SignedHook:
    """The message, if one of its signatures is by one of `keys` and it was signed within `tolerance` of `now`.

    Signatures of unknown kinds are passed over. Raises MalformedHook, ForgedHook, StaleHook; the last only for a
    message that is otherwise genuine.
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
    except ValueError:  # no base64, or no ASCII
        return False
    # Base64 has several spellings of the same bytes; only one of them is accepted, so that nothing can be changed.
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
