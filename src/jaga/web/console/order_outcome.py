"""What came of an order, for its officer's files: on paper in both languages, and as a table."""

from collections.abc import Iterator

from babel.dates import format_date
from django.utils import translation
from django.utils.translation import gettext

from jaga.core.clock import now, today
from jaga.core.errors import N_
from jaga.core.terms import Language
from jaga.exchange.csv_out import csv_rows
from jaga.exchange.letters_pdf import LetterOnPaper, LetterPart, letter_pdf
from jaga.policy import load_release
from jaga.records.access.orders import SeenAccount, WholeOrder
from jaga.web.api.words import decision_words, state_words
from jaga.web.console.reading import in_wib
from jaga.web.templatetags.jaga_tags import wib

_HEADER = ("order", "letter_number", "case", "platform", "account", "category", "locator", "due_at", "overdue", "state",
           "withdrawn", "decision", "decided_at", "verified", "verified_at")


def outcome_csv(whole: WholeOrder) -> Iterator[bytes]:
    """One row for each account, with terms as the API names them."""
    return csv_rows(_HEADER, (
        (whole.order.number, whole.order.letter_number, one.case_reference, one.platform, one.account, one.category,
         one.locator, one.due_at, one.overdue, one.state.value, one.withdrawn,
         one.outcome.decision.value if one.outcome else None, one.outcome.decided_at if one.outcome else None,
         one.outcome.verified if one.outcome else None, one.outcome.verified_at if one.outcome else None)
        for one in whole.accounts
    ))


def outcome_pdf(whole: WholeOrder) -> bytes:
    """The state of each account on the day of printing."""
    day = today()
    platforms = sorted({one.platform_name for one in whole.accounts})
    return letter_pdf(LetterOnPaper(
        whole.order.number, ", ".join(platforms), f"{whole.order.organisation}, {whole.officer}", now(),
        format_date(day, "d MMMM y", locale="id"), format_date(day, "d MMMM y", locale="en"),
        tuple(_part(whole, language) for language in Language),
    ))


_HEADING = N_("What came of letter %(letter)s of %(day)s")


def _part(whole: WholeOrder, language: Language) -> LetterPart:
    with translation.override(language), in_wib():
        heading = gettext(_HEADING) % {
            "letter": whole.order.letter_number,
            "day": format_date(whole.order.letter_date, "d MMMM y", locale=language.value)}
        return LetterPart(language, heading, "\n\n".join(_account(one, language) for one in whole.accounts))


def _account(one: SeenAccount, language: Language) -> str:
    lines = [f"{one.case_reference} {one.platform_name}: {one.account}"]
    if one.withdrawn:
        lines.append(gettext("Withdrawn."))
    elif one.outcome is None:
        lines += [state_words(one.state)[language], gettext("Deadline: %(moment)s") % {"moment": wib(one.due_at)}]
    else:
        words = decision_words(one.outcome.decision, load_release())[language]
        lines.append(gettext("Decision: %(decision)s (%(moment)s)") % {
            "decision": words, "moment": wib(one.outcome.decided_at)})
        if one.outcome.verified:
            lines.append(gettext("Seen to be so: %(moment)s") % {"moment": wib(one.outcome.verified_at)})
        elif one.outcome.verified is False:
            lines.append(gettext("Not confirmed by a look yet."))
    return "\n".join(lines)
