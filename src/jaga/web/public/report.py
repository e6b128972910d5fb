"""The report form: read what was typed, call one verb, show the receipt for a while."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from jaga.casework.evidence import MAX_UPLOAD_BYTES, MAX_UPLOADS, Upload
from jaga.casework.intake import MAX_LINKS, MAX_TEXT, FiledReport, NewReport, file_report
from jaga.core.actors import PUBLIC
from jaga.core.canonical import from_rfc3339, rfc3339
from jaga.core.clock import today
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms import ReportForm
from jaga.policy import load_release
from jaga.records.access.public import ListedPlatform, listed_platforms
from jaga.web.errors import fill, language, say_fields
from jaga.web.public.clients import network
from jaga.web.public.services import dialled

RECEIVED_COOKIE = "jaga_received"
RECEIVED_SECONDS = 15 * 60
_SALT = "jaga.web.public.received"

_HANDLE_HINT = N_("An account looks like @name.example. Best is the link: open the profile, then the menu with the "
                  "three dots, then copy the link.")
ACCOUNT_HINTS = {
    "synapse": N_("An account looks like @name:%(server)s. A matrix.to link works as well."),
    "prosody": N_("An account looks like name@%(server)s."),
    "ejabberd": N_("An account looks like name@%(server)s."),
    "atproto_pds": _HANDLE_HINT,
    "ozone": _HANDLE_HINT,
}
_OTHER_HINT = N_("The account's name as it is shown there, or the link to its profile.")


@dataclass(frozen=True)
class Typed:
    """What the form said, word for word, so that it can be shown again."""

    platform: str = ""
    account: str = ""
    category: str = ""
    text: str = ""
    links: str = ""
    conduct_on: str = ""
    name: str = ""
    contact: str = ""
    good_faith: str = ""
    uploads: tuple[Upload, ...] = field(default=(), repr=False)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def report(request: HttpRequest) -> HttpResponse:
    """The form. A POST files the report, or shows every fault beside its field with all that was typed."""
    if request.method != "POST":
        return _form(request, Typed(category=request.GET.get("category", "")), {})
    typed = _typed(request)
    try:
        filed = file_report(_new_report(typed, network(request)), actor=PUBLIC)
    except InvalidInput as refused:
        return _form(request, typed, say_fields(refused), status=refused.status)
    return _to_receipt(filed, typed.category)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def received(request: HttpRequest) -> HttpResponse:
    """The receipt, until its cookie ends or the reporter says (POST) that it is written down: one tap on the language,
    a reload or the way back must not lose it. Without one the reader is sent to where a receipt is entered.
    """
    if request.method == "POST":
        return _forget()
    try:
        told = signing.loads(request.COOKIES.get(RECEIVED_COOKIE, ""), salt=_SALT, max_age=RECEIVED_SECONDS)
    except signing.BadSignature:
        return redirect("public:follow")
    return render(request, "public/received.html", {
        "receipt": told["receipt"], "reference": told["reference"], "due_at": from_rfc3339(told["due_at"]),
        "is_notice": told["form"] == ReportForm.NOTICE, "promise": told["promise"],
        "services": dialled(load_release().services_for(told["category"])),
    })


def _forget() -> HttpResponse:
    response = HttpResponseRedirect(reverse("public:follow"))
    response.delete_cookie(RECEIVED_COOKIE, path=reverse("public:received"), samesite="Strict")
    return response


def _form(request: HttpRequest, typed: Typed, errors: dict[str, list[str]], status: int = 200) -> HttpResponse:
    release = load_release()
    return render(request, "public/report.html", {
        "typed": typed, "errors": errors, "today": today(),
        "platforms": [(platform, _hint(platform)) for platform in listed_platforms()],
        "categories": release.offered_categories(),
        "services": dialled(service for service in release.services if service.verified),
        "most_text": MAX_TEXT, "most_links": MAX_LINKS, "most_files": MAX_UPLOADS,
    }, status=status)


def _hint(platform: ListedPlatform) -> str:
    return fill(ACCOUNT_HINTS.get(platform.adapter, _OTHER_HINT), {"server": platform.server_name})


def _typed(request: HttpRequest) -> Typed:
    said: QueryDict = request.POST
    # One byte more than allowed is enough to know that a file is too large.
    files = request.FILES.getlist("screenshots")[:MAX_UPLOADS + 1]
    uploads = tuple(Upload(file.read(MAX_UPLOAD_BYTES + 1)) for file in files)
    names = ("platform", "account", "category", "text", "links", "conduct_on", "name", "contact", "good_faith")
    return Typed(**{name: said.get(name, "").replace("\r\n", "\n") for name in names}, uploads=uploads)


def _new_report(typed: Typed, came_from: str) -> NewReport:
    """Raises InvalidInput for what has no meaning as typed; the verb judges the rest."""
    if any("\x00" in value for value in (typed.platform, typed.category)):
        raise InvalidInput(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    contact = typed.contact.strip()
    return NewReport(
        platform=typed.platform, account=typed.account, category=typed.category,
        source=f"contact:{normal_contact(contact)}" if contact else f"network:{came_from}",
        text=typed.text.strip(), links=tuple(link.strip() for link in typed.links.splitlines() if link.strip()),
        screenshots=typed.uploads, name=typed.name.strip(), contact=contact, good_faith=typed.good_faith == "yes",
        conduct_on=_day(typed.conduct_on), language=language(),
    )


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    for pattern in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"):  # browsers without a date picker show a text field
        try:
            return datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007 - a day of conduct has no zone
        except ValueError:
            continue
    raise InvalidInput(FieldError("conduct_on", "not_a_day", N_("Write the day like 2026-11-25 or 25-11-2026.")))


def normal_contact(contact: str) -> str:
    """One spelling for one contact, so that one person is one voice: lower case, Indonesian numbers with +62."""
    if "@" in contact:
        return contact.casefold().replace(" ", "")
    digits = re.sub(r"\D", "", contact)
    if len(digits) < 6:
        return contact.casefold().strip()
    return f"+62{digits[1:]}" if digits.startswith("0") else f"+{digits}"


def _to_receipt(filed: FiledReport, category: str) -> HttpResponse:
    """Redirect, so that a reload does not file twice. The receipt travels in a signed cookie of a few minutes that goes
    back to the reporter alone: in the session it would lie in our database, in an address in the browser's history.
    """
    told = {"receipt": filed.receipt, "reference": filed.case_reference, "due_at": rfc3339(filed.due_at),
            "form": filed.form.value, "promise": filed.ledger_promise, "category": category}
    response = HttpResponseRedirect(reverse("public:received"))
    response.set_cookie(RECEIVED_COOKIE, signing.dumps(told, salt=_SALT, compress=True), max_age=RECEIVED_SECONDS,
                        path=reverse("public:received"), httponly=True, samesite="Strict",
                        secure=settings.SESSION_COOKIE_SECURE)
    return response
