"""A reporter follows their report with the receipt alone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jaga.core.cases import CaseState
from jaga.core.errors import N_, JagaError, NotFound
from jaga.policy import load_release
from jaga.records.access.public import access_report
from jaga.web.errors import say
from jaga.web.public.tries import TooManyTries, braked

LONGEST_INPUT = 60

STATES = {
    CaseState.RECEIVED: (N_("Received"), N_("Your report is here. It is being put in order.")),
    CaseState.IN_REVIEW: (N_("People are looking at it"), N_("A person reads your report and checks the account.")),
    CaseState.ACTING: (N_("Decided"), N_("The decision is being carried out and checked. A letter follows.")),
    CaseState.RESTORING: (N_("Being undone"), N_("The account holder appealed and won. The decision is being undone.")),
    CaseState.RESOLVED: (N_("Finished"), N_("Read the letter below.")),
}
BY_NOTICE = {
    CaseState.ACTING: N_("The chat app's operator was asked to carry out the decision. We check whether it does so. "
                         "A letter follows."),
    CaseState.RESTORING: N_("The account holder appealed and won. The chat app's operator was asked to undo it."),
}
"""What else is meant where the operator's people act, and not we."""


class WrongReceipt(NotFound):
    """No report has this receipt."""

    code = "wrong_receipt"
    sentence = N_("There is no report with this number.")
    remedy = N_("Check the 16 digits; spaces do not matter.")


@sensitive_post_parameters("receipt")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """The form; on POST the report. The receipt is never in an address, where a browser would remember it."""
    if request.method != "POST":
        return render(request, "public/follow.html")
    receipt = request.POST.get("receipt", "")[:LONGEST_INPUT]
    try:
        with braked(request):
            report = access_report(receipt)
    except (NotFound, TooManyTries) as refused:
        return _refused(request, refused if isinstance(refused, TooManyTries) else WrongReceipt(), receipt)
    name, meaning = STATES[report.state]
    if report.by_notice:
        meaning = BY_NOTICE.get(report.state, meaning)
    return render(request, "public/followed.html", {
        "report": report, "state": name, "meaning": meaning, "category": load_release().category(report.category),
    })


def _refused(request: HttpRequest, refused: JagaError, receipt: str) -> HttpResponse:
    errors = {"receipt": [" ".join(say(refused))]}
    return render(request, "public/follow.html", {"errors": errors, "receipt": receipt}, status=refused.status)
