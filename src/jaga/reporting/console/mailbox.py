"""Mailbox actions on the case page: ask a reporter, mark messages as read.

Asking a request's officer from the case page, e.g. about a locator that leads nowhere or to another account.

Recording an account's public text, so that letters may quote it.

Unusable values from platforms: counts, and their bytes for a supervisor.
"""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from jaga.actions.reads import access_set_aside, list_faulty
from jaga.authorities.verbs.orders import ask_officer
from jaga.cases.reads.gate import access_case
from jaga.core.actors import Actor
from jaga.core.errors import Conflict, InvalidInput, NotFound
from jaga.core.terms.cases import PlatformTask
from jaga.core.terms.people import Role
from jaga.core.terms.reports import MessageKind
from jaga.desk.cases.page import Moving, case_page
from jaga.reporting.reads.mailbox import access_report_in
from jaga.reporting.sections import QuestionFormData
from jaga.reporting.verbs import mailbox
from jaga.reporting.verbs.mailbox import ask_consent
from jaga.reporting.verbs.quotable_text import record_public_words
from jaga.store.kernel.validation import read_anew, settle_set_aside
from jaga.web.errors import say_fields
from jaga.web.frame.forms import ConsoleForm, Text, WholeNumber
from jaga.web.frame.pages import page, refusal, signed_in


class OfficerQuestionForm(ConsoleForm):
    """A question to a request's officer, and its subject."""

    kind = Text()
    question = Text()


@require_POST
@signed_in
def ask_of_clarifications(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the officer about this request."""
    row, form = access_report_in(case_id, report_id, actor=actor), OfficerQuestionForm.sent(request)
    text, kind = form.text_of("question"), form.term_of("kind", MessageKind) or MessageKind.OTHER
    try:
        ask_officer(report_id, kind, text, actor=actor)
    except InvalidInput as refused:
        listed = [sentence for sentences in say_fields(refused).values() for sentence in sentences]
        return case_page(request, actor, row, QuestionFormData(report_id, text, listed), status=refused.status)
    except Conflict as refused:
        return case_page(
            request, actor, row, QuestionFormData(report_id, text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#mailbox-{report_id}")


class ReporterQuestionForm(ConsoleForm):
    """A question to a reporter."""

    question = Text()


class ConsentForm(ConsoleForm):
    """A sentence to ask consent for quoting."""

    sentence = Text()


class ReadForm(ConsoleForm):
    """The number of the newest message on the page."""

    up_to = WholeNumber()


@sensitive_post_parameters("question")
@require_POST
@signed_in
def ask_of_mailbox(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the reporter of this report."""
    row, form = access_report_in(case_id, report_id, actor=actor), ReporterQuestionForm.sent(request)
    text = form.text_of("question")
    try:
        mailbox.write_to_reporter(report_id, text, actor=actor)
    except InvalidInput as refused:
        asked = QuestionFormData(report_id, text, say_fields(refused).get("question", []))
        return case_page(request, actor, row, asked, status=refused.status)
    except Conflict as refused:
        return case_page(
            request, actor, row, QuestionFormData(report_id, text), refused=refusal(refused), status=refused.status
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#mailbox-{report_id}")


@sensitive_post_parameters("sentence")
@require_POST
@signed_in
def consent(request: HttpRequest, actor: Actor, case_id: int, report_id: int) -> HttpResponse:
    """Ask the reporter for consent to quote one of their sentences."""
    row, sentence = access_report_in(case_id, report_id, actor=actor), ConsentForm.sent(request).text_of("sentence")
    try:
        ask_consent(report_id, sentence, actor=actor)
    except InvalidInput as refused:
        asked = QuestionFormData(0, sentence, say_fields(refused).get("sentence", []), consent_of=report_id)
        return case_page(request, actor, row, asked, status=refused.status)
    except Conflict as refused:
        return case_page(
            request,
            actor,
            row,
            QuestionFormData(0, sentence, consent_of=report_id),
            refused=refusal(refused),
            status=refused.status,
        )
    return redirect(f"{reverse('console:case', args=[case_id])}#consents-{report_id}")


@require_POST
@signed_in
def read(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Mark reporters' messages as read, up to the newest on the page."""
    access_case(case_id, actor=actor)
    mailbox.mark_read(case_id, ReadForm.sent(request).number_of("up_to") or 0, actor=actor)
    return redirect("console:case", case_id)


class PublicWordsForm(ConsoleForm):
    """Public text of the account, and where it was found."""

    public_words = Text()
    public_where = Text()


FORM = "public_words"


@require_POST
@signed_in
def record(request: HttpRequest, actor: Actor, case_id: int) -> HttpResponse:
    """Seal the text and return to the case; the input is kept on errors."""
    row = access_case(case_id, actor=actor)
    entered = PublicWordsForm.sent(request).kept()
    try:
        record_public_words(row.pk, entered["public_words"], entered["public_where"], actor=actor)
    except InvalidInput as refused:
        return case_page(request, actor, row, Moving(FORM, entered, say_fields(refused)), status=refused.status)
    return redirect("console:case", case_id)


class ReadAnewForm(ConsoleForm):
    """What to read again."""

    task = Text()


READ = (PlatformTask.REPORTS,)


@require_safe
@signed_in
def faults(request: HttpRequest, actor: Actor) -> HttpResponse:
    """Every platform that sent unusable values, for supervisors and administrators."""
    return page(
        request,
        actor,
        "reporting/platform_faults.html",
        {
            "platforms": list_faulty(actor=actor),
            "supervises": Role.SUPERVISOR in actor.roles,
            "read": READ,
        },
        open_link="platform-faults",
    )


@require_safe
@signed_in
def value(request: HttpRequest, actor: Actor, number: int) -> HttpResponse:
    """The bytes of one value, escaped. Raises NotFound if it is settled."""
    return page(
        request,
        actor,
        "reporting/set_aside.html",
        {"value": access_set_aside(number, actor=actor)},
        open_link="platform-faults",
    )


@require_POST
@signed_in
def settle(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Erase the bytes of this platform's values, and stay on the page."""
    settle_set_aside(platform, actor=actor)
    return redirect("console:platform-faults")


@require_POST
@signed_in
def anew(request: HttpRequest, actor: Actor, platform: str) -> HttpResponse:
    """Read again from the start, and stay on the page."""
    task = ReadAnewForm.sent(request).term_of("task", PlatformTask)
    actor.require(Role.SUPERVISOR)
    if task is None or task not in READ:
        raise NotFound
    read_anew(platform, task, actor=actor)
    return redirect("console:platform-faults")
