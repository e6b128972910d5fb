"""What every page knows about the installation it belongs to."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from jaga.core.terms import Language
from jaga.web.errors import language

LANGUAGE_NAMES = ((Language.INDONESIAN.value, "Bahasa Indonesia"), (Language.ENGLISH.value, "English"))


def installation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: the practice mark, the language of the page, and the other language with a way to it."""
    return {
        "practice": settings.PRACTICE,
        "language_now": language().value,
        "other_languages": [(code, name) for code, name in LANGUAGE_NAMES if code != language().value],
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }
