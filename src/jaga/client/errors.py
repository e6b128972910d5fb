"""Exceptions of the client."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class FieldProblem:
    """One rejected field. `code` is stable; the sentence is for people."""

    field: str
    code: str
    sentence: str

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> Self:
        """From one entry of a problem's `errors`."""
        return cls(str(data.get("field")), str(data.get("code")), str(data.get("sentence")))


class ApiProblem(Exception):
    """A refusal (RFC 9457). Rely on `code` and the fields' codes, which never change. `detail` says what to do."""

    def __init__(
        self,
        status: int,
        code: str,
        title: str,
        detail: str,
        errors: tuple[FieldProblem, ...] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail or title}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors = errors
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: int, data: object, retry_after: float | None = None) -> Self:
        """From a response body; without a problem document only the status is used."""
        body: Mapping[str, Any] = data if isinstance(data, dict) else {}
        fields = body.get("errors") or ()
        errors = tuple(FieldProblem.of(one) for one in fields if isinstance(one, dict))
        return cls(
            status,
            str(body.get("code", f"http_{status}")),
            str(body.get("title", f"HTTP {status}")),
            str(body.get("detail", "")),
            errors,
            retry_after,
        )


class QuotaUsedUp(ApiProblem):
    """The key's quota for this minute or day is used up (429): `retry_after` says how long to wait."""


class NotReached(Exception):
    """No usable answer after all attempts.

    Whether the call took effect is unknown.

    Repeat the call with the same `idempotency_key`: it takes effect once.
    """

    def __init__(self, why: str, idempotency_key: str | None = None) -> None:
        super().__init__(why)
        self.idempotency_key = idempotency_key
