"""The installation's Ed25519 keys in the format of C2SP signed notes: a name and a key.

Three kinds of text are signed and cannot be confused: a checkpoint starts with the key's name, a promise with
`jaga.promise.v` (a name has no space), an export's manifest with `{`.
"""

import re
from base64 import b64decode, b64encode
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Self

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_public_key

from jaga.core.errors import N_, JagaError

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.:/_-]{0,199}")
_ED25519 = b"\x01"  # algorithm byte in C2SP signed notes


class BadKey(JagaError):
    """The key or its name is invalid."""

    code = "bad_key"
    status = 422
    sentence = N_("This is not a usable signing key.")
    remedy = N_("Give an Ed25519 key and a name made of letters, digits, dots, slashes, colons and hyphens.")


class BadSignature(JagaError):
    """The signature does not match this key and text."""

    code = "bad_signature"
    status = 422
    sentence = N_("The signature does not fit.")
    remedy = N_(
        "Get the text and the public key again from their publisher; if it still does not fit, "
        "treat the text as forged."
    )


@dataclass(frozen=True)
class VerifyKey:
    """A public key. `name` identifies its owner, e.g. `jaga.example/ledger`; `raw` is 32 bytes. Raises BadKey."""

    name: str
    raw: bytes

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.raw) != 32:
            raise BadKey

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Parse the output of `text()`. Raises BadKey."""
        name, _, rest = text.strip().partition("+")
        key_id, _, encoded = rest.partition("+")
        try:
            body = b64decode(encoded, validate=True)
        except ValueError:
            raise BadKey from None
        key = cls(name, body[1:])
        if body[:1] != _ED25519 or key.key_id != key_id:
            raise BadKey
        return key

    @classmethod
    def from_pem(cls, name: str, pem: bytes) -> Self:
        """Parse the output of `pem()`. Raises BadKey."""
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm):
            raise BadKey from None
        if not isinstance(key, Ed25519PublicKey):
            raise BadKey
        return cls(name, key.public_bytes_raw())

    @property
    def key_id(self) -> str:
        """Eight hexadecimal digits derived from name and key (key hash of C2SP signed notes)."""
        return sha256(self.name.encode() + b"\n" + _ED25519 + self.raw).hexdigest()[:8]

    def text(self) -> str:
        """One line to publish (name, key id, key), as C2SP note verifiers expect it."""
        return f"{self.name}+{self.key_id}+{b64encode(_ED25519 + self.raw).decode()}"

    def pem(self) -> bytes:
        """The key in PEM format, for openssl."""
        key = Ed25519PublicKey.from_public_bytes(self.raw)
        return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def check(self, message: bytes, signature: bytes) -> None:
        """Raise BadSignature unless `signature` is this key's over `message`."""
        try:
            Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, message)
        except InvalidSignature:
            raise BadSignature from None


@dataclass(frozen=True)
class LedgerSigningKey:
    """A private key. `seed` is 32 secret bytes; keep it out of logs, database and repository. Raises BadKey."""

    name: str
    seed: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name) or len(self.seed) != 32:
            raise BadKey

    @classmethod
    def generate(cls, name: str) -> Self:
        """Generate a random key. Raises BadKey for an invalid name."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @cached_property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    @cached_property
    def public(self) -> VerifyKey:
        """The public key."""
        return VerifyKey(self.name, self._private.public_key().public_bytes_raw())

    @cached_property
    def key_id(self) -> str:
        """The public key's id."""
        return self.public.key_id

    def sign(self, message: bytes) -> bytes:
        """Sign a message; returns 64 bytes. Only for the three kinds of text named in the module docstring."""
        return self._private.sign(message)

    def public_pem(self) -> bytes:
        """The public key in PEM format."""
        return self.public.pem()
