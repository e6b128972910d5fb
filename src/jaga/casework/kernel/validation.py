"""Validation shared by all verbs that take text from people."""

from datetime import date

from jaga.core.clock import has_begun
from jaga.core.errors import N_, FieldError, InvalidInput

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
    """An error if the date of the conduct lies in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def check_reason(field: str, reason: str) -> None:
    """Raise InvalidInput unless `reason` has at least `MIN_REASON` characters."""
    errors = check_text(field, reason)
    if len(reason.strip()) < MIN_REASON:
        errors.append(FieldError(field, "missing", N_("Say why in a few words.")))
    if errors:
        raise InvalidInput(*errors)


def checked_words(field: str, text: str, *, needed: str = N_("Say why.")) -> str:
    """The stripped text. Raises InvalidInput if it is empty, too long, or cannot be stored."""
    errors = [*check_text(field, text, LONGEST_WORDS)]
    if not text.strip():
        errors.append(FieldError(field, "missing", needed))
    if errors:
        raise InvalidInput(*errors)
    return text.strip()
