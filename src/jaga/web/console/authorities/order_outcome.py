"""An order's outcome as a table for the officer's files. For paper, print the order's page."""

from collections.abc import Iterator

from jaga.exchange.csv_out import csv_rows
from jaga.records.access.authorities.orders import WholeOrder

_HEADER = (
    "order",
    "letter_number",
    "case",
    "platform",
    "account",
    "category",
    "locator",
    "due_at",
    "overdue",
    "state",
    "withdrawn",
    "decision",
    "decided_at",
    "verified",
    "verified_at",
)


def outcome_csv(whole: WholeOrder) -> Iterator[bytes]:
    """One row per account, with the API's terms."""
    return csv_rows(
        _HEADER,
        (
            (
                whole.order.number,
                whole.order.letter_number,
                one.case_reference,
                one.platform,
                one.account,
                one.category,
                one.locator,
                one.due_at,
                one.overdue,
                one.state.value,
                one.withdrawn,
                one.outcome.decision.value if one.outcome else None,
                one.outcome.decided_at if one.outcome else None,
                one.outcome.verified if one.outcome else None,
                one.outcome.verified_at if one.outcome else None,
            )
            for one in whole.accounts
        ),
    )
