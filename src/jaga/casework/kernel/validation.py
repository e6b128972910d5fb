"""Validation shared by all verbs that take text from people."""

from datetime import date

from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.policy.local_time import has_begun

LONGEST_WORDS = 1000
MIN_REASON = 10
MAX_TEXT = 5000


def check_text(name: str, text: str, most: int = MAX_TEXT) -> list[FieldError]:
    """Errors for text that PostgreSQL cannot store or that is longer than `most` characters."""
    if "\x00" in text or not _encodable(text):
        return [FieldError(name, "not_text", N_("This contains characters that are not text."))]
    if len(text) > most:
        return [FieldError(name, "too_long", N_("At most %(most)s characters."), {"most": most})]
    return []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def check_conduct(name: str, conduct_on: date | None) -> list[FieldError]:
    """An error if the date of the conduct is in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def check_required(field: str, text: str, *, least: int = 1, most: int = MAX_TEXT, needed: str) -> list[FieldError]:
    """The errors of `check_text`, and one for fewer than `least` characters after stripping.

    `needed` is the sentence that asks for the text; it may contain `%(least)s`.
    """
    errors = check_text(field, text, most)
    if len(text.strip()) < least:
        errors.append(FieldError(field, "missing", needed, {"least": least} if "%(least)s" in needed else {}))
    return errors


def required_text(
    field: str, text: str, *, least: int = MIN_REASON, most: int = MAX_TEXT, needed: str = N_("Say why in a few words.")
) -> str:
    """The stripped text, for instance a reason, a note or an answer. Raises InvalidInput with what `check_required`
    finds."""
    if errors := check_required(field, text, least=least, most=most, needed=needed):
        raise InvalidInput(*errors)
    return text.strip()
