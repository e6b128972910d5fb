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


def check_required(field: str, text: str, *, least: int = 1, most: int = MAX_TEXT, needed: str) -> list[FieldError]:
    """Refuse what `check_text` refuses, and fewer than `least` characters without the space around them. `needed` asks
    for the words; it may name the number as `%(least)s`."""
    errors = check_text(field, text, most)
    if len(text.strip()) < least:
        errors.append(FieldError(field, "missing", needed, {"least": least} if "%(least)s" in needed else {}))
    return errors


def required_text(field: str, text: str, *, least: int = MIN_REASON, most: int = MAX_TEXT,
                  needed: str = N_("Say why in a few words.")) -> str:
    """The text without the space around it: a person's reason, a note, an answer. Raises InvalidInput for what
    `check_required` refuses."""
    if errors := check_required(field, text, least=least, most=most, needed=needed):
        raise InvalidInput(*errors)
    return text.strip()
