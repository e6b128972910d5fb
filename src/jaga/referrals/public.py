"""The page behind a referral mail's link, opened with the code told by telephone.

Opening the link alone shows and changes nothing, so that a program following links neither reads nor confirms.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jaga.core.actors import RECEIVER
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.terms.reports import ReferralOutcome
from jaga.referrals.reads import find_by_link
from jaga.referrals.verbs.replies import Taken, acknowledge_by_link, end_by_link, open_link
from jaga.web.errors import say, say_fields, say_when
from jaga.web.strangers import TooManyTries, throttled
from jaga.web.words import DANGERS, OWN_OUTCOMES, REFERRAL_WORDS_STATES

LONGEST_CODE = 40


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def referral(request: HttpRequest, secret: str) -> HttpResponse:
    """The form for the code; POST shows the referral and takes a step (`confirm`, `outcome`)."""
    code = request.POST.get("code", "")[:LONGEST_CODE]
    try:
        with throttled(request):
            find_by_link(secret)
            if request.method != "POST":
                return render(request, "public/referral_code.html")
            opened = open_link(secret, code)
    except (NotFound, TooManyTries) as refused:
        if request.method != "POST" and isinstance(refused, NotFound):
            raise
        response = render(
            request,
            "public/referral_code.html",
            {"errors": {"code": [" ".join(say(refused))]}, "code": code},
            status=refused.status,
        )
        say_when(response, refused)
        return response
    errors: dict[str, list[str]] = {}
    problem, status = "", 200
    try:
        _step(request, opened.referral_id)
    except InvalidInput as wrong:
        errors, status = say_fields(wrong), wrong.status
    except JagaError as refused:
        problem, status = " ".join(say(refused)), refused.status
    opened = open_link(secret, code)
    return render(
        request,
        "public/referral.html",
        {
            "referral": opened,
            "code": code,
            "state": REFERRAL_WORDS_STATES[opened.state],
            "errors": errors,
            "problem": problem,
            "danger": DANGERS[opened.message.danger] if opened.message else "",
            "kept": request.POST,
            "own_outcomes": OWN_OUTCOMES.items(),
        },
        status=status,
    )


def _step(request: HttpRequest, referral_id: int) -> None:
    form = request.POST
    step = form.get("step", "")
    if step == "confirm":
        acknowledge_by_link(referral_id, Taken(form.get("taken_by", ""), form.get("their_number", "")), actor=RECEIVER)
    elif step == "outcome":
        given = form.get("outcome", "")
        if given not in set(ReferralOutcome):
            raise InvalidInput(FieldError("outcome", "missing", N_("Choose what came of it.")))
        end_by_link(referral_id, ReferralOutcome(given), form.get("note", "").replace("\r\n", "\n"), actor=RECEIVER)
