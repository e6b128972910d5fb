"""The API's calls, one method each.

Webhook messages for receivers: verified first, then parsed.
"""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any, Self, TypeVar

import httpx

from jaga.client.transport import ApiProblem, Sleep, Transport
from jaga.client.values import (
    Acknowledged,
    BadRow,
    Batch,
    Category,
    Clarifications,
    Delivery,
    Endpoint,
    FiledOrder,
    FiledRequest,
    Held,
    LegalBasis,
    Order,
    OrderState,
    Platform,
    RefusedReport,
    Report,
    ReportState,
    Request,
    RequestState,
)
from jaga.core.standard_webhooks import MalformedHook, verify, verifying_key
from jaga.core.standard_webhooks import signing_key as read_signing_key

MOST_TOGETHER = 100
LONGEST_NAME = 120
ASK_AGAIN = 2.0  # Seconds.
Value = TypeVar("Value")


class Jaga:
    """Jaga's API with one key.

    Use it in a `with` block, or close it.

    Temporary failures (lost connection, server busy, minute quota used up) are retried: each writing call has an
    idempotency key, so it takes effect once. Requests and orders are signed with the officer's `signing_key`
    (`whsk_…`), which never leaves this machine. Errors are in `language`.
    """

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        signing_key: str | None = None,
        language: str = "id",
        seconds: float = 30.0,
        attempts: int = 6,
        http: httpx.BaseTransport | None = None,
        sleep: Sleep = time.sleep,
    ) -> None:
        signing = read_signing_key(signing_key) if signing_key is not None else None
        self._transport = Transport(
            base_url,
            key,
            language=language,
            signing_key=signing,
            seconds=seconds,
            attempts=attempts,
            http=http,
            sleep=sleep,
        )
        self._sleep = sleep

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._transport.close()

    def send_report(self, report: Report, *, idempotency_key: str | None = None) -> Acknowledged:
        """Send one report. Raises ApiProblem naming every invalid field; then nothing was stored."""
        return Acknowledged.of(
            self._transport.send("POST", "/reports", report.body(), idempotency_key=idempotency_key)[1]
        )

    def send_reports(self, reports: Iterable[Report]) -> Iterator[Acknowledged | RefusedReport]:
        """Send any number of reports, a hundred at a time; yields results in order.

        A refused report does not affect the others. Raises ApiProblem if a whole hundred is refused.
        """
        waiting = iter(reports)
        while together := list(islice(waiting, MOST_TOGETHER)):
            _, data = self._transport.send("POST", "/reports/batch", {"reports": [one.body() for one in together]})
            for report, item in zip(together, data["items"], strict=True):
                if item.get("accepted"):
                    yield Acknowledged.of(item["accepted"])
                else:
                    yield RefusedReport(report, ApiProblem.of(item["refused"]["status"], item["refused"]))

    def report(self, report_id: int) -> ReportState:
        """The state of one of your reports."""
        return ReportState.of(self._transport.get(f"/reports/{report_id}"))

    def reports(self, *, reference: str | None = None, updated_since: datetime | None = None) -> Iterator[ReportState]:
        """Your reports, newest first; optionally only those with this reference, or with news since then."""
        return self._pages("/reports", ReportState.of, reference=reference, updated_since=_written(updated_since))

    def file_request(self, request: Request, *, idempotency_key: str | None = None) -> FiledRequest | Held:
        """Sign and send an officer's request. Held: the signature was not proven, and a supervisor will check."""
        status, data = self._transport.send(
            "POST", "/requests", request.body(), signed=True, idempotency_key=idempotency_key
        )
        return Held.of(data) if status == 202 else FiledRequest.of(data)

    def request(self, report_id: int) -> RequestState:
        """The state of one of your requests, with its outcome."""
        return RequestState.of(self._transport.get(f"/requests/{report_id}"))

    def requests(self, *, updated_since: datetime | None = None) -> Iterator[RequestState]:
        """Your requests, newest first; optionally only those with news since then."""
        return self._pages("/requests", RequestState.of, updated_since=_written(updated_since))

    def file_order(self, order: Order, *, idempotency_key: str | None = None) -> FiledOrder | Held:
        """Sign and send one letter on several accounts: all are filed, or none.

        May be held like a request.

        Raises ApiProblem naming the rejected fields per account (`accounts.2.locator`).
        """
        status, data = self._transport.send(
            "POST", "/orders", order.body(), signed=True, idempotency_key=idempotency_key
        )
        return Held.of(data) if status == 202 else FiledOrder.of(data)

    def order(self, order_id: int) -> OrderState:
        """The state of one of your orders, by account."""
        return OrderState.of(self._transport.get(f"/orders/{order_id}"))

    def orders(self) -> Iterator[OrderState]:
        """Your orders, newest first."""
        return self._pages("/orders", OrderState.of)

    def withdraw_order(self, order_id: int, why: str) -> int:
        """Sign and withdraw the accounts that are not decided yet. Returns the number of accounts; unsigned it is
        refused (409)."""
        _, data = self._transport.send(
            "POST", f"/orders/{order_id}/withdrawal", {"order_id": order_id, "why": why}, signed=True
        )
        return int(data["accounts"])

    def clarifications(self, report_id: int) -> Clarifications:
        """The questions about one of your accounts, and your answers."""
        return Clarifications.of(self._transport.get(f"/requests/{report_id}/clarifications"))

    def answer_clarification(self, report_id: int, text: str, locator: str = "") -> int:
        """Sign and answer; a `locator` replaces the previous one.

        Returns the message number; unsigned it is refused (409).
        """
        _, data = self._transport.send(
            "POST",
            f"/requests/{report_id}/clarifications",
            {"report_id": report_id, "text": text, "locator": locator},
            signed=True,
        )
        return int(data["message_id"])

    def send_file(
        self, content: bytes | Path, *, name: str = "", platform: str = "", category: str = "", start: bool = False
    ) -> Batch:
        """Send a file of many reports.

        `platform` and `category` apply to rows without them.

        Nothing is filed before `start_batch`, unless `start` is set. The same file again is the same batch. A path is
        streamed; without `name` the file's name is used.
        """
        called = name or (content.name[:LONGEST_NAME] if isinstance(content, Path) else "")
        return Batch.of(
            self._transport.send_file(
                "/batches", content, name=called, platform=platform, category=category, start=str(start).lower()
            )
        )

    def batch(self, batch_id: int) -> Batch:
        """The state of one of your files."""
        return Batch.of(self._transport.get(f"/batches/{batch_id}"))

    def batches(self) -> Iterator[Batch]:
        """Your files, newest first."""
        return self._pages("/batches", Batch.of)

    def wait_for_batch(self, batch_id: int, *, seconds: float = 600.0) -> Batch:
        """The batch once it is no longer being processed, or its state after `seconds` (then `is_open`)."""
        until = time.monotonic() + seconds
        while (batch := self.batch(batch_id)).is_open and time.monotonic() < until:
            self._sleep(ASK_AGAIN)
        return batch

    def start_batch(self, batch_id: int) -> Batch:
        """File its valid rows, or continue a cancelled batch."""
        return Batch.of(self._transport.send("POST", f"/batches/{batch_id}/start")[1])

    def cancel_batch(self, batch_id: int) -> Batch:
        """Cancel it. Filed reports stay."""
        return Batch.of(self._transport.send("POST", f"/batches/{batch_id}/cancel")[1])

    def bad_rows(self, batch_id: int) -> Iterator[BadRow]:
        """The rows that will not be filed, with reasons, in file order."""
        return self._pages(f"/batches/{batch_id}/rows", BadRow.of)

    def refused_rows(self, batch_id: int) -> bytes:
        """The rejected rows with reasons as CSV, for correction and a new upload."""
        return self._transport.read(f"/batches/{batch_id}/refused.csv")

    def batch_reports(self, batch_id: int) -> bytes:
        """The filed rows as CSV: row, report, your reference, state."""
        return self._transport.read(f"/batches/{batch_id}/reports.csv")

    def categories(self) -> tuple[Category, ...]:
        """The policy's categories, and the possible decisions in each."""
        return tuple(Category.of(one) for one in self._transport.get("/categories")["items"])

    def legal_bases(self, category: str, *, on: date | None = None) -> tuple[LegalBasis, ...]:
        """The provisions your authority may invoke for conduct on that day."""
        data = self._transport.get("/legal-bases", category=category, on=on.isoformat() if on else None)
        return tuple(LegalBasis.of(one) for one in data["items"])

    def platforms(self) -> tuple[Platform, ...]:
        """The chat platforms of this installation."""
        return tuple(Platform.of(one) for one in self._transport.get("/platforms")["items"])

    def register_webhook(self, url: str, events: Iterable[str] = ()) -> Endpoint:
        """Register a webhook for these events, by default all."""
        return Endpoint.of(self._transport.send("POST", "/webhooks", {"url": url, "events": list(events)})[1])

    def webhooks(self) -> tuple[Endpoint, ...]:
        """Your endpoints, including disabled ones."""
        return tuple(Endpoint.of(one) for one in self._transport.get("/webhooks")["items"])

    def test_webhook(self, endpoint_id: int) -> int:
        """Request a test message. Returns the delivery's number."""
        return int(self._transport.send("POST", f"/webhooks/{endpoint_id}/test")[1]["delivery_id"])

    def remove_webhook(self, endpoint_id: int) -> None:
        """Disable the endpoint."""
        self._transport.send("DELETE", f"/webhooks/{endpoint_id}")

    def deliveries(self, endpoint_id: int, *, state: str | None = None) -> Iterator[Delivery]:
        """Deliveries to an endpoint, newest first; `dead` ones were never accepted."""
        return self._pages(f"/webhooks/{endpoint_id}/deliveries", Delivery.of, state=state)

    def redeliver(self, delivery_id: int) -> None:
        """Retry a dead delivery, with its own id."""
        self._transport.send("POST", f"/webhook-deliveries/{delivery_id}/redeliver")

    def _pages(self, path: str, read: Callable[[Any], Value], **params: str | None) -> Iterator[Value]:
        cursor: str | None = None
        while True:
            page = self._transport.get(path, limit=MOST_TOGETHER, cursor=cursor, **params)
            for item in page["items"]:
                yield read(item)
            cursor = page["next"]
            if cursor is None:
                return


def _written(moment: datetime | None) -> str | None:
    """RFC 3339. Raises ValueError for a naive datetime, which would be ambiguous."""
    if moment is not None and moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment!r}: say which time zone it is in")
    return moment.isoformat() if moment is not None else None


@dataclass(frozen=True)
class News:
    """A genuine, fresh message.

    Store `id`: a repeated one contains nothing new.

    `data` holds the report's number, your reference, its state and decision; query details with your key.
    """

    id: str
    event: str
    at: datetime
    data: Mapping[str, Any]


def read_news(public_key: str, headers: Mapping[str, str], body: bytes, *, now: datetime | None = None) -> News:
    """The message in the exact bytes of the body.

    Respond 2xx once stored, 410 to unsubscribe.

    Raises a `jaga.core.errors.JagaError` if it is not genuine, fresh or readable: respond 400 then.
    """
    hook = verify(verifying_key(public_key), headers, body, now=now or datetime.now(UTC))
    try:
        data = json.loads(hook.body)
        return News(hook.id, str(data["type"]), datetime.fromisoformat(data["timestamp"]), dict(data["data"]))
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedHook(why="it is no message of this kind") from error
