"""The published log as files below `/ledger/` (c2sp.org/tlog-tiles). A web server can serve the same folder by itself.

`/ledger/N/…` is log number N, whose name ends so. `/ledger/…` without a number is the newest one.
"""

from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from jaga.core.errors import JagaError
from jaga.ledger.tlog.folder import LogFolder
from jaga.ledger.tlog.tree import CHECKPOINT
from jaga.web.middleware import SAME_FOR_ALL

_FOR_EVER = "public, max-age=31536000, immutable"
_CHANGES = "public, max-age=10"  # a checkpoint, and what may be of the next log after a restore
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


@require_safe
def published(request: HttpRequest, name: str, number: int | None = None) -> HttpResponse:
    """A file of the log: `checkpoint`, `tile/…` or `tile/entries/…`. 404 in plain text for any other name."""
    folder = _folder_of(number)
    content = _read(folder, name) if folder is not None else None
    if content is None:
        return HttpResponse(
            "not found\n",
            status=404,
            content_type="text/plain; charset=utf-8",
            headers=_OPEN | {"Cache-Control": "no-store"},
        )
    kind = "text/plain; charset=utf-8" if name == CHECKPOINT else "application/octet-stream"
    kept = _CHANGES if name == CHECKPOINT or number is None else _FOR_EVER
    response = HttpResponse(content, content_type=kind, headers=_OPEN | {"Cache-Control": kept})
    setattr(response, SAME_FOR_ALL, True)
    return response


def _folder_of(number: int | None) -> Path | None:
    root = Path(settings.JAGA_LEDGER_FOLDER)
    if number is None:
        there = [int(one.name) for one in root.glob("[1-9]*") if one.name.isascii() and one.name.isdigit()]
        number = max(there, default=0)
    return root / str(number) if number else None


def _read(folder: Path, name: str) -> bytes | None:
    try:
        return LogFolder(folder).read(name)
    except JagaError:  # a name that no file of a log has
        return None
    except IsADirectoryError:
        return None
