"""Appeals: the list, the decision page for someone without a vote, and appeals filed without a code.

Reasons in person: the identity check, the second person's release, and the sheet to hand over.

The letter for a holder the platform cannot reach, shown once to a supervisor who sends it.
"""

from collections.abc import Callable, Mapping
from functools import partial

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from jaga.actions.verbs.verification import PlatformDelivers, hand_over_statement
from jaga.appeals.reads.appeals import access_appeal, list_appeals
from jaga.appeals.reads.statement import access_appeal_copy, checks_to_release, in_person_of
from jaga.appeals.verbs.appeals import (
    PaperAppeal,
    answer_again,
    answer_check,
    ask_holder,
    decide_appeal,
    open_appeal_picture,
    record_appeal,
)
from jaga.appeals.verbs.reasons import (
    CheckedYourself,
    CheckWaits,
    NewCheck,
    NothingReleased,
    NotInPerson,
    check_holder,
    hand_over_reasons,
    refuse_reasons,
    release_reasons,
)
from jaga.appeals.verbs.suspension import MIN_REASONS, decide_rest
from jaga.cases.reads.gate import access_case
from jaga.cases.reads.reports import recorded_words
from jaga.core.actors import Actor
from jaga.core.errors import InvalidInput, JagaError, NotFound
from jaga.core.terms.cases import AppealWay, HolderCheckKind, IdentityCheck
from jaga.core.terms.people import Role
from jaga.core.terms.reports import YouthAnswer
from jaga.desk.cases.forms import wrong_fields
from jaga.desk.cases.page import Moving, case_page
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.console.mailbox import FORM, PublicWordsForm
from jaga.reporting.verbs.quotable_text import record_public_words
from jaga.signals.console import picture_file
from jaga.store.reads import READERS, host_name
from jaga.web.errors import language, say_fields
from jaga.web.frame.forms import ConsoleForm, Line, Text, Ticked, WholeNumber, calendar_day
from jaga.web.frame.pages import Refusal, done_or_shown, page, refusal, signed_in
from jaga.web.frame.words import APPEAL_WAYS, IDENTITY_CHECKS
from jaga.web.strangers import dialled


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
        return _page_of_appeals(request, actor, appeal_id)
    shown = access_appeal(appeal_id, actor=actor)
    form = AppealAnswerForm.sent(request)
    chosen, reasons = form.text_of("result"), form.text_of("reasons")
    kept = {"result": chosen, "reasons": reasons}
    if chosen not in _RESULTS:
        missing = {"result": [gettext("Choose one of the two.")]}
        return _page_of_appeals(request, actor, appeal_id, kept=kept, errors=missing, status=422)

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
        return _page_of_appeals(request, actor, appeal_id, kept=kept, errors=missing, status=422)

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
        act,
        redirect("console:appeal", appeal_id),
        partial(_page_of_appeals, request, actor, appeal_id, kept=kept),
        (JagaError,),
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
        return _page_of_appeals(
            request, actor, appeal_id, words=Moving(FORM, words, say_fields(refused)), status=refused.status
        )
    return redirect("console:appeal", appeal_id)


def _page_of_appeals(
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


class HolderCheckForm(ConsoleForm):
    """How the holder was checked, and what they may learn."""

    kind = Text()
    how = Text()
    explanation = Text()
    service = Text()
    gives_data = Ticked("1")
    gives_access = Ticked("1")
    on_page = Ticked("1")

    def check(self) -> NewCheck | None:
        """The check as entered, or None if no kind was chosen."""
        kind = self.term_of("kind", HolderCheckKind)
        if kind is None:
            return None
        return NewCheck(
            kind,
            self.text_of("how"),
            self.text_of("explanation"),
            self.text_of("service") if kind is HolderCheckKind.BODY else "",
            self.is_ticked("gives_data"),
            self.is_ticked("gives_access"),
            self.is_ticked("on_page"),
        )

    def shown_again(self) -> dict[str, str]:
        """The input, to correct it."""
        ticks = ("gives_data", "gives_access", "on_page")
        return {**self.kept(), **{name: "1" for name in ticks if self.is_ticked(name)}}


class ReasonsReleaseForm(ConsoleForm):
    """Whether the second person releases the text or refuses it."""

    step = Text()
    why = Text()


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
def in_person(request: HttpRequest, actor: Actor, case_id: int, decision_id: int) -> HttpResponse:
    """The checks of one decision, and the form for a new one."""
    if request.method != "POST":
        return _page_of_reasons_in_person(request, actor, case_id, decision_id)
    row = access_case(case_id, actor=actor)
    in_person_of(row, decision_id, actor=actor)
    form = HolderCheckForm.sent(request)
    new, entered = form.check(), form.shown_again()
    if new is None:
        missing = {"kind": [gettext("Choose how they were checked.")]}
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, entered=entered, errors=missing, status=422
        )
    try:
        check_holder(decision_id, new, actor=actor)
    except InvalidInput as refused:
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, entered=entered, errors=say_fields(refused), status=refused.status
        )
    except (NotInPerson, CheckWaits) as refused:
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, entered=entered, refused=refusal(refused), status=refused.status
        )
    return redirect("console:in-person", case_id, decision_id)


@require_POST
@signed_in
def release(request: HttpRequest, actor: Actor, case_id: int, decision_id: int, check_id: int) -> HttpResponse:
    """The second person releases the recorded text, or refuses it with reasons."""
    actor.require(Role.SUPERVISOR)
    _same(actor, case_id, decision_id, check_id)
    form = ReasonsReleaseForm.sent(request)
    try:
        if form.text_of("step") == "refuse":
            refuse_reasons(check_id, form.text_of("why"), actor=actor)
        else:
            release_reasons(check_id, actor=actor)
    except InvalidInput as refused:
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, errors=say_fields(refused), status=refused.status
        )
    except (CheckedYourself, NothingReleased) as refused:
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, refused=refusal(refused), status=refused.status
        )
    return redirect("console:in-person", case_id, decision_id)


@never_cache
@require_POST
@signed_in
def show_sheet(request: HttpRequest, actor: Actor, case_id: int, decision_id: int, check_id: int) -> HttpResponse:
    """The sheet, shown once, for printing and handing over by whoever made the check."""
    _same(actor, case_id, decision_id, check_id)
    try:
        sheet = hand_over_reasons(check_id, language(), actor=actor)
    except NothingReleased as refused:
        return _page_of_reasons_in_person(
            request, actor, case_id, decision_id, refused=refusal(refused), status=refused.status
        )
    return page(
        request,
        actor,
        "appeals/in_person_sheet.html",
        {"case": access_case(case_id, actor=actor), "sheet": sheet, "decision_id": decision_id},
        open_link="queue",
    )


def _same(actor: Actor, case_id: int, decision_id: int, check_id: int) -> None:
    """Check that the identity check belongs to this decision and case. Raises NotFound."""
    asked = in_person_of(access_case(case_id, actor=actor), decision_id, actor=actor)
    if check_id not in [one.check_id for one in asked.checks]:
        raise NotFound


def _page_of_reasons_in_person(
    request: HttpRequest,
    actor: Actor,
    case_id: int,
    decision_id: int,
    *,
    entered: Mapping[str, str] | None = None,
    errors: Mapping[str, list[str]] | None = None,
    refused: Refusal | None = None,
    status: int = 200,
) -> HttpResponse:
    row = access_case(case_id, actor=actor)
    return page(
        request,
        actor,
        "appeals/in_person.html",
        {
            "case": row,
            "asked": in_person_of(row, decision_id, actor=actor),
            "entered": entered or {},
            "errors": errors or {},
            "refused": refused,
            "kinds": tuple(HolderCheckKind),
            "services": tuple(one for one in load_release().services if one.may_be_named),
            "supervises": Role.SUPERVISOR in actor.roles,
        },
        open_link="queue",
        status=status,
    )


@never_cache
@require_POST
@signed_in
def show_letter(request: HttpRequest, actor: Actor, case_id: int, decision_id: int) -> HttpResponse:
    """Show the letter with the appeal code. Raises NotPermitted for anyone but a supervisor, NotFound."""
    row = access_case(case_id, actor=actor)
    try:
        text = hand_over_statement(row.pk, decision_id, actor=actor)
    except PlatformDelivers as refused:
        return case_page(request, actor, row, refused=refusal(refused), status=refused.status)
    return page(request, actor, "appeals/handed_over.html", {"case": row, "text": text}, open_link="queue")
