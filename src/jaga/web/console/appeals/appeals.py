"""Appeals: the list, the decision page for someone without a vote, and appeals filed without a code."""

from collections.abc import Callable, Mapping
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.casework.appeals.appeals import answer_again, ask_holder, decide_appeal
from jaga.casework.appeals.paper_appeals import PaperAppeal, record_appeal
from jaga.casework.appeals.pictures import answer_check, open_appeal_picture
from jaga.casework.appeals.suspension import MIN_REASONS, decide_rest
from jaga.casework.reporting.quotable_text import record_public_words
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError, NotFound
from jaga.core.terms.appeals import AppealWay, IdentityCheck
from jaga.core.terms.people import Role
from jaga.core.terms.screening import YouthAnswer
from jaga.policy import load_release
from jaga.policy.local_time import today
from jaga.records.access.appeals.appeals import access_appeal, list_appeals
from jaga.records.access.appeals.pictures import access_appeal_copy
from jaga.records.access.appeals.reasons_in_person import checks_to_release
from jaga.records.access.base.clearance import READERS
from jaga.records.access.base.installation import host_name
from jaga.records.access.cases.public_words import recorded_words
from jaga.web.console.cases.forms import wrong_fields
from jaga.web.console.cases.placement import Moving
from jaga.web.console.frame.form_values import calendar_day
from jaga.web.console.frame.forms import ConsoleForm, Line, Text, WholeNumber
from jaga.web.console.frame.pages import page, signed_in
from jaga.web.console.frame.refusals import Refusal, done_or_shown, refusal
from jaga.web.console.frame.words import APPEAL_WAYS, IDENTITY_CHECKS
from jaga.web.console.reporting.public_words import FORM, PublicWordsForm
from jaga.web.console.screening.pictures import picture_file
from jaga.web.errors import say_fields
from jaga.web.public.base.services import dialled


class AppealAnswerForm(ConsoleForm):
    """The answer to an appeal, and the newest message read."""

    result = Text()
    reasons = Text()
    last_reply = WholeNumber()


class HolderQuestionForm(ConsoleForm):
    """The question to the holder."""

    question = Text()


class RestForm(ConsoleForm):
    """Whether the measure is suspended until the answer."""

    rests = Text()
    rest_reasons = Text()


class PaperForm(ConsoleForm):
    """An appeal filed on paper, in person or by a helper."""

    reference = Line()
    account = Line()
    way = Line()
    helper = Line()
    received_on = Line()
    check = Line()
    check_note = Line()
    text = Line()


class AppealYouthCheckForm(ConsoleForm):
    """The answer to the youth check."""

    answer = Text()


_RESULTS = {"uphold": False, "overturn": True}
_RESTS = {"rests": True, "stays": False}


@require_safe
@signed_in
def appeals(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Open appeals by deadline, then the latest answered ones."""
    found = list_appeals(actor=actor)
    return page(
        request,
        actor,
        "appeals/appeals.html",
        {
            "appeals": found.rows,
            "kept_back": found.kept_back,
            "to_release": checks_to_release(actor=actor),
        },
        open_link="appeals",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def appeal(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """One appeal, and the answer to it or to the holder's second message."""
    if request.method != "POST":
        return _page(request, actor, appeal_id)
    shown = access_appeal(appeal_id, actor=actor)
    form = AppealAnswerForm.sent(request)
    chosen, reasons = form.text_of("result"), form.text_of("reasons")
    kept = {"result": chosen, "reasons": reasons}
    if chosen not in _RESULTS:
        missing = {"result": [gettext("Choose one of the two.")]}
        return _page(request, actor, appeal_id, kept=kept, errors=missing, status=422)

    def answer() -> None:
        if shown.open_reply:
            answer_again(appeal_id, overturn=_RESULTS[chosen], reasons=reasons, actor=actor)
        else:
            decide_appeal(
                appeal_id,
                overturn=_RESULTS[chosen],
                reasons=reasons,
                last_reply=form.number_of("last_reply") or 0,
                actor=actor,
            )

    return _try(request, actor, appeal_id, answer, kept)


@require_POST
@signed_in
def ask(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """Ask the holder one question."""
    access_appeal(appeal_id, actor=actor)
    question = HolderQuestionForm.sent(request).text_of("question")
    return _try(request, actor, appeal_id, lambda: ask_holder(appeal_id, question, actor=actor), {"question": question})


@require_POST
@signed_in
def rest(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """A supervisor decides whether the measure of an overdue appeal is suspended until the answer."""
    actor.require(Role.SUPERVISOR)
    access_appeal(appeal_id, actor=actor)
    form = RestForm.sent(request)
    chosen, reasons = form.text_of("rests"), form.text_of("rest_reasons")
    kept = {"rests": chosen, "rest_reasons": reasons}
    if chosen not in _RESTS:
        missing = {"rests": [gettext("Choose one of the two.")]}
        return _page(request, actor, appeal_id, kept=kept, errors=missing, status=422)

    def decide() -> None:
        decide_rest(appeal_id, rests=_RESTS[chosen], reasons=reasons, actor=actor)

    return _try(request, actor, appeal_id, decide, kept)


@require_POST
@signed_in
def check(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """Answer the youth check for an appeal's pictures. Raises NotFound for an invalid answer."""
    access_appeal(appeal_id, actor=actor)
    answer = AppealYouthCheckForm.sent(request).term_of("answer", YouthAnswer)
    if answer is None:
        raise NotFound
    return _try(request, actor, appeal_id, lambda: answer_check(appeal_id, answer, actor=actor), {})


@require_POST
@signed_in
def open_picture(request: HttpRequest, actor: Actor, appeal_id: int, evidence_id: int) -> HttpResponse:
    """Open one picture of an appeal for some minutes."""
    access_appeal(appeal_id, actor=actor)
    return _try(request, actor, appeal_id, lambda: open_appeal_picture(appeal_id, evidence_id, actor=actor), {})


@require_safe
@signed_in
def picture(request: HttpRequest, actor: Actor, appeal_id: int, evidence_id: int) -> HttpResponse:
    """The copy this person has opened. Raises PictureClosed, NotFound."""
    return picture_file(access_appeal_copy(appeal_id, evidence_id, actor=actor), evidence_id)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def new(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Record an appeal filed by letter, in person or by a helper."""
    actor.require(*READERS)
    kept = PaperForm.sent(request).kept()

    def form(
        status: int = 200, errors: Mapping[str, list[str]] | None = None, refused: Refusal | None = None
    ) -> HttpResponse:
        return page(
            request,
            actor,
            "appeals/appeal_new.html",
            {
                "kept": kept,
                "errors": errors or {},
                "refused": refused,
                "wrong": wrong_fields(errors or {}, tuple(PaperForm.base_fields)),
                "ways": APPEAL_WAYS.items(),
                "checks": IDENTITY_CHECKS.items(),
                "today": today().isoformat(),
            },
            open_link="appeals",
            status=status,
        )

    if request.method != "POST":
        return form()
    way, how = kept["way"], kept["check"]
    received = calendar_day(kept["received_on"])
    wrong = {}
    if way not in APPEAL_WAYS:
        wrong["way"] = [gettext("Choose how it came.")]
    if received is None:
        wrong["received_on"] = [gettext("Write the day on which it came.")]
    if wrong or received is None:
        return form(422, wrong)
    paper = PaperAppeal(
        kept["reference"],
        kept["account"],
        AppealWay(way),
        received,
        kept["text"],
        IdentityCheck(how) if how in IDENTITY_CHECKS else None,
        kept["check_note"],
        kept["helper"],
    )
    try:
        made = record_appeal(paper, actor=actor)
    except InvalidInput as refused:
        return form(refused.status, say_fields(refused))
    except JagaError as refused:
        return form(refused.status, refused=refusal(refused))
    return redirect("console:appeal-receipt", made.pk)


@never_cache
@require_safe
@signed_in
def receipt(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """The printed receipt for whoever filed an appeal: that it arrived, when to expect the answer, and later the
    answer. Contains no code.
    """
    shown = access_appeal(appeal_id, actor=actor)
    if shown.on_paper is None:
        raise NotFound
    return page(
        request,
        actor,
        "appeals/appeal_receipt.html",
        {
            "appeal": shown,
            "host": host_name(),
            "bodies": dialled(load_release().outside_bodies),
        },
        open_link="appeals",
    )


def _try(
    request: HttpRequest, actor: Actor, appeal_id: int, act: Callable[[], object], kept: Mapping[str, str]
) -> HttpResponse:
    """Run the action and return to the page, with any refusal and the input kept."""
    return done_or_shown(
        act, redirect("console:appeal", appeal_id), partial(_page, request, actor, appeal_id, kept=kept), (JagaError,)
    )


@require_POST
@signed_in
def record_words(request: HttpRequest, actor: Actor, appeal_id: int) -> HttpResponse:
    """Seal public text of the account, so that the answer may quote it."""
    shown = access_appeal(appeal_id, actor=actor)
    words = PublicWordsForm.sent(request).kept()
    try:
        record_public_words(shown.case_id, words["public_words"], words["public_where"], actor=actor)
    except InvalidInput as refused:
        return _page(request, actor, appeal_id, words=Moving(FORM, words, say_fields(refused)), status=refused.status)
    return redirect("console:appeal", appeal_id)


def _page(
    request: HttpRequest,
    actor: Actor,
    appeal_id: int,
    *,
    kept: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    words: Moving | None = None,
    status: int = 200,
) -> HttpResponse:
    shown = access_appeal(appeal_id, actor=actor)
    names = ("result", "reasons", "question", "rests", "rest_reasons")
    waits = shown.state == "open" or shown.open_reply
    return page(
        request,
        actor,
        "appeals/appeal.html",
        {
            "appeal": shown,
            "public_words": recorded_words(shown.case_id, actor=actor),
            "words": words or Moving(),
            "may_record": waits and not shown.own_case,
            "kept": kept or {},
            "errors": errors or {},
            "wrong": wrong_fields(errors or {}, names),
            "refused": refused,
            "supervises": Role.SUPERVISOR in actor.roles,
            "least": MIN_REASONS,
            "outside": not (shown.own_case or shown.wrote_down or (shown.open_reply and shown.answered_first)),
        },
        open_link="appeals",
        status=status,
    )
