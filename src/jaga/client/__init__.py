"""A thin client for Jaga's API, for programs of authorities, trusted flaggers and the operator.

See docs/client.md.

    from jaga.client import Jaga, Report

    with Jaga("https://jaga.example", key="jaga_…") as jaga:
        print(jaga.send_report(Report("obrolan", "@kenanga88:localhost", "fraud")).receipt)
"""

from jaga.client.calls import Jaga, News, read_news
from jaga.client.transport import ApiProblem, FieldProblem, NotReached, QuotaUsedUp
from jaga.client.values import (
    Account,
    AccountState,
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
    Message,
    Order,
    OrderState,
    Outcome,
    Platform,
    RefusedReport,
    Report,
    ReportState,
    Request,
    RequestState,
)

__all__ = [
    "Account",
    "AccountState",
    "Acknowledged",
    "ApiProblem",
    "BadRow",
    "Batch",
    "Category",
    "Clarifications",
    "Delivery",
    "Endpoint",
    "FieldProblem",
    "FiledOrder",
    "FiledRequest",
    "Held",
    "Jaga",
    "LegalBasis",
    "Message",
    "News",
    "NotReached",
    "Order",
    "OrderState",
    "Outcome",
    "Platform",
    "QuotaUsedUp",
    "RefusedReport",
    "Report",
    "ReportState",
    "Request",
    "RequestState",
    "read_news",
]
