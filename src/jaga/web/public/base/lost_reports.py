"""Errors for receipts and codes lost when the system was restored from a backup."""

from jaga.core.errors import N_, NotFound
from jaga.records.access.base.epochs import DatabaseLoss, lost_by_code, lost_by_number, lost_by_receipt, recent_loss
from jaga.records.access.reporting.followed_reports import wrong_length
from jaga.web.templatetags.jaga_tags import day, wib


class WrongReceipt(NotFound):
    """No report has this receipt."""

    code = "wrong_receipt"
    sentence = N_("There is no report with this number.")
    remedy = N_("Check the 16 digits; spaces do not matter.")


class WrongLength(WrongReceipt):
    """What was typed has another number of digits than a receipt, so it was not looked up."""

    code = "receipt_length"
    sentence = N_("This has %(count)s digits; a report number has 16.")
    remedy = N_("Compare it with what you wrote down; spaces do not matter.")


class WrongReceiptOrLost(WrongReceipt):
    """WrongReceipt in the half-year after a restoration, as older receipts may carry no number."""

    remedy = N_(
        "Check the 16 digits; spaces do not matter. If you sent the report shortly before %(until)s: reports "
        "of that time were lost when our system was restored. Please report again."
    )


class ReportLost(NotFound):
    """The receipt is valid, but its report was lost."""

    code = "report_lost"
    status = 410
    sentence = N_("Your report was lost when our system was restored on %(day)s. Nobody can work on it any more.")
    remedy = N_("We are sorry. Please report again; you get a new number then.")


class WrongLetterCode(NotFound):
    """No statement has this code."""

    code = "wrong_code"
    sentence = N_("There is no decision with this code.")
    remedy = N_("Check the code in the letter; it has four groups of five characters.")


class LetterLost(NotFound):
    """The code may belong to a lost letter."""

    code = "letter_lost"
    status = 410
    sentence = N_("What we wrote to you with this code was lost when our system was restored on %(day)s.")
    remedy = N_("We are sorry. You can still object: below it says how without a code. Keep the letter.")


def require_length(receipt: str) -> None:
    """Raise WrongLength for any other number of digits than a receipt has, WrongReceipt for none."""
    count = wrong_length(receipt)
    if count is not None:
        raise WrongLength(count=count) if count else WrongReceipt


def no_report(receipt: str) -> NotFound:
    """The error for a receipt without a report."""
    if lost := lost_by_receipt(receipt):
        return _report_lost(lost)
    recent = recent_loss()
    return WrongReceiptOrLost(until=wib(recent.restored_at)) if recent else WrongReceipt()


def no_longer_here(report_id: int) -> NotFound | None:
    """The error for a report that was open on this device, by its number, or None."""
    lost = lost_by_number("report", report_id)
    return _report_lost(lost) if lost else None


def no_letter(code: str) -> NotFound:
    """The error for a letter code without a match."""
    lost = lost_by_code(code)
    return LetterLost(day=day(lost.restored_at)) if lost else WrongLetterCode()


def _report_lost(lost: DatabaseLoss) -> ReportLost:
    return ReportLost(day=day(lost.restored_at))
