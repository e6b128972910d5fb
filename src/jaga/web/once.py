"""Ensures that each form is stored once despite double clicks, going back, or two windows
(`store.kernel.once`).

The CSRF token differs per rendered page and so identifies the page a form came from, in any browser; new forms need
nothing else. `REPEATS` lists forms that may be repeated, and why that is harmless; `tests/web/test_forms_store_once.py`
checks every URL.
"""

import hashlib
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from jaga.core.errors import JagaError
from jaga.reporting.public.visit import visit_of
from jaga.store.kernel.once import Cookie, Form, PageAnswer, forget_answers_of, send_once
from jaga.web.errors import answer

TOKEN = "csrfmiddlewaretoken"  # noqa: S105 - the name of its field
_KEPT_HEADERS = ("Content-Type", "Location", "Content-Language", "Cache-Control", "Retry-After")
_WORDS = 12  # Characters including a space: nobody types the same twice by chance.
View = Callable[[], HttpResponseBase]

_SIGNS_IN = "Signs in or out, or shows the factor: twice is the same, and each try is counted by itself."
_OPENS = "Opens something to be read: each access is logged by itself."
_BEATS = "Sent by the page's script again and again; the last one counts."
_HOLDS = "Twice is the same: the case is held, or it is not."
REPEATS = {
    "console:sign-in": _SIGNS_IN,
    "console:sign-out": _SIGNS_IN,
    "console:second-factor": _SIGNS_IN,
    "console:confirm": _SIGNS_IN,
    "account_login": _SIGNS_IN,
    "account_logout": _SIGNS_IN,
    "mfa_authenticate": _SIGNS_IN,
    "mfa_reauthenticate": _SIGNS_IN,
    "public:follow": _SIGNS_IN,
    "public:leave": _SIGNS_IN,
    "public:received": _SIGNS_IN,
    "public:data-request": _OPENS,
    "console:lease": _BEATS,
    "console:draft": _BEATS,
    "console:exposure-beat": _BEATS,
    "console:preview": _BEATS,
    "console:take": _HOLDS,
    "console:hand-back": _HOLDS,
    "console:open-identity": _OPENS,
    "console:open-picture": _OPENS,
    "console:appeal-open-picture": _OPENS,
    "console:breach-concerned": _OPENS,
    "console:case-letter": _OPENS,
    "console:hand-over": _OPENS,
}
"""By URL name: why repeating it is harmless."""
_REPEATED_STEPS = {
    "public:appeal": ("", "ask", "keep", "access"),
    "public:ask-data": ("", "json", "more"),
    "public:referral": ("",),
    "console:decide": ("preview", "retake"),
}
"""Steps of a URL that show current state, or a secret only once; its others store once."""


class OnceMiddleware:
    """Returns the stored response for a form already answered.

    Last in the chain, after CSRF protection.

    Views that check the token themselves (`csrf_exempt`) call `once` afterwards.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., HttpResponseBase], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """The response for a form that stores once; otherwise None, and the view runs normally."""
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
    """The view's response, or the stored one if this form was already answered.

    Its token must have been checked.

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
    """Delete stored responses when a person signs off, so the next one at this device gets none of them."""
    browser, person = _sender(request)
    if browser:
        forget_answers_of(browser, person)


def _sender(request: HttpRequest) -> tuple[str, str]:
    """A secret only this browser has, and the signed-in person."""
    signed_in = settings.SESSION_COOKIE_NAME in request.COOKIES
    return str(request.META.get("CSRF_COOKIE", "")), str(request.user.pk or "") if signed_in else ""


def _form(request: HttpRequest) -> Form | None:
    """The form's identity; None without a token."""
    token = request.POST.get(TOKEN) or request.headers.get("X-CSRFToken", "")
    browser, person = _sender(request)
    if not token or not browser:
        return None
    fingerprint, worded = hashlib.sha256(request.get_full_path().encode("utf-8", "surrogatepass")), False

    def add(*parts: bytes) -> None:
        for part in parts:
            fingerprint.update(len(part).to_bytes(8) + part)

    # One browser may open several reports at the same URL; each report's form is separate.
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
    """A response that can be repeated (page or redirect); None for errors, which store nothing, and files."""
    leads_on = 300 <= response.status_code < 400
    page = response.status_code < 300 and response.headers.get("Content-Type", "").startswith("text/html")
    if not isinstance(response, HttpResponse) or not (leads_on or page):
        return None
    headers = {name: response.headers[name] for name in _KEPT_HEADERS if response.has_header(name)}
    cookies = tuple(
        Cookie(one.key, one.value, {name: value for name, value in one.items() if value})
        for one in response.cookies.values()
    )
    return PageAnswer(response.status_code, headers, b"" if leads_on else response.content, cookies)


def _given(kept: PageAnswer | None) -> HttpResponse:
    assert kept is not None  # The view was not called, so there is a stored response.
    response = HttpResponse(kept.body, status=kept.status, headers=dict(kept.headers))
    for one in kept.cookies:
        response.cookies[one.name] = one.value
        for name, value in one.attributes.items():
            response.cookies[one.name][name] = value
    response.headers["Jaga-Sent-Before"] = "true"
    return response
