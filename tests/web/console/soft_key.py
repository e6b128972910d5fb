"""A passkey in software, for answers that no browser gives: from another site, without user verification, from a
copy.
"""

import json
from base64 import urlsafe_b64encode
from copy import deepcopy
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from struct import pack
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    """Bytes as browsers send them."""
    return urlsafe_b64encode(raw).decode().rstrip("=")


@dataclass
class SoftKey:
    """One key. `verifies`: whether a finger, face or PIN was given; `uses` is the signature counter."""

    site: str = "localhost"
    origin: str = "http://localhost"
    verifies: bool = True
    uses: int = 0
    number: bytes = field(default_factory=lambda: token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def copy(self) -> "SoftKey":
        """The same key elsewhere, with the present counter."""
        return SoftKey(self.site, self.origin, self.verifies, self.uses, self.number, self.key)

    def _seen(self, more: int = 0) -> bytes:
        flags = PRESENT | (VERIFIED if self.verifies else 0) | more
        return sha256(self.site.encode()).digest() + bytes([flags]) + pack(">I", self.uses)

    def _said(self, kind: str, options: str) -> bytes:
        asked = json.loads(options)
        return json.dumps(
            {"type": f"webauthn.{kind}", "challenge": asked["challenge"], "origin": self.origin, "crossOrigin": False}
        ).encode()

    def _answer(self, **parts: bytes) -> str:
        return json.dumps(
            {
                "id": text(self.number),
                "rawId": text(self.number),
                "type": "public-key",
                "response": {name: text(raw) for name, raw in parts.items()},
                "clientExtensionResults": {},
            }
        )

    def create(self, options: str) -> str:
        """The answer of a browser that created this key."""
        public: dict[int, Any] = deepcopy(dict(ES256.from_cryptography_key(self.key.public_key())))
        seen = self._seen(ATTESTED) + bytes(16) + pack(">H", len(self.number)) + self.number + cbor.encode(public)
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": seen})
        return self._answer(clientDataJSON=self._said("create", options), attestationObject=made)

    def get(self, options: str) -> str:
        """The answer of a browser that used this key."""
        self.uses += 1
        answer, seen = self._said("get", options), self._seen()
        signature = self.key.sign(seen + sha256(answer).digest(), ec.ECDSA(SHA256()))
        return self._answer(clientDataJSON=answer, authenticatorData=seen, signature=signature)
