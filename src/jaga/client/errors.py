"""What can go wrong between a program and Jaga, as exceptions."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class FieldProblem:
    """One refused field. `code` is stable; the sentence is for people."""

    field: str
    code: str
    sentence: str

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Self:
        """From one entry of a problem's `errors`."""
        return cls(str(told.get("field")), str(told.get("code")), str(told.get("sentence")))


class ApiProblem(Exception):
    """A refusal (RFC 9457). Go by `code` and the fields' codes: they never change. `detail` says what to do."""

    def __init__(self, status: int, code: str, title: str, detail: str, errors: tuple[FieldProblem, ...] = (),
                 retry_after: float | None = None) -> None:
        super().__init__(f"{status} {code}: {detail or title}")
        self.status, self.code, self.title, self.detail = status, code, title, detail
        self.errors = errors
        self.retry_after = retry_after

    @classmethod
    def of(cls, status: int, told: object, retry_after: float | None = None) -> Self:
        """From the body of an answer; whatever is no problem document becomes one of its status alone."""
        body: Mapping[str, Any] = told if isinstance(told, dict) else {}
        fields = body.get("errors") or ()
        errors = tuple(FieldProblem.of(one) for one in fields if isinstance(one, dict))
        return cls(status, str(body.get("code", f"http_{status}")), str(body.get("title", f"HTTP {status}")),
                   str(body.get("detail", "")), errors, retry_after)


class QuotaUsedUp(ApiProblem):
    """The key's calls of this minute or its reports of this day are used up (429): `retry_after` says how long."""


class NotReached(Exception):
    """No usable answer came, however often it was tried. Whether the call had its effect is not known.

    Make the same call again under the same `idempotency_key`: it has its effect once.
    """

    def __init__(self, why: str, idempotency_key: str | None = None) -> None:
        super().__init__(why)
        self.idempotency_key = idempotency_key
