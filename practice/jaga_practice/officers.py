"""A registered officer of an authority in the story: API requests signed with the officer's key."""

import base64
import json
import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from django.urls import reverse

from jaga.core.clock import now
from jaga.core.standard_webhooks import sign, signing_key
from jaga_practice.app_codes import code_now
from jaga_practice.visitor import SLOWEST, VisitedPage, Visitor

LETTER = b"%PDF-1.4\n% An invented letter of the practice installation; it holds nothing.\n%%EOF\n"


class RequestRefused(Exception):
    """The API refused a request; `fields` names each refused field."""

    def __init__(self, problem: dict[str, Any]) -> None:
        self.fields = [error["field"] for error in problem.get("errors", [])]
        super().__init__(f"{problem.get('title')} {', '.join(self.fields)}")


@dataclass(frozen=True)
class OfficerSecrets:
    """An officer's API key and signing key (`whsk_…`)."""

    key: str = field(repr=False)
    signing: str = field(repr=False)

    def headers(self, body: bytes) -> dict[str, str]:
        """The signature headers for these bytes, for now."""
        return sign(signing_key(self.signing), f"msg_{secrets.token_hex(12)}", now(), body)


class PracticeOfficer:
    """Files requests and follows them."""

    def __init__(self, base_url: str, held: OfficerSecrets) -> None:
        self._held = held
        self._client = httpx.Client(
            base_url=f"{base_url}/api/v1",
            timeout=SLOWEST,
            headers={"Authorization": f"Bearer {held.key}", "Accept-Language": "id"},
        )

    def request(self, picture: bytes, **fields: Any) -> dict[str, Any]:
        """File a request; returns the API's acknowledgement. Raises RequestRefused."""
        body = {
            "letter": base64.b64encode(LETTER).decode(),
            **fields,
            "screenshots": [base64.b64encode(picture).decode()],
        }
        raw = json.dumps(body).encode()
        return self._read(
            self._client.post(
                "/requests", content=raw, headers={"Content-Type": "application/json", **self._held.headers(raw)}
            )
        )

    def show(self, report_id: int) -> dict[str, Any]:
        """One of the officer's requests: state, outcome, letters."""
        return self._read(self._client.get(f"/requests/{report_id}"))

    def referrals(self) -> list[dict[str, Any]]:
        """Referrals to the officer's organisation, without their content."""
        items: list[dict[str, Any]] = self._read(self._client.get("/referrals"))["items"]
        return items

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    @staticmethod
    def _read(answer: httpx.Response) -> dict[str, Any]:
        read: dict[str, Any] = answer.json()
        if answer.is_error:
            raise RequestRefused(read)
        return read


def outcome_of(officer: PracticeOfficer, report_id: int) -> str | None:
    """The outcome of a request by the API, in English; None before there is one."""
    outcome = officer.show(report_id)["outcome"]
    return str(outcome["words"]["en"]) if outcome else None


class Portal:
    """An officer's pages in the console, signed in with password and app code."""

    def __init__(self, visitor: Visitor) -> None:
        self._visitor = visitor

    @classmethod
    def sign_in(cls, base_url: str, username: str, password: str, kept: Path) -> "Portal":
        """Sign in by the console's forms. `kept`: the folder of the app's secret."""
        visitor, address = Visitor(base_url), reverse("console:sign-in")
        page = visitor.send(visitor.open(address), address, {"username": username, "password": password})
        second = reverse("console:second-factor")
        if second in page.url:
            visitor.send(page, second, {"second_factor_code": code_now(username, kept) or ""})
        return cls(visitor)

    def waiting(self) -> str | None:
        """The number of the newest unconfirmed referral; None without one."""
        page = self._visitor.open(reverse("console:received"))
        found = re.search(r"/console/received/(R\d+)/", page.html.partition('class="tag tag--warn"')[0])
        return found.group(1) if found else None

    def open(self, number: str) -> VisitedPage:
        """The referral's page, as its receiver reads it."""
        return self._visitor.open(self._address(number))

    def confirm(self, number: str, own_number: str) -> VisitedPage:
        """Confirm receipt."""
        return self._visitor.submit(self.open(number), "confirm", {"their_number": own_number})

    @staticmethod
    def _address(number: str) -> str:
        return reverse("console:received-referral", args=[int(number[1:])])
