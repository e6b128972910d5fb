"""Terms of outgoing webhooks."""

from enum import StrEnum


class HookEvent(StrEnum):
    """Events sent to a sender's webhook. They contain neither content nor names."""

    REPORT_FILED = "report.filed"
    REPORT_DECIDED = "report.decided"
    REPORT_VERIFIED = "report.verified"
    REQUEST_FILED = "request.filed"
    REQUEST_DECIDED = "request.decided"
    REQUEST_VERIFIED = "request.verified"
    CLARIFICATION_ASKED = "clarification.asked"
    ENDPOINT_TEST = "endpoint.test"  # a test requested by the endpoint's holder


class DeliveryState(StrEnum):
    """State of a webhook message."""

    WAITING = "waiting"
    DELIVERED = "delivered"  # the receiver answered 2xx
    DEAD = "dead"  # attempts exhausted, or the receiver wants no more; visible, and can be resent
