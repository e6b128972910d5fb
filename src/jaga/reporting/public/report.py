"""The report form: category and platform first, then account and evidence, then the receipt.

All input travels in the form, so nothing is stored between pages. All pages share one URL, and every POST answers
there: no choice of a reporter enters the browser history.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from jaga.cases.verbs.accounts import AcceptedReport
from jaga.cases.verbs.evidence import MAX_UPLOADS
from jaga.core.actors import PUBLIC
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.errors import InvalidInput
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReportForm
from jaga.policy.limits import INTIMATE_PICTURES
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.reporting.public.follow import ChatInMemory, read_lines
from jaga.reporting.public.form import (
    CHOOSE,
    DETAILS,
    ENTRANCES,
    WHO_REPORTS,
    ReportFormData,
    TooManyReports,
    as_file,
    count_one,
    missing_choices,
    new_report,
    offered_here,
    read,
    to_keep,
)
from jaga.reporting.verbs.intake import accept_report, promise_file
from jaga.reporting.verbs.validation import MAX_LINKS, MAX_PICKED
from jaga.store.kernel.validation import MAX_TEXT
from jaga.store.reads import ListedPlatform, listed_platforms
from jaga.web.errors import language, say, say_fields
from jaga.web.once import forget_answers, once
from jaga.web.strangers import YEAR, dialled, network
from jaga.web.templatetags.jaga_tags import fours

RECEIVED_COOKIE = "jaga_received"
RECEIVED_SECONDS = 15 * 60
_SALT = "jaga.received"
_HINT = "account_hint_{}"
_OTHER = "other"
FormErrors = dict[str, list[str]]


@csrf_exempt  # Only until it is certain that a chat export stays in memory; `_answer` checks the token.
@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponseBase:
    """The form. POST goes to the next page, files the report, or shows every error with the input."""
    request.upload_handlers.insert(0, ChatInMemory(request))
    return _answer(request)


@csrf_protect
def _answer(request: HttpRequest) -> HttpResponseBase:
    if request.method != "POST":
        return _page(request, ReportFormData(category=request.GET.get("category", "")))
    typed, step = read(request), request.POST.get("step", "")
    if step.startswith("to-"):
        return _in_language(request, typed, step.removeprefix("to-"))
    if step in ENTRANCES:
        return _page(request, typed.on(step))
    steps: dict[str, Callable[[HttpRequest, ReportFormData], HttpResponse]] = {
        "next": _next,
        "back": _back,
        "read": _read_chat,
    }
    if step in steps:
        return steps[step](request, typed)
    return once(request, lambda: _send(request, typed))


def _next(request: HttpRequest, typed: ReportFormData) -> HttpResponse:
    missing = missing_choices(typed)
    if missing:
        return _page(request, typed.on(CHOOSE), say_fields(missing), missing.status)
    if typed.category == INTIMATE_PICTURES:  # Help comes first, and no name or picture is requested.
        return _page(request, typed.on("shown"))
    return _page(request, typed.on(DETAILS))


def _back(request: HttpRequest, typed: ReportFormData) -> HttpResponse:
    return _page(request, typed.on(CHOOSE))


def _read_chat(request: HttpRequest, typed: ReportFormData) -> HttpResponse:
    try:
        count_one(network(request), victims=False)
        lines = read_lines(request, typed.words)
    except InvalidInput as refused:
        return _page(request, typed.on(DETAILS), say_fields(refused), refused.status)
    except TooManyReports as refused:
        return _wait(request, typed.on(DETAILS), refused)
    return _page(request, typed.on(DETAILS), lines=lines)


def _send(request: HttpRequest, typed: ReportFormData) -> HttpResponse:
    if typed.entrance is None:
        typed = typed.on(DETAILS)
    came_from = network(request)
    try:
        count_one(came_from, victims=typed.entrance is not None)
        accepted = accept_report(new_report(typed, came_from), actor=PUBLIC)
    except InvalidInput as refused:
        return _page(request, typed, say_fields(refused), refused.status)
    except TooManyReports as refused:
        return _wait(request, typed, refused)
    return _to_receipt(accepted, typed)


def _wait(request: HttpRequest, typed: ReportFormData, refused: TooManyReports) -> HttpResponse:
    answer = _page(request, typed, status=refused.status, waits=" ".join(say(refused)))
    answer.headers["Retry-After"] = str(refused.seconds)
    return answer


def _in_language(request: HttpRequest, typed: ReportFormData, asked: str) -> HttpResponse:
    """The same page in the other language with all input; the choice is stored on this device."""
    if asked not in {language.value for language in Language}:
        return _page(request, typed)
    with translation.override(asked):
        response = _page(request, typed)
    response.headers["Content-Language"] = asked
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        asked,
        max_age=YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
    return response


def _page(
    request: HttpRequest,
    typed: ReportFormData,
    errors: FormErrors | None = None,
    status: int = 200,
    *,
    waits: str = "",
    lines: tuple[str, ...] = (),
) -> HttpResponse:
    """The page `typed` is on. Files cannot be sent back, so the page asks to choose them again."""
    context: dict[str, Any] = {
        "typed": typed,
        "errors": errors or {},
        "waits": waits,
        "entrance": typed.entrance,
        "platforms": listed_platforms(),
        "most_text": MAX_TEXT,
        "who_reports": WHO_REPORTS.get(typed.category, ()),
        "most_links": MAX_LINKS,
    }
    if typed.entrance:
        return render(
            request,
            "public/report_victim.html",
            {
                **context,
                "who_reports": WHO_REPORTS[INTIMATE_PICTURES] if typed.entrance.asks_who else (),
                "hints": [(platform, _hint(platform)) for platform in context["platforms"]],
                "services": dialled(load_release().services_for(typed.entrance.helps)),
            },
            status=status,
        )
    if typed.page != DETAILS:
        return render(
            request,
            "public/report.html",
            {
                **context,
                "typed": replace(typed, page=CHOOSE),
                "entrances": ENTRANCES.values(),
                "categories": offered_here(),
                "services": dialled(service for service in load_release().services if service.may_be_named),
            },
            status=status,
        )
    return render(request, "public/report_details.html", {**context, **_details(typed, lines)}, status=status)


def _details(typed: ReportFormData, lines: tuple[str, ...]) -> dict[str, Any]:
    release, category, platform = load_release(), typed.chosen_category(), typed.chosen_platform()
    return {
        "today": today(),
        "category": category,
        "platform": platform,
        "hint": _hint(platform) if platform else "",
        "categories": offered_here(),
        "services": dialled(service for service in release.services_for(typed.category) if service.may_be_named),
        "victim_first": category is not None and category.victim_first,
        "asks_contact": category is None or category.key != "child_protection",
        "lines": [(line, line in typed.picked) for line in dict.fromkeys((*typed.picked, *lines))],
        "most_files": MAX_UPLOADS,
        "most_picked": MAX_PICKED,
    }


def _hint(platform: ListedPlatform) -> str:
    """Where to find an account's name on that platform, from the policy release."""
    release = load_release()
    wordings = {wording.key for wording in release.wordings}
    key = _HINT.format(platform.adapter)
    hint = release.wording(key if key in wordings else _HINT.format(_OTHER), language())
    return hint.replace("{server}", platform.server_name)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def received(request: HttpRequest) -> HttpResponse:
    """The receipt, until its cookie expires or the reporter confirms (POST) having written it down; a language switch,
    reload or going back must not lose it. Without one, redirects to the receipt form.
    """
    if request.method == "POST":
        forget_answers(request)
        return _forget()
    receipt = _receipt_in(request)
    if receipt is None:
        return redirect("public:follow")
    return render(
        request,
        "public/received.html",
        {
            "receipt": receipt["receipt"],
            "due_at": from_rfc3339(receipt["due_at"]),
            "is_notice": receipt["form"] == ReportForm.NOTICE,
            "promise": receipt["promise"],
            "by_victim": receipt["by_victim"],
            "services": dialled(load_release().services_for(receipt["category"])),
        },
    )


@never_cache
@require_safe
def received_proof(request: HttpRequest) -> HttpResponse:
    """The receipt's signed promise as a file, while the receipt is shown."""
    receipt = _receipt_in(request)
    return as_file(promise_file(receipt["promise"]).content) if receipt else redirect("public:follow")


@never_cache
@require_safe
def received_number(request: HttpRequest) -> HttpResponse:
    """The report number as a file, while it is shown, for whoever runs no scripts and has no pen.

    The victim's file has a plain name and nothing but the number: somebody else may look through the device.
    """
    receipt = _receipt_in(request)
    if receipt is None:
        return redirect("public:follow")
    number = fours(receipt["receipt"])
    if receipt["by_victim"]:
        return to_keep(f"{number}\n".encode(), "catatan.txt")
    words = gettext("Report number: %(number)s\nTo follow the report: %(address)s\n") % {
        "number": number,
        "address": f"{settings.BASE_URL}{reverse('public:follow')}",
    }
    return to_keep(words.encode(), "jaga-number.txt")


def _receipt_in(request: HttpRequest) -> dict[str, Any] | None:
    try:
        receipt: dict[str, Any] = signing.loads(
            request.COOKIES.get(RECEIVED_COOKIE, ""), salt=_SALT, max_age=RECEIVED_SECONDS
        )
    except signing.BadSignature:
        return None
    return receipt


def _forget() -> HttpResponse:
    response = HttpResponseRedirect(reverse("public:follow"))
    response.delete_cookie(RECEIVED_COOKIE, path=reverse("public:received"), samesite="Strict")
    return response


def _to_receipt(accepted: AcceptedReport, typed: ReportFormData) -> HttpResponse:
    """Redirect, so that a reload does not file twice.

    The receipt travels in a short-lived signed cookie: in the session it would be in the database, in a URL in the
    browser history.
    """
    receipt = {
        "receipt": accepted.receipt,
        "due_at": rfc3339(accepted.due_at),
        "form": accepted.form.value,
        "promise": accepted.ledger_promise,
        "category": typed.category,
        "by_victim": typed.entrance is not None,
    }
    response = HttpResponseRedirect(reverse("public:received"))
    response.set_cookie(
        RECEIVED_COOKIE,
        signing.dumps(receipt, salt=_SALT, compress=True),
        max_age=RECEIVED_SECONDS,
        path=reverse("public:received"),
        httponly=True,
        samesite="Strict",
        secure=settings.SESSION_COOKIE_SECURE,
    )
    return response
