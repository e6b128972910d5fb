"""A registered officer of an authority in the story: requests over the API, signed with the officer's own key."""

import base64
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

import httpx

from jaga.core.clock import now
from jaga.core.standard_webhooks import sign, signing_key

LETTER = b"%PDF-1.4\n% An invented letter of the practice installation; it holds nothing.\n%%EOF\n"


class RequestRefused(Exception):
    """The API refused a request; `fields` names each refused field."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.fields = [error["field"] for error in problem.get("errors", [])]
        super().__init__(f"{problem.get('title')} {', '.join(self.fields)}")


@dataclass(frozen=True)
class OfficerSecrets:
    """What an officer's program holds: the key that opens the API, and the one that signs (`whsk_…`)."""

    key: str = field(repr=False)
    signing: str = field(repr=False)

    def headers(self, body: bytes) -> dict[str, str]:
        """The signature over these bytes, for this moment."""
        return sign(signing_key(self.signing), f"msg_{secrets.token_hex(12)}", now(), body)


class Officer:
    """Files requests and follows them."""

    def __init__(self, base_url: str, held: OfficerSecrets) -> None:
        self._held = held
        self._client = httpx.Client(base_url=f"{base_url}/api/v1", timeout=30, headers={
            "Authorization": f"Bearer {held.key}", "Accept-Language": "id"})

    def request(self, picture: bytes, **fields: Any) -> dict[str, Any]:
        """File a request; returns what the API acknowledged. Raises RequestRefused."""
        body = {"letter": base64.b64encode(LETTER).decode(), **fields,
                "screenshots": [base64.b64encode(picture).decode()]}
        raw = json.dumps(body).encode()
        return self._read(self._client.post("/requests", content=raw, headers={
            "Content-Type": "application/json", **self._held.headers(raw)}))

    def show(self, report_id: int) -> dict[str, Any]:
        """One of the officer's own requests: state, outcome, letters."""
        return self._read(self._client.get(f"/requests/{report_id}"))

    def referrals(self) -> list[dict[str, Any]]:
        """Cases that were referred to the police, without their content."""
        items: list[dict[str, Any]] = self._read(self._client.get("/referrals"))["items"]
        return items

    def close(self) -> None:
        """End the connection."""
        self._client.close()

    @staticmethod
    def _read(answer: httpx.Response) -> dict[str, Any]:
        read: dict[str, Any] = answer.json()
        if answer.is_error:
            raise RequestRefused(read)
        return read
