"""Proofs of receipts as files, and the ledger's public key for verifying them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from jaga.casework.ledger.policy import policy_file
from jaga.casework.ledger.proofs import NotPublishedYet
from jaga.casework.reporting.receipts import public_key, receipt_proof
from jaga.core.errors import JagaError, NotFound
from jaga.records.access.base.epochs import losses
from jaga.records.access.base.published_log import PublishedStamp, published_stamp
from jaga.records.access.reporting.followed_reports import access_report
from jaga.web.errors import say, say_when
from jaga.web.public.base.guess_limits import TooManyTries, throttled
from jaga.web.public.base.lost_reports import WrongReceipt, no_report, require_length

_LONGEST_INPUT = 60


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The key in several formats, and how to verify with it."""
    return render(request, "public/key.html", {"key": public_key(), "losses": losses(), "stamp": published_stamp()})


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


@csrf_exempt  # it stores nothing and needs no session: a program may call it
@sensitive_post_parameters("receipt")
@never_cache
@require_POST
def proof_of_receipt(request: HttpRequest) -> HttpResponse:
    """The proof of a report by its receipt, for programs: `curl -d receipt=… …/follow/proof.tlog-proof`.

    It opens the report's own entry and no other. Refusals are plain text; wrong receipts are counted as on the page.
    """
    receipt = request.POST.get("receipt", "")[:_LONGEST_INPUT]
    try:
        require_length(receipt)
        with throttled(request):
            report = access_report(receipt)
        return as_proof(receipt_proof(report.report_id))
    except (WrongReceipt, NotPublishedYet, TooManyTries) as refused:
        return _in_words(refused)
    except NotFound:
        return _in_words(no_report(receipt))


def _in_words(refused: JagaError) -> HttpResponse:
    response = HttpResponse(
        "\n".join([*say(refused), ""]), status=refused.status, content_type="text/plain; charset=utf-8"
    )
    say_when(response, refused)
    return response


@require_safe
def policy_of_logs(request: HttpRequest) -> HttpResponse:
    """The installation's logs and their witnesses as a file, by which proofs are verified."""
    return to_keep(policy_file(), "jaga-policy.txt")


@require_safe
def stamp(request: HttpRequest) -> HttpResponse:
    """The last time stamp of a published head (RFC 3161), 404 if there is none."""
    return to_keep(_stamp().stamp, "jaga-head.tsr", "application/timestamp-reply")


@require_safe
def stamped_head(request: HttpRequest) -> HttpResponse:
    """The head that it is of: the checkpoint with the log's own signature."""
    return to_keep(_stamp().head, "jaga-head.txt")


def _stamp() -> PublishedStamp:
    found = published_stamp()
    if found is None:
        raise NotFound
    return found


def to_keep(content: bytes, name: str, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    """A file of this name, which no browser opens as a page."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})
