"""Proofs of receipts as files, and the ledger's public key for verifying them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from jaga.casework.ledger.policy import policy_file
from jaga.casework.reporting.receipts import public_key
from jaga.records.access.base.epochs import losses


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The key in several formats, and how to verify with it."""
    return render(request, "public/key.html", {"key": public_key(), "losses": losses()})


@require_safe
def key_file(request: HttpRequest) -> HttpResponse:
    """The key as a PEM file."""
    return to_keep(public_key().pem.encode(), "jaga-key.pem", "application/x-pem-file")


def as_file(content: bytes) -> HttpResponse:
    """A proof as a download."""
    return to_keep(content, "jaga-receipt.txt")


def as_proof(content: bytes) -> HttpResponse:
    """A proof from the published log as a download."""
    return to_keep(content, "jaga-receipt.tlog-proof")


@require_safe
def policy_of_logs(request: HttpRequest) -> HttpResponse:
    """The installation's logs and their witnesses as a file, by which proofs are verified."""
    return to_keep(policy_file(), "jaga-policy.txt")


def to_keep(content: bytes, name: str, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    """A file of this name, which no browser opens as a page."""
    return HttpResponse(content, content_type=kind,
                        headers={"Content-Disposition": f'attachment; filename="{name}"'})
