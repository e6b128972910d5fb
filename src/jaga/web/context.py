"""Template context shared by all pages."""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

from jaga.policy.local_time import local_label
from jaga.records.access.base.installation import host_name, is_an_authoritys
from jaga.web.errors import language

HOST_SECONDS = 60


def installation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: practice mark, host and whether it is an authority (queried lazily), the page's language, a
    link to the other one, all languages, and the label of local time.
    """
    return {
        "practice": settings.PRACTICE,
        "language_now": language().value,
        "other_languages": [(code, name) for code, name in settings.LANGUAGES if code != language().value],
        "languages": dict(settings.LANGUAGES),
        "zone": local_label,
        "host": _host,
        "by_authority": is_an_authoritys,
        "here": request.get_full_path() if request.method == "GET" else request.path,
    }


def _host() -> str:
    name: str = cache.get_or_set("host-name", host_name, HOST_SECONDS) or ""
    return name
