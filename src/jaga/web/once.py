"""Every form of every page stores once: a double click, the way back and again, two windows
(`casework.kernel.repeatable_forms`).

The token against forged forms, which each form has anyway, is new on each page that is made; so it says which page a
form came with, also in the oldest browser. A new form needs nothing for it. `REPEATS` names those that are meant to be
sent again just so, and why that harms nothing; `tests/web/test_forms_store_once.py` asks it of every address.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jaga.casework.kernel.repeatable_forms import Cookie, Form, PageAnswer, forget_answers_of, send_once
from jaga.core.errors import JagaError
from jaga.web.errors import answer
from jaga.web.public.reporting.visit import visit_of

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of its field
_KEPT_HEADERS = ("Content-Type", "Location", "Content-Language", "Cache-Control", "Retry-After")
_WORDS = 12  # characters with a space among them that nobody writes twice by chance
View = Callable[[], HttpResponseBase]

_SIGNS_IN = "Signs in or out, or shows the factor: twice is the same, and each try is counted by itself."
_LOOKS = "Opens something to be looked at: each look is recorded by itself."
_BEATS = "Sent by the page's script again and again; the last one counts."
_HOLDS = "Twice is the same: the case is held, or it is not."
REPEATS = {
    "console:sign-in": _SIGNS_IN, "console:sign-out": _SIGNS_IN, "console:second-factor": _SIGNS_IN,
    "console:confirm": _SIGNS_IN, "account_login": _SIGNS_IN, "account_logout": _SIGNS_IN,
    "mfa_authenticate": _SIGNS_IN, "mfa_reauthenticate": _SIGNS_IN,
    "public:follow": _SIGNS_IN, "public:leave": _SIGNS_IN, "public:received": _SIGNS_IN,
    "console:lease": _BEATS, "console:draft": _BEATS, "console:seen": _BEATS, "console:preview": _BEATS,
    "console:take": _HOLDS, "console:hand-back": _HOLDS,
    "console:look-at-identity": _LOOKS, "console:open-picture": _LOOKS, "console:appeal-open-picture": _LOOKS,
    "console:case-letter": _LOOKS, "console:hand-over": _LOOKS,
}
"""By the name of the address: why what it does may be done again with every sending."""
_REPEATED_STEPS = {
    "public:appeal": ("", "ask", "keep", "access"), "public:referral": ("",), "console:decide": ("preview", "retake"),
}
"""Steps of an address that show how things stand now, or a secret once and never again; its others store once."""


class OnceMiddleware:
    """Gives a form that was answered before its first answer. Stands last, so that nothing forged comes here.

    Views that check the token themselves (`csrf_exempt` here) call `once` behind that.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any,
                     kwargs: Any) -> HttpResponseBase | None:
        """The answer where the form is one that stores once; else None, and the view is asked as usual."""
        if request.method != "POST" or getattr(view, "csrf_exempt", False) or _is_repeated(request):
            return None
        try:
            return once(request, lambda: view(request, *args, **kwargs))
        except JagaError as refused:
            return answer(request, refused)


def _is_repeated(request: HttpRequest) -> bool:
    found = request.resolver_match
    name = found.view_name if found else ""
    return name in REPEATS or request.POST.get("step", "") in _REPEATED_STEPS.get(name, ())


def once(request: HttpRequest, view: View) -> HttpResponseBase:
    """The view's answer; if this very form was answered before, that answer again. Its token was checked.

    Raises what the view raises, and StillSending, AlreadySent.
    """
    form = _form(request)
    if form is None:
        return view()
    whole: list[HttpResponseBase] = []

    def make() -> PageAnswer | None:
        whole.append(view())
        return _kept(whole[0])

    given = send_once(form, make)
    return whole[0] if whole else _given(given)


def forget_answers(request: HttpRequest) -> None:
    """Whoever sat here says that they are done: the next person at this device must not get an answer of theirs."""
    browser, person = _sender(request)
    if browser:
        forget_answers_of(browser, person)


def _sender(request: HttpRequest) -> tuple[str, str]:
    """A secret that only this browser has, and who is signed in there."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    return str(request.META.get("CSRF_COOKIE", "")), str(request.user.pk or "") if signed_in else ""


def _form(request: HttpRequest) -> Form | None:
    """None where there is no token to know it by."""
    token = request.POST.get(TOKEN) or request.headers.get("X-CSRFToken", "")
    browser, person = _sender(request)
    if not token or not browser:
        return None
    fingerprint, worded = hashlib.sha256(request.get_full_path().encode("utf-8", "surrogatepass")), False

    def add(*parts: bytes) -> None:
        for part in parts:
            fingerprint.update(len(part).to_bytes(8) + part)

    # One browser may open one report after the other, and their pages have one address: each report's form is its own.
    add(str(visit_of(request) or "").encode())
    for name, values in sorted(request.POST.lists()):
        if name == TOKEN:
            continue
        add(name.encode("utf-8", "surrogatepass"), len(values).to_bytes(8))
        add(*(value.encode("utf-8", "surrogatepass") for value in values))
        worded = worded or any(len(value) >= _WORDS and len(value.split()) > 1 for value in values)
    for name, files in sorted(request.FILES.lists()):
        for file in files:
            add(name.encode("utf-8", "surrogatepass"), str(file.name).encode("utf-8", "surrogatepass"))
            for chunk in file.chunks():
                fingerprint.update(chunk)
            file.seek(0)
            worded = True
    return Form(browser, person, token, fingerprint.hexdigest(), worded)


def _kept(response: HttpResponseBase) -> PageAnswer | None:
    """What can be given again of a page or of a way on; None for refusals, which leave nothing, and for files."""
    leads_on = 300 <= response.status_code < 400
    page = response.status_code < 300 and response.headers.get("Content-Type", "").startswith("text/html")
    if not isinstance(response, HttpResponse) or not (leads_on or page):
        return None
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if response.has_header(name)}
    cookies = tuple(Cookie(one.key, one.value, {name: value for name, value in one.items() if value})
                    for one in response.cookies.values())
    return PageAnswer(response.status_code, headers, b"" if leads_on else response.content, cookies)


def _given(kept: PageAnswer | None) -> HttpResponse:
    assert kept is not None  # the view was not asked, so there is a kept answer
    response = HttpResponse(kept.body, status=kept.status, headers=dict(kept.headers))
    for one in kept.cookies:
        response.cookies[one.name] = one.value
        for name, value in one.attributes.items():
            response.cookies[one.name][name] = value
    response.headers["Jaga-Sent-Before"] = "true"
    return response
