"""What is refused of words that people enter, whatever they are for."""

from datetime import date

from jaga.core.clock import has_begun
from jaga.core.errors import N_, FieldError, InvalidInput

LONGEST_WORDS = 1000
MIN_REASON = 10
MAX_TEXT = 5000


def check_text(name: str, text: str, most: int = MAX_TEXT) -> list[FieldError]:
    """Refuse what PostgreSQL cannot store and what is too long to be read by a person."""
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
    """A conduct cannot lie in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def check_reason(field: str, reason: str) -> None:
    """Raise InvalidInput where a person gave no usable reason."""
    errors = check_text(field, reason)
    if len(reason.strip()) < MIN_REASON:
        errors.append(FieldError(field, "missing", N_("Say why in a few words.")))
    if errors:
        raise InvalidInput(*errors)


def checked_words(field: str, text: str, *, needed: str = N_("Say why.")) -> str:
    """The text without the space around it. Raises InvalidInput where it is empty, too long, or no text."""
    errors = [*check_text(field, text, LONGEST_WORDS)]
    if not text.strip():
        errors.append(FieldError(field, "missing", needed))
    if errors:
        raise InvalidInput(*errors)
    return text.strip()
