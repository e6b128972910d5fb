"""Asking about one's own data: what a code shows at once, a request for the rest, and the page of a request.

The steps work without scripts: what to do and the code, if there is one; then a few fields; then the number to keep. A
code is in no address. Wrong codes are answered and counted as on the other pages.

The privacy notice: what is kept about whom, why, on which ground, for how long. Made from the inventory of data.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from math import ceil
from time import monotonic

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from jaga.appeals.reads.statement import access_statement
from jaga.appeals.verbs import appeals
from jaga.cases.verbs.letters import measure_in
from jaga.core.actors import HOLDER, PUBLIC
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.limits import Buckets, Rate
from jaga.core.terms.privacy import PersonProof, PersonRequestKind
from jaga.figures.public.charts import contact
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.privacy.reads.holder_data import as_document
from jaga.privacy.reads.own_data import OwnLetter, OwnReport, own_letter, own_report
from jaga.privacy.verbs.assessment import kept_about, sent_out
from jaga.privacy.verbs.person_answers import open_pages_of_report, open_request_page
from jaga.privacy.verbs.person_requests import (
    MAX_CONTACT,
    MAX_WORDS,
    FiledRequest,
    NewPersonRequest,
    ask_with_appeal_code,
    ask_with_receipt,
    ask_without_code,
)
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.verbs.independent_sources import NETWORK_KEPT
from jaga.store.codes import RECEIPT_DIGITS, digits_of
from jaga.store.inventory.outside import BACKUP_DAYS
from jaga.store.reads import listed_platforms
from jaga.web.errors import language, say, say_fields, say_when
from jaga.web.strangers import TooManyTries, network, no_letter, no_report, require_length, throttled
from jaga.web.words import PRIVACY_WORDS_KINDS, refusal_told

LONGEST_CODE = 60
OF_A_NETWORK = Rate(burst=10, per_second=10 / 3600)
SENT = Buckets()


class TooManyRequests(JagaError):
    """Too many requests from one network. Params: `retry_after` in seconds."""

    code = "too_many_person_requests"
    status = 429
    sentence = N_("Many requests about data are coming from your network at the moment.")
    remedy = N_("Wait %(retry_after)s seconds, then send it again. Nothing was stored.")


class WrongRequestCode(NotFound):
    """No request has this code."""

    code = "wrong_request_code"
    sentence = N_("There is no request with this code.")
    remedy = N_("Check the code that you wrote down; it has four groups of five characters.")


class NoRequestsOnRecord(NotFound):
    """No report has this number, or nothing was asked with it: which of the two is not told."""

    code = "nothing_asked_with_receipt"
    sentence = N_("Nothing was asked with this report number.")
    remedy = N_("Check the 16 digits, or ask now.")


@dataclass(frozen=True)
class RequestFormData:
    """The form's input."""

    kind: PersonRequestKind | None
    code: str
    proof: PersonProof
    new: NewPersonRequest

    @property
    def at_once(self) -> bool:
        """Whether the code alone answers this."""
        return self.kind is PersonRequestKind.ACCESS and self.proof is not PersonProof.NONE


@sensitive_post_parameters("code", "words", "account", "contact")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest) -> HttpResponse:
    """The steps of a request. POST without `step` goes on from the first, `json` gives the file, `send` files it."""
    if request.method != "POST":
        return _first(request)
    asked, step = _asked(request), request.POST.get("step", "")
    try:
        opened = _open(request, asked)
        if asked.kind is None:
            raise InvalidInput(FieldError("kind", "missing", N_("Choose what you ask for.")))
        if step == "send":
            return _sent(request, asked)
    except (TooManyTries, TooManyRequests) as refused:
        return _refused(request, refused, asked)
    except NotFound as refused:
        return _first(request, asked, {"code": [" ".join(say(_no_match(asked, refused)))]}, refused)
    except InvalidInput as wrong:
        errors = say_fields(wrong)
        return _first(request, asked, errors, wrong) if asked.kind is None else _second(request, asked, errors, wrong)
    except JagaError as refused:
        return _first(request, asked, {"kind": [" ".join(say(refused))]}, refused)
    if opened is not None and step == "json" and asked.at_once:
        return as_json(opened, "jaga-my-data.json")
    if opened is not None and asked.at_once and step == "":
        return render(
            request,
            "public/privacy/own_data.html",
            {
                "asked": asked,
                "report": opened if isinstance(opened, OwnReport) else None,
                "letter": opened if isinstance(opened, OwnLetter) else None,
                "measure": _measure(opened),
                "category": load_release().category(opened.category) if isinstance(opened, OwnReport) else None,
            },
        )
    return _second(request, asked)


def _asked(request: HttpRequest) -> RequestFormData:
    form = request.POST
    kind = next((one for one in PersonRequestKind if one.value == form.get("kind")), None)
    code = form.get("code", "")[:LONGEST_CODE].strip()
    proof = PersonProof.NONE if not code else PersonProof.RECEIPT if _is_digits(code) else PersonProof.APPEAL_CODE
    return RequestFormData(
        kind,
        code,
        proof,
        NewPersonRequest(
            kind,
            form.get("words", "").replace("\r\n", "\n"),
            form.get("account", ""),
            form.get("platform", ""),
            form.get("contact", ""),
            language(),
        ),
    )


def _is_digits(code: str) -> bool:
    return not re.search(r"[A-Za-z]", code) and len(digits_of(code)) >= RECEIPT_DIGITS // 2


def _open(request: HttpRequest, asked: RequestFormData) -> OwnReport | OwnLetter | None:
    """What the code opens; None without one. Raises NotFound, TooManyTries."""
    if asked.proof is PersonProof.NONE:
        return None
    if asked.proof is PersonProof.RECEIPT:
        require_length(asked.code)
        with throttled(request):
            return own_report(access_report(asked.code))
    with throttled(request):
        appeals.open_page(asked.code, actor=HOLDER)
    return own_letter(access_statement(asked.code), language())


def _no_match(asked: RequestFormData, refused: NotFound) -> NotFound:
    if type(refused) is not NotFound:
        return refused
    return no_report(asked.code) if asked.proof is PersonProof.RECEIPT else no_letter(asked.code)


def _sent(request: HttpRequest, asked: RequestFormData) -> HttpResponse:
    """Counted before it is filed, so that many at once do not pass the limit, and given back if it is refused."""
    if wait := SENT.take(network(request), OF_A_NETWORK, monotonic()):
        raise TooManyRequests(retry_after=ceil(wait))
    try:
        filed = _filed(asked)
    except JagaError:
        SENT.give_back(network(request))
        raise
    return render(request, "public/privacy/asked.html", {"filed": filed})


def _filed(asked: RequestFormData) -> FiledRequest:
    if asked.proof is PersonProof.RECEIPT:
        return ask_with_receipt(asked.code, asked.new, actor=PUBLIC)
    if asked.proof is PersonProof.APPEAL_CODE:
        return ask_with_appeal_code(asked.code, asked.new, actor=HOLDER)
    return ask_without_code(asked.new, actor=PUBLIC)


def _first(
    request: HttpRequest,
    asked: RequestFormData | None = None,
    errors: dict[str, list[str]] | None = None,
    refused: JagaError | None = None,
) -> HttpResponse:
    response = render(
        request,
        "public/privacy/ask.html",
        {
            "kinds": PRIVACY_WORDS_KINDS.items(),
            "asked": asked,
            "errors": errors or {},
            "protection": load_release().data_protection,
        },
        status=refused.status if refused else 200,
    )
    if refused is not None:
        say_when(response, refused)
    return response


def _second(
    request: HttpRequest,
    asked: RequestFormData,
    errors: dict[str, list[str]] | None = None,
    refused: JagaError | None = None,
) -> HttpResponse:
    return render(
        request,
        "public/privacy/ask_details.html",
        {
            "asked": asked,
            "errors": errors or {},
            "kind_words": PRIVACY_WORDS_KINDS[asked.kind] if asked.kind else "",
            "platforms": [(one.name, one.display_name) for one in listed_platforms()],
            "most": MAX_WORDS,
            "most_contact": MAX_CONTACT,
            "words_needed": asked.kind in (PersonRequestKind.CORRECTION, PersonRequestKind.OBJECTION),
        },
        status=refused.status if refused else 200,
    )


def _refused(request: HttpRequest, refused: JagaError, asked: RequestFormData) -> HttpResponse:
    return _first(request, asked, {"code": [" ".join(say(refused))]}, refused)


def _measure(opened: OwnReport | OwnLetter) -> dict[str, str]:
    if isinstance(opened, OwnReport):
        return {}
    return measure_in(language(), opened.decision, opened.ends_at, redacted=False)


@sensitive_post_parameters("code")
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def data_request(request: HttpRequest) -> HttpResponse:
    """The page of a request: the form for its code; POST shows how far it is, and the answer or its file (`json`).

    Whoever lost the code of a request about a report enters the report's number and sees all that was asked with it.
    """
    if request.method != "POST":
        return render(request, "public/privacy/data_request_code.html")
    code = request.POST.get("code", "")[:LONGEST_CODE]
    try:
        with throttled(request):
            found = open_pages_of_report(code) if _is_digits(code) else (open_request_page(code),)
    except (NotFound, TooManyTries) as refused:
        error = (
            refused
            if isinstance(refused, TooManyTries)
            else (NoRequestsOnRecord() if _is_digits(code) else WrongRequestCode())
        )
        response = render(
            request,
            "public/privacy/data_request_code.html",
            {"errors": {"code": [" ".join(say(error))]}, "code": code},
            status=error.status,
        )
        say_when(response, error)
        return response
    if request.POST.get("step") == "json" and found[0].sheet is not None and found[0].sheet.data is not None:
        return as_json(found[0].sheet.data, "jaga-my-data.json")
    protection = load_release().data_protection
    pages = [
        {
            "opened": one,
            "sheet": one.sheet,
            "kind_words": PRIVACY_WORDS_KINDS[one.kind],
            **refusal_told(one.sheet.ground if one.sheet else None, one.sheet.until if one.sheet else None, protection),
        }
        for one in found
    ]
    return render(request, "public/privacy/data_request.html", {"pages": pages, "code": code, "protection": protection})


class _Moments(DjangoJSONEncoder):
    """Moments with their offset, to the second."""

    def default(self, value: object) -> object:
        """A moment or day in ISO 8601."""
        return value.isoformat() if isinstance(value, datetime | date) else super().default(value)


def as_json(data: object, name: str) -> JsonResponse:
    """The data as a JSON file (docs/person-data.md)."""
    return JsonResponse(
        as_document(data),
        encoder=_Moments,
        json_dumps_params={"ensure_ascii": False, "indent": 2},
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


VISIT_MINUTES = 15
"""How long the pages of a report stay open (`reporting.visit`, `reporting.report`); a test compares them."""


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """The privacy notice, in the reader's language. Needs no query."""
    release, day = load_release(), today()
    return render(
        request,
        "public/privacy.html",
        {
            **contact(),
            "parts": kept_about(release, day),
            "out": sent_out(release, day),
            "protection": release.data_protection,
            "release": release,
            "network_days": NETWORK_KEPT.days,
            "minutes": VISIT_MINUTES,
            "backup_days": BACKUP_DAYS,
            "backup_day": day + timedelta(days=BACKUP_DAYS),
        },
    )
