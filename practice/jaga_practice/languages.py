"""The language in which an invented world speaks: the default one of the installation's release."""

from jaga.core.terms.people import Language
from jaga.policy.release import default_language


def spoken(indonesian: str, english: str) -> str:
    """The text in that language."""
    return indonesian if default_language() is Language.INDONESIAN else english
