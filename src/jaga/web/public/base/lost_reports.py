"""What is said of receipts and codes whose reports and letters were lost when the system was restored."""

from jaga.core.errors import N_, NotFound
from jaga.records.access.base.epochs import Loss, lost_by_code, lost_by_number, lost_by_receipt, recent_loss
from jaga.web.templatetags.jaga_tags import day, wib


class WrongReceipt(NotFound):
    """No report has this receipt."""

    code = "wrong_receipt"
    sentence = N_("There is no report with this number.")
    remedy = N_("Check the 16 digits; spaces do not matter.")


class WrongReceiptOrLost(WrongReceipt):
    """The same in the half-year after a restoration: receipts of before may carry no number of their own."""

    remedy = N_("Check the 16 digits; spaces do not matter. If you sent the report shortly before %(until)s: reports "
                "of that time were lost when our system was restored. Please report again.")


class ReportLost(NotFound):
    """The receipt is ours, and its report is not here any more."""

    code = "report_lost"
    status = 410
    sentence = N_("Your report was lost when our system was restored on %(day)s. Nobody can work on it any more.")
    remedy = N_("We are sorry. Please report again; you get a new number then.")


class WrongCode(NotFound):
    """No statement has this code."""

    code = "wrong_code"
    sentence = N_("There is no decision with this code.")
    remedy = N_("Check the code in the letter; it has four groups of five characters.")


class LetterLost(NotFound):
    """The code can be of a letter that is lost."""

    code = "letter_lost"
    status = 410
    sentence = N_("What we wrote to you with this code was lost when our system was restored on %(day)s.")
    remedy = N_("We are sorry. You can still object: below it says how without a code. Keep the letter.")


def no_report(receipt: str) -> NotFound:
    """The refusal of a receipt with which nothing was found."""
    if lost := lost_by_receipt(receipt):
        return _report_lost(lost)
    recent = recent_loss()
    return WrongReceiptOrLost(until=wib(recent.restored_at)) if recent else WrongReceipt()


def no_longer_here(report_id: int) -> NotFound | None:
    """The same for a report that was open on this device, by its number."""
    lost = lost_by_number("report", report_id)
    return _report_lost(lost) if lost else None


def no_letter(code: str) -> NotFound:
    """The refusal of a letter's code with which nothing was found."""
    lost = lost_by_code(code)
    return LetterLost(day=day(lost.restored_at)) if lost else WrongCode()


def _report_lost(lost: Loss) -> ReportLost:
    return ReportLost(day=day(lost.restored_at))
