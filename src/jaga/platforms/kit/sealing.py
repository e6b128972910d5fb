"""Credentials at rest: each value in `platforms.toml` is sealed under a separate key in `secrets/platforms`.

A sealed value is `sealed:v1:KEY:…`: AES-256-GCM, bound to platform and credential name so it cannot be moved. KEY is
eight digits of the key's SHA-256. The file holds one 32-byte key; during `jaga platform rotate-key` the new one
followed by the old ones, which still open.
"""

import hashlib
import os
import secrets
import stat
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from jaga.core.errors import N_, JagaError
from jaga.core.files import replace_private, sync_folder

_PREFIX = "sealed:v1:"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class CredentialLocked(JagaError):
    """A sealed credential cannot be opened with the available keys. Nothing was changed."""

    code = "platform_credential_locked"
    status = 500
    sentence = N_("The credential %(credential)s of the platform %(platform)s cannot be opened: %(why)s.")
    remedy = N_(
        "Put the key back from the backup of the secrets. If it is lost, get a new token from the platform and "
        "give it to `jaga platform set %(platform)s %(credential)s`."
    )


class KeyExposed(JagaError):
    """Other users of this machine could read the credential key."""

    code = "platform_key_exposed"
    status = 500
    sentence = N_("Others on this machine can read the key of the platforms' credentials, %(path)s.")
    remedy = N_(
        "Run `chmod 600 %(path)s`, then `jaga platform rotate-key`, and change the tokens if anybody may have "
        "read both files."
    )


class KeyDamaged(JagaError):
    """The key file does not contain a whole number of keys."""

    code = "platform_key_damaged"
    status = 500
    sentence = N_("The key of the platforms' credentials, %(path)s, is damaged.")
    remedy = N_(
        "Put it back from the backup of the secrets. If there is none, move the file away and give each "
        "credential again with `jaga platform set`."
    )


@dataclass(frozen=True)
class Keys:
    """The keys for opening; the first one seals. Never log them."""

    raw: tuple[bytes, ...] = field(default=(), repr=False)

    def seal(self, value: str, platform: str, credential: str) -> str:
        """Seal `value` for this credential under the first key, which must exist."""
        key, nonce = self.raw[0], secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(key).encrypt(nonce, value.encode("utf-8", "surrogatepass"), _place(platform, credential))
        return f"{_PREFIX}{key_id(key)}:{b64encode(nonce + box).decode()}"

    def open(self, text: str, platform: str, credential: str) -> str:
        """Open what `seal` sealed for this credential; a plain value is returned unchanged. Raises CredentialLocked."""
        if not is_sealed(text):
            return text
        named, _, encoded = text.removeprefix(_PREFIX).partition(":")
        key = next((candidate for candidate in self.raw if key_id(candidate) == named), None)
        if key is None:
            why = f"it was sealed under the key {named[:8]}, which is not in secrets/platforms"
            raise CredentialLocked(platform=platform, credential=credential, why=why)
        try:
            box = b64decode(encoded, validate=True)
            value = AESGCM(key).decrypt(box[:_NONCE_BYTES], box[_NONCE_BYTES:], _place(platform, credential))
        except (InvalidTag, ValueError):
            why = "it was changed, or sealed for another place"
            raise CredentialLocked(platform=platform, credential=credential, why=why) from None
        return value.decode("utf-8", "surrogatepass")

    def opens(self, text: str) -> bool:
        """Whether a stored value is sealed under one of these keys, by key id."""
        return is_sealed(text) and text.removeprefix(_PREFIX).partition(":")[0] in {key_id(key) for key in self.raw}


class KeyFile:
    """`secrets/platforms`, accessible only by its owner. Writers hold the lock of `credentials.alone`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> Keys:
        """The keys; empty without a file. Raises KeyExposed, KeyDamaged."""
        try:
            with self.path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise KeyExposed(path=self.path)
                content = file.read()
        except FileNotFoundError:
            return Keys()
        if not content or len(content) % _KEY_BYTES:
            raise KeyDamaged(path=self.path)
        return Keys(tuple(content[i : i + _KEY_BYTES] for i in range(0, len(content), _KEY_BYTES)))

    def keys_to_seal(self) -> Keys:
        """The keys, with a first one created if there was none. Raises KeyExposed, KeyDamaged."""
        if not self.path.exists():
            self.write([new_key()])
        return self.keys()

    def write(self, keys: Sequence[bytes]) -> None:
        """Replace the keys atomically; the first one seals from now on."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(self.path, b"".join(keys))


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(_KEY_BYTES)


def key_id(key: bytes) -> str:
    """Eight digits that identify a key without revealing it."""
    return hashlib.sha256(b"jaga platforms key\n" + key).hexdigest()[:8]


def is_sealed(text: str) -> bool:
    """Whether a stored value is sealed."""
    return text.startswith(_PREFIX)


def replace_file(path: Path, content: bytes) -> None:
    """Write a private file atomically, safe against power failure."""
    replace_private(path, content)
    sync_folder(path.parent)


def _place(platform: str, credential: str) -> bytes:
    return f"{platform}\n{credential}".encode("utf-8", "surrogatepass")
