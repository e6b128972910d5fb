"""Credentials at rest: each value in `platforms.toml` is sealed under a key that lies apart, in `secrets/platforms`.

A sealed value is `sealed:v1:KEY:…`: AES-256-GCM, bound to the platform and the name of the credential, so that a value
cannot be moved to another place. KEY names the key by eight digits of its SHA-256. The file holds one key of 32 bytes;
while `jaga platform rotate-key` works it holds the new one and, behind it, the old ones, which still open.
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

_PREFIX = "sealed:v1:"
_KEY_BYTES = 32
_NONCE_BYTES = 12


class CredentialLocked(JagaError):
    """A sealed credential cannot be opened with the keys that are here. Nothing was changed."""

    code = "platform_credential_locked"
    status = 500
    sentence = N_("The credential %(credential)s of the platform %(platform)s cannot be opened: %(why)s.")
    remedy = N_("Put the key back from the backup of the secrets. If it is lost, get a new token from the platform and "
                "give it to `jaga platform set %(platform)s %(credential)s`.")


class KeyExposed(JagaError):
    """Others on this machine could read the key of the credentials."""

    code = "platform_key_exposed"
    status = 500
    sentence = N_("Others on this machine can read the key of the platforms' credentials, %(path)s.")
    remedy = N_("Run `chmod 600 %(path)s`, then `jaga platform rotate-key`, and change the tokens if anybody may have "
                "read both files.")


class KeyDamaged(JagaError):
    """The file of the key is no whole number of keys."""

    code = "platform_key_damaged"
    status = 500
    sentence = N_("The key of the platforms' credentials, %(path)s, is damaged.")
    remedy = N_("Put it back from the backup of the secrets. If there is none, move the file away and give each "
                "credential again with `jaga platform set`.")


@dataclass(frozen=True)
class Keys:
    """The keys that open, the one that seals first. Never log them."""

    raw: tuple[bytes, ...] = field(default=(), repr=False)

    def seal(self, value: str, platform: str, credential: str) -> str:
        """`value` sealed for one place under the first key, which must be there."""
        key, nonce = self.raw[0], secrets.token_bytes(_NONCE_BYTES)
        box = AESGCM(key).encrypt(nonce, value.encode("utf-8", "surrogatepass"), _place(platform, credential))
        return f"{_PREFIX}{key_id(key)}:{b64encode(nonce + box).decode()}"

    def open(self, text: str, platform: str, credential: str) -> str:
        """The value that `seal` sealed for this place; a plain one as it is. Raises CredentialLocked."""
        if not is_sealed(text):
            return text
        named, _, encoded = text.removeprefix(_PREFIX).partition(":")
        key = next((known for known in self.raw if key_id(known) == named), None)
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
        """Whether a stored value is sealed under one of these keys, by the name of its key."""
        return is_sealed(text) and text.removeprefix(_PREFIX).partition(":")[0] in {key_id(key) for key in self.raw}


class KeyFile:
    """`secrets/platforms`: the owner's alone. Whoever writes holds the lock of `credentials.alone`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def keys(self) -> Keys:
        """What opens and seals; empty where there is no file yet. Raises KeyExposed, KeyDamaged."""
        try:
            with self.path.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise KeyExposed(path=self.path)
                content = file.read()
        except FileNotFoundError:
            return Keys()
        if not content or len(content) % _KEY_BYTES:
            raise KeyDamaged(path=self.path)
        return Keys(tuple(content[i:i + _KEY_BYTES] for i in range(0, len(content), _KEY_BYTES)))

    def keys_to_seal(self) -> Keys:
        """The keys, and a first one made now if there was none. Raises KeyExposed, KeyDamaged."""
        if not self.path.exists():
            self.write([new_key()])
        return self.keys()

    def write(self, keys: Sequence[bytes]) -> None:
        """Replace the keys, as a whole or not at all; the first one seals from now on."""
        self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        replace_file(self.path, b"".join(keys))


def new_key() -> bytes:
    """32 random bytes."""
    return secrets.token_bytes(_KEY_BYTES)


def key_id(key: bytes) -> str:
    """Eight digits that name a key and give nothing of it away."""
    return hashlib.sha256(b"jaga platforms key\n" + key).hexdigest()[:8]


def is_sealed(text: str) -> bool:
    """Whether a stored value is sealed."""
    return text.startswith(_PREFIX)


def replace_file(path: Path, content: bytes) -> None:
    """Write a private file so that it is there as a whole, old or new, also after a power cut."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _place(platform: str, credential: str) -> bytes:
    return f"{platform}\n{credential}".encode("utf-8", "surrogatepass")
