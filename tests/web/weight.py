"""How much a page weighs on its first visit: the page and all that it loads except pictures, compressed."""

import gzip
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.http import HttpResponse

HEAVIEST = 50_000
"""Bytes; what a page may weigh on an old phone's network."""


def overweight(answer: HttpResponse) -> int:
    """The bytes of a page on its first visit if they are more than `HEAVIEST`, else 0; 0 too for any other answer."""
    if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
        return 0
    found = len(gzip.compress(answer.content, 6)) + sum(map(_weight, _loaded(answer.content.decode())))
    return found if found > HEAVIEST else 0


def _loaded(page: str) -> Iterator[str]:
    """The names of the style sheets and scripts of a page, each once."""
    yield from set(re.findall(r'(?:<script[^>]*\bsrc|<link rel="stylesheet" href)="/static/([^"?]+)"', page))


@cache
def _weight(name: str) -> int:
    path = finders.find(name)
    assert path, f"{name} is linked by a page but is no static file"
    return len(gzip.compress(Path(path).read_bytes(), 9))
