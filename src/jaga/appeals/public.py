"""The account holder's pages: the code opens the statement of reasons, appeal, second message and outcome.

The page of every restriction starts out the same: the measure, an appeal, helplines. Reasons are shown on request; in a
victim-first case staff give them, since someone who controls a victim may have the phone and thus the code.
"""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.appeals.verbs.appeals import MOST
from jaga.appeals.verbs.reasons import Sheet, ask_for_reasons, keep_reasons_off, open_released
from jaga.cases.reads.letters import code_delivery_channels
from jaga.cases.verbs.evidence import MAX_UPLOAD_BYTES, Upload
from jaga.cases.verbs.letters import measure_in
from jaga.core.actors import HOLDER
from jaga.core.clock import now
from jaga.core.errors import InvalidInput, JagaError, NotFound
from jaga.decisions.reads import HeldHearing, access_hearing
from jaga.decisions.verbs import hearings
from jaga.policy.release import load_release
from jaga.store.kernel.validation import MAX_TEXT
from jaga.store.reads import host_name
from jaga.web.errors import language, say, say_fields, say_when
from jaga.web.strangers import TooManyTries, dialled, no_letter, throttled

LONGEST_CODE = 60


@dataclass(frozen=True)
class AppealFeedback:
    """What the page reports after a step."""

    errors: dict[str, list[str]]
    problem: tuple[str, str] | None = None
    filed: bool = False
    added: bool = False
    secret: str = ""
    sheet: Sheet | None = None
    status: int = 200


@sensitive_post_parameters("code", "text")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def appeal(request: HttpRequest) -> HttpResponse:
    """The form for the code; POST shows the statement and takes a step (`file`, `again`, `access`)."""
    if request.method != "POST":
        return render(request, "public/appeal.html", {"ways": code_delivery_channels(), "host": host_name()})
    code = request.POST.get("code", "")[:LONGEST_CODE]
    try:
        with throttled(request):
            if (asked := _hearing(code)) is not None:
                return _asked(request, code, asked)
            appeals.open_page(code, actor=HOLDER)
    except (NotFound, TooManyTries) as refused:
        error = refused if isinstance(refused, TooManyTries) else no_letter(code)
        errors = {"code": [" ".join(say(error))]}
        response = render(
            request,
            "public/appeal.html",
            {"errors": errors, "code": code, "ways": code_delivery_channels(), "host": host_name()},
            status=error.status,
        )
        say_when(response, error)
        return response
    feedback = _step(request, code)
    statement = access_statement(code)
    return render(
        request,
        "public/statement.html",
        {
            "statement": statement,
            "measure": measure_in(language(), statement.kind, statement.ends_at, redacted=False),
            "helplines": load_release().helplines(language()),
            "body": statement.body(language()),
            "code": code,
            "text": request.POST.get("text", ""),
            "feedback": feedback,
            "last_day": statement.appeal_until,
            "in_time": now() <= statement.appeal_until,
            "most": MAX_TEXT,
            "most_pictures": MOST,
            "lost_pictures": bool(feedback.errors and request.FILES),
            "bodies": dialled(load_release().outside_bodies),
            "answer_hours": load_release().deadlines.appeal_decision.hours,
        },
        status=feedback.status,
    )


def _hearing(code: str) -> HeldHearing | None:
    try:
        return access_hearing(code)
    except NotFound:
        return None


def _asked(request: HttpRequest, code: str, asked: HeldHearing) -> HttpResponse:
    """The hearing's question and answer form."""
    feedback, text = AppealFeedback({}), request.POST.get("text", "")
    if request.POST.get("step") == "answer":
        try:
            hearings.answer_hearing(code, text, actor=HOLDER)
            feedback, text, asked = AppealFeedback({}, filed=True), "", access_hearing(code)
        except InvalidInput as refused:
            feedback = AppealFeedback(say_fields(refused), status=refused.status)
        except JagaError as refused:
            feedback = AppealFeedback({}, problem=say(refused), status=refused.status)
    return render(
        request,
        "public/hearing.html",
        {
            "asked": asked,
            "code": code,
            "text": text,
            "feedback": feedback,
            "helplines": load_release().helplines(language()),
            "category": load_release().category(asked.category),
        },
        status=feedback.status,
    )


def _step(request: HttpRequest, code: str) -> AppealFeedback:
    step, text = request.POST.get("step", ""), request.POST.get("text", "").replace("\r\n", "\n")
    try:
        if step == "file":
            appeals.file_appeal(code, text, pictures=_pictures(request), actor=HOLDER)
            return AppealFeedback({}, filed=True)
        if step == "again":
            appeals.write_again(code, text, pictures=_pictures(request), actor=HOLDER)
            return AppealFeedback({}, added=True)
        if step == "access":
            return AppealFeedback({}, secret=appeals.take_access(code, actor=HOLDER) or "")
        if step == "ask":
            ask_for_reasons(code, actor=HOLDER)
            return AppealFeedback({}, sheet=open_released(code, language(), actor=HOLDER))
        if step == "keep":
            keep_reasons_off(code, actor=HOLDER)
    except InvalidInput as refused:
        return AppealFeedback(say_fields(refused), status=refused.status)
    except JagaError as refused:
        return AppealFeedback({}, problem=say(refused), status=refused.status)
    return AppealFeedback({})


def _pictures(request: HttpRequest) -> tuple[Upload, ...]:
    """The pictures; reading stops one byte above the limit, which suffices to reject them."""
    files = request.FILES.getlist("pictures")[: MOST + 1]
    return tuple(Upload(file.read(MAX_UPLOAD_BYTES + 1)) for file in files)
