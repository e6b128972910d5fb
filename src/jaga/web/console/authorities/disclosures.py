"""Sealed exports for the police, made by a supervisor on a formal request."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from jaga.casework.authorities.disclosures import CONTENT_WITHHELD, ERASED, make_export
from jaga.casework.people.second_factor import has_factor
from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.exchange.package import MANIFEST
from jaga.policy.jurisdiction import cited
from jaga.records.access.authorities.disclosures import access_disclosure, list_export_requests
from jaga.records.access.base.current_user import number_of
from jaga.web.console.frame.confirmation import is_fresh
from jaga.web.console.frame.forms import ConsoleForm, WholeNumber
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.step_up import needs_step_up
from jaga.web.errors import language


@dataclass(frozen=True)
class ExportedOriginal:
    """One original, disclosed or withheld; `reason` says why it was withheld."""

    name: str
    media_type: str
    size: int
    sha256: str
    reason: str = ""


class ExportForm(ConsoleForm):
    """The request to export for."""

    request = WholeNumber()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@needs_step_up
def exports(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Requests that ask for an export; POST with a request's number creates one.

    Irreversible, so it needs a fresh second factor; anyone without one must set it up first.
    """
    if request.method != "POST":
        return page(
            request,
            actor,
            "authorities/exports.html",
            {
                "asked": list_export_requests(actor=actor),
                "may_confirm": is_fresh(request) or has_factor(number_of(actor)),
            },
            open_link="exports",
        )
    number = ExportForm.sent(request).number_of("request")
    if number is None:
        raise NotFound
    done = make_export(number, actor=actor)
    return redirect("console:export-made", done.disclosure_id)


@require_safe
@signed_in
def made(request: HttpRequest, actor: Actor, disclosure_id: int) -> HttpResponse:
    """An export: its location, its hash, and what was withheld and why."""
    disclosure = access_disclosure(disclosure_id, actor=actor)
    folder = Path(settings.HOME) / "exports" / disclosure.folder
    found = _read(folder / MANIFEST)
    files, withheld = found or ((), ())
    return page(
        request,
        actor,
        "authorities/export_made.html",
        {
            "made": disclosure,
            "folder": folder,
            "there": found is not None,
            "files": files,
            "withheld": withheld,
        },
        open_link="exports",
    )


def _reason(written: str) -> str:
    """A manifest's reason in the reader's language."""
    if written.startswith(CONTENT_WITHHELD):
        return f"{gettext(CONTENT_WITHHELD)}{cited('content').say(language())}"
    if written.startswith(ERASED):
        return f"{gettext(ERASED)}{written.removeprefix(ERASED)}"
    return gettext(written)


def _read(manifest: Path) -> tuple[tuple[ExportedOriginal, ...], tuple[ExportedOriginal, ...]] | None:
    """What the manifest lists, or None if the folder was moved away, as it should be after handing it over."""
    try:
        document = json.loads(manifest.read_bytes())
    except FileNotFoundError:
        return None
    files = tuple(
        ExportedOriginal(one["path"], one["media_type"], one["size"], one["sha256"]) for one in document["files"]
    )
    withheld = tuple(
        ExportedOriginal("", one["media_type"], one["size"], one["sha256"], _reason(one["reason"]))
        for one in document["withheld"]
    )
    return files, withheld
