"""Appeals: the list, and the page on which somebody without a vote in the case decides."""

from collections.abc import Mapping

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.appeals import HadAVote, decide_appeal
from jaga.casework.quotes import record_public_words
from jaga.core.actors import Actor
from jaga.core.errors import IllegalTransition, InvalidInput
from jaga.records.access.console_duties import access_appeal, list_appeals
from jaga.records.access.in_person import checks_to_release
from jaga.records.access.public_words import recorded_words
from jaga.web.console.case import Refusal, refusal
from jaga.web.console.forms import wrong_fields
from jaga.web.console.notices import written
from jaga.web.console.pages import page, signed_in
from jaga.web.console.public_words import FORM
from jaga.web.console.routing import Moving
from jaga.web.errors import say_fields

_RESULTS = {"uphold": False, "overturn": True}


@require_safe
@signed_in
def appeals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open appeals by their deadline, then the last answered ones."""
    return page(request, actor, "appeals.html", {
        "appeals": list_appeals(actor=actor), "to_release": checks_to_release(actor=actor)}, open_link="appeals")


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appeal(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """One appeal, and the answer to it."""
    if request.method != "POST":
        return _page(request, actor, appeal_id)
    access_appeal(appeal_id, actor=actor)
    chosen, reasons = request.POST.get("result", ""), request.POST.get("reasons", "").replace("\r\n", "\n")
    kept = {"result": chosen, "reasons": reasons}
    if chosen not in _RESULTS:
        missing = {"result": [gettext("Choose one of the two.")]}
        return _page(request, actor, appeal_id, kept=kept, errors=missing, status=422)
    try:
        decide_appeal(appeal_id, overturn=_RESULTS[chosen], reasons=reasons, actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, appeal_id, kept=kept, errors=say_fields(refused), status=refused.status)
    except (HadAVote, IllegalTransition) as refused:
        return _page(request, actor, appeal_id, kept=kept, refused=refusal(refused), status=refused.status)
    return redirect("console:appeal", appeal_id)


@require_POST
@signed_in
def record_words(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """Seal words of the account that everybody can read, so that the answer may quote them."""
    shown = access_appeal(appeal_id, actor=actor)
    words = {name: written(request, name) for name in ("public_words", "public_where")}
    try:
        record_public_words(shown.case_id, words["public_words"], words["public_where"], actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, appeal_id, words=Moving(FORM, words, say_fields(refused)), status=refused.status)
    return redirect("console:appeal", appeal_id)


def _page(request: HttpRequest, actor: Actor, appeal_id: int, *, kept: Mapping[str, str] | None = None,
          errors: Mapping[str, list[str]] | None = None, refused: Refusal | None = None,
          words: Moving | None = None, status: int = 200) -> HttpResponse:
    shown = access_appeal(appeal_id, actor=actor)
    return page(request, actor, "appeal.html", {
        "appeal": shown, "public_words": recorded_words(shown.case_id, actor=actor), "words": words or Moving(),
        "may_record": shown.state == "open" and not shown.own_case, "kept": kept or {}, "errors": errors or {},
        "wrong": wrong_fields(errors or {}, ("result", "reasons")), "refused": refused,
    }, open_link="appeals", status=status)
