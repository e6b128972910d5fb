"""Terms of notices to operators, their answers, objections and escalation."""

from enum import StrEnum


class AnswerKind(StrEnum):
    """An operator's answer to a notice, from a contact person or software."""

    DONE = "done"
    ALREADY = "already"
    REFUSED = "refused"  # with a reason
    INVALID_LOCATOR = "invalid_locator"  # clarification needed: the account cannot be found
    WRONG_SCREENSHOT = "wrong_screenshot"  # clarification needed: the picture shows another account

    @property
    def asks_back(self) -> bool:
        """Whether we must clarify before the operator can act (SAMAN's clarification step)."""
        return self in (AnswerKind.INVALID_LOCATOR, AnswerKind.WRONG_SCREENSHOT)


class NoticeState(StrEnum):
    """State of a notice to an operator."""

    SENT = "sent"  # in the portal or handed to software; receipt not proven
    RECEIVED = "received"  # opened by a contact person or signed for by software; the clock runs
    ASKED_BACK = "asked_back"  # the operator needs a correction from us; the clock is paused
    ANSWERED = "answered"  # done, already so, or refused
    WITHDRAWN = "withdrawn"  # no longer asked for


class EscalationStage(StrEnum):
    """The escalation steps to an operator that does not act. Only people escalate; it ends with the third warning."""

    CLARIFICATION = "clarification"
    ORDER = "order"
    WARNING_1 = "warning_1"
    WARNING_2 = "warning_2"
    WARNING_3 = "warning_3"


class ObjectionState(StrEnum):
    """State of an operator's objection (sanggah) to a notice."""

    OPEN = "open"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
