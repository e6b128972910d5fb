"""The report form's input, and its conversion to a report.

Limits on reports per network.

Reading a chat export counts as a report.

Kept in process memory on purpose: the origin of reports is never written to disk. The victim's route has its own quota,
four times as large, so that a flood on the ordinary route does not affect it.

Proofs of receipts as files, and the ledger's public key for verifying them.

The victim's route: three entrances at the top of the form, with their own wording, help first, and nothing demanded.

The descriptions lead to a category with possible measures if one fits, and say so if none does.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from math import ceil
from time import monotonic

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from jaga.cases.verbs.accounts import NewReport
from jaga.cases.verbs.evidence import MAX_UPLOAD_BYTES, MAX_UPLOADS, Upload
from jaga.core.canonical import SHA256
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError, NotFound
from jaga.core.limits import Buckets, Rate
from jaga.core.locators import find_account
from jaga.core.terms.reports import ReporterCapacity, ReportRoute
from jaga.people.verbs.people import check_place
from jaga.policy.limits import INTIMATE_PICTURES, UNDERAGE_ACCOUNT, WHO_MAY_REPORT
from jaga.policy.models import Category
from jaga.policy.release import load_release
from jaga.proofs.verbs.publishing import NotPublishedYet, policy_file
from jaga.reporting.reads.followed_reports import access_report
from jaga.reporting.verbs.intake import public_key, receipt_proof
from jaga.reporting.verbs.validation import LONGEST_PICKED, MAX_HASHES, MAX_PICKED
from jaga.store.codes import normal_contact
from jaga.store.reads import ListedPlatform, PublishedStamp, listed_platforms, losses, published_stamp
from jaga.web.errors import language, say, say_when
from jaga.web.strangers import TooManyTries, WrongReceipt, no_report, require_length, span, throttled

BURST_MINUTES = 2
VICTIMS_SHARE = 4
SENT = Buckets()


class TooManyReports(JagaError):
    """One network exceeded its limit. Params: `wait` in words. Nothing was stored."""

    code = "too_many_reports"
    status = 429
    sentence = N_("Many reports are coming from your network at the moment.")
    remedy = N_("Wait %(wait)s, then send it again. What you typed is still there.")

    def __init__(self, seconds: float) -> None:
        self.seconds = ceil(seconds)
        super().__init__(wait=span(timedelta(seconds=self.seconds)))


def count_one(network: str, *, victims: bool) -> None:
    """Count one report from that network. Raises TooManyReports."""
    a_minute = settings.JAGA_REPORTS_PER_MINUTE * (VICTIMS_SHARE if victims else 1)
    if not a_minute:
        return  # Switched off, for measurements.
    rate = Rate(burst=a_minute * BURST_MINUTES, per_second=a_minute / 60)
    wait = SENT.take(f"{'victim' if victims else 'report'}:{network}", rate, monotonic())
    if wait:
        raise TooManyReports(wait)


_LONGEST_INPUT = 60


@require_safe
def key(request: HttpRequest) -> HttpResponse:
    """The key in several formats, and how to verify with it."""
    return render(request, "public/key.html", {"key": public_key(), "losses": losses(), "stamp": published_stamp()})


@require_safe
def key_file(request: HttpRequest) -> HttpResponse:
    """The key as a PEM file."""
    return to_keep(public_key().pem.encode(), "jaga-key.pem", "application/x-pem-file")


def as_file(content: bytes) -> HttpResponse:
    """A proof as a download."""
    return to_keep(content, "jaga-receipt.txt")


def as_proof(content: bytes) -> HttpResponse:
    """A proof from the published log as a download."""
    return to_keep(content, "jaga-receipt.tlog-proof")


@csrf_exempt  # it stores nothing and needs no session: a program may call it
@sensitive_post_parameters("receipt")
@never_cache
@require_POST
def proof_of_receipt(request: HttpRequest) -> HttpResponse:
    """The proof of a report by its receipt, for programs: `curl -d receipt=… …/follow/proof.tlog-proof`.

    It opens the report's own entry and no other. Refusals are plain text; wrong receipts are counted as on the page.
    """
    receipt = request.POST.get("receipt", "")[:_LONGEST_INPUT]
    try:
        require_length(receipt)
        with throttled(request):
            report = access_report(receipt)
        return as_proof(receipt_proof(report.report_id))
    except (WrongReceipt, NotPublishedYet, TooManyTries) as refused:
        return _in_words(refused)
    except NotFound:
        return _in_words(no_report(receipt))


def _in_words(refused: JagaError) -> HttpResponse:
    response = HttpResponse(
        "\n".join([*say(refused), ""]), status=refused.status, content_type="text/plain; charset=utf-8"
    )
    say_when(response, refused)
    return response


@require_safe
def policy_of_logs(request: HttpRequest) -> HttpResponse:
    """The installation's logs and their witnesses as a file, by which proofs are verified."""
    return to_keep(policy_file(), "jaga-policy.txt")


@require_safe
def stamp(request: HttpRequest) -> HttpResponse:
    """The last time stamp of a published head (RFC 3161), 404 if there is none."""
    return to_keep(_stamp().stamp, "jaga-head.tsr", "application/timestamp-reply")


@require_safe
def stamped_head(request: HttpRequest) -> HttpResponse:
    """The head that it is of: the checkpoint with the log's own signature."""
    return to_keep(_stamp().head, "jaga-head.txt")


def _stamp() -> PublishedStamp:
    found = published_stamp()
    if found is None:
        raise NotFound
    return found


def to_keep(content: bytes, name: str, kind: str = "text/plain; charset=utf-8") -> HttpResponse:
    """A file of this name, which no browser opens as a page."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@dataclass(frozen=True)
class Happening:
    """One thing the account does, in the reporter's words, and its category."""

    category: str
    words: str
    more: str


@dataclass(frozen=True)
class Entrance:
    """One entrance: its label, page text and choices. `helps` is the category whose services are shown first."""

    key: str
    label: str
    heading: str
    lead: str
    helps: str
    happenings: tuple[Happening, ...]

    def categories(self) -> tuple[str, ...]:
        """The categories that can be reported through this entrance."""
        return tuple(happening.category for happening in self.happenings)

    @property
    def asks_who(self) -> bool:
        """Whether one of them can only be reported by certain people."""
        return INTIMATE_PICTURES in self.categories()


_NOT_CLOSED = N_(
    "People read and answer it, but our rules do not let us close the account for this alone. The police can act."
)

ENTRANCES = {
    entrance.key: entrance
    for entrance in (
        Entrance(
            "shown",
            N_("This account shows me or someone I know against their will"),
            N_("This is not your fault"),
            N_("You can get help now. You need no name, no proof and no picture."),
            "extortion",
            (
                Happening(
                    "extortion",
                    N_("It threatens me or someone I know"),
                    N_(
                        "It demands money, more pictures, or that you do as you are told. Do not pay, and do not send"
                        " more."
                    ),
                ),
                Happening(
                    "prostitution_advertising",
                    N_("It offers paid sex with our name or picture"),
                    N_("The account may be closed for this."),
                ),
                Happening(
                    "fraud", N_("It poses as us to get money or data"), N_("The account may be closed for this.")
                ),
                Happening(
                    INTIMATE_PICTURES,
                    N_("It spreads or shows my private, sexual pictures"),
                    N_(
                        "The account can be closed for this, after two people have looked. We never need the picture. "
                        "The account holder is not told who reported, but may guess."
                    ),
                ),
                Happening("other", N_("It shows something else"), _NOT_CLOSED),
            ),
        ),
        Entrance(
            "forced",
            N_("Somebody is being forced, held or sold"),
            N_("Help for somebody who is forced"),
            N_("It may be you or somebody else. You need no name and no proof. We do not warn the account."),
            "trafficking",
            (Happening("trafficking", N_("Somebody is forced, held, sold or lured"), ""),),
        ),
        Entrance(
            "child",
            N_("A child may be involved"),
            N_("Help for a child"),
            N_(
                "You need not be sure. You need no name and no proof. Please keep no pictures and send none to anybody."
            ),
            "child_protection",
            (Happening("child_protection", N_("The person may be under 18"), ""),),
        ),
    )
}


CHOOSE, DETAILS = "choose", "details"
SOMEBODY_ELSE = "other"
WHO_REPORTS = {
    INTIMATE_PICTURES: (
        (ReporterCapacity.PICTURED.value, N_("I am the person in the picture")),
        (ReporterCapacity.GUARDIAN.value, N_("I am the guardian of the person in the picture")),
        (SOMEBODY_ELSE, N_("I am somebody else")),
    ),
    UNDERAGE_ACCOUNT: (
        (ReporterCapacity.PARENT.value, N_("I am the mother or father of whoever holds the account")),
        (ReporterCapacity.GUARDIAN.value, N_("I am the guardian of whoever holds the account")),
        (SOMEBODY_ELSE, N_("I am somebody else")),
    ),
}
"""Categories offered by the form. Platforms and authorities have their own channels."""
_NAMES = (
    "page",
    "platform",
    "account",
    "category",
    "text",
    "links",
    "conduct_on",
    "name",
    "contact",
    "good_faith",
    "share_identity",
    "words",
    "capacity",
)


@dataclass(frozen=True)
class ReportFormData:
    """The input, for showing it again. `page` is where it was typed."""

    page: str = CHOOSE
    platform: str = ""
    account: str = ""
    category: str = ""
    text: str = ""
    links: str = ""
    conduct_on: str = ""
    name: str = ""
    contact: str = ""
    good_faith: str = ""
    share_identity: str = ""
    words: str = ""  # To search for in a chat export.
    device_hashes: str = ""
    capacity: str = ""  # Who reports; `SOMEBODY_ELSE` may not.
    picked: tuple[str, ...] = ()
    uploads: tuple[Upload, ...] = field(default=(), repr=False)

    @property
    def entrance(self) -> Entrance | None:
        """The victim's route entrance used, or None on the ordinary route."""
        return ENTRANCES.get(self.page)

    @property
    def asks_who(self) -> bool:
        """Whether only certain people may report this, and no pictures are accepted."""
        return self.category in WHO_MAY_REPORT

    def on(self, page: str) -> "ReportFormData":
        """The same input on another page."""
        return replace(self, page=page)

    def chosen_platform(self) -> ListedPlatform | None:
        """The chosen platform, if valid."""
        return next((platform for platform in listed_platforms() if platform.name == self.platform), None)

    def chosen_category(self) -> Category | None:
        """The chosen category, if valid."""
        return next((category for category in load_release().categories if category.key == self.category), None)


def read(request: HttpRequest) -> ReportFormData:
    """The input of a POST."""
    form: QueryDict = request.POST
    # One byte above the limit suffices to reject a file.
    files = request.FILES.getlist("screenshots")[: MAX_UPLOADS + 1]
    uploads = tuple(Upload(file.read(MAX_UPLOAD_BYTES + 1)) for file in files)
    words = {name: form.get(name, "").replace("\r\n", "\n") for name in _NAMES}
    picked = tuple(line[:LONGEST_PICKED] for line in form.getlist("picked")[: MAX_PICKED + 1])
    return ReportFormData(**words, picked=picked, uploads=uploads, device_hashes=form.get("device_hashes", ""))


def new_report(typed: ReportFormData, came_from: str) -> NewReport:
    """The report.

    Raises InvalidInput for unusable input; the action validates the rest.

    On the victim's route neither name nor files are accepted, even if sent.
    """
    if any("\x00" in value for value in (typed.platform, typed.category)):
        raise InvalidInput(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    entrance = typed.entrance
    if entrance is not None and typed.category not in entrance.categories():
        raise InvalidInput(FieldError("category", "unknown", N_("Say what the account does.")))
    if len(typed.picked) > MAX_PICKED:
        raise InvalidInput(FieldError("picked", "too_many", N_("At most %(most)s messages."), {"most": MAX_PICKED}))
    contact = "" if entrance else typed.contact.strip()
    return NewReport(
        platform=typed.platform,
        account=_account(typed),
        category=typed.category,
        source=f"contact:{normal_contact(contact)}" if contact else f"network:{came_from}",
        network=came_from,
        text=typed.text.strip(),
        links=()
        if entrance and not typed.asks_who
        else tuple(link.strip() for link in typed.links.splitlines() if link.strip()),
        screenshots=() if entrance else typed.uploads,
        picked=() if entrance else typed.picked,
        device_hashes=() if typed.asks_who else _hashes(typed.device_hashes),
        capacity=_capacity(typed.capacity),
        name="" if entrance else typed.name.strip(),
        contact=contact,
        good_faith=typed.good_faith == "yes",
        share_identity=not entrance and typed.share_identity == "yes",
        conduct_on=_day(typed.conduct_on),
        language=language(),
        route=ReportRoute.VICTIM if entrance else ReportRoute.ORDINARY,
    )


def _account(typed: ReportFormData) -> str:
    """The pasted text; if it contains an account among other words (e.g. from a screenshot), that account."""
    if len(typed.account.split()) < 2 or "\x00" in typed.account:
        return typed.account  # The action interprets a single word.
    platform = typed.chosen_platform()
    found = find_account(platform.adapter, platform.server_name, typed.account) if platform else None
    return found or typed.account


def _hashes(given: str) -> tuple[str, ...]:
    """SHA-256 sums computed on the device. Invalid ones, which Jaga's script never produces, are dropped."""
    return tuple(dict.fromkeys(one for one in given.split()[:MAX_HASHES] if SHA256.fullmatch(one)))


def _capacity(given: str) -> ReporterCapacity | None:
    return ReporterCapacity(given) if given in {capacity.value for capacity in ReporterCapacity} else None


def _day(text: str) -> date | None:
    if not text.strip():
        return None
    for pattern in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y"):  # Browsers without a date picker show a text field.
        try:
            return datetime.strptime(text.strip(), pattern).date()  # noqa: DTZ007 - a day of conduct has no zone
        except ValueError:
            continue
    raise InvalidInput(FieldError("conduct_on", "not_a_day", N_("Write the day like 2026-11-25 or 25-11-2026.")))


def missing_choices(typed: ReportFormData) -> InvalidInput | None:
    """What is missing on the first page, or None."""
    asked: tuple[tuple[Callable[[], object], FieldError], ...] = (
        (typed.chosen_category, FieldError("category", "unknown", N_("Choose what happens from the list."))),
        (typed.chosen_platform, FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list."))),
    )
    missing = [error for chosen, error in asked if chosen() is None]
    category, platform = typed.chosen_category(), typed.chosen_platform()
    if category and platform:
        missing = check_place(category, platform.name)
    return InvalidInput(*missing) if missing else None


def offered_here() -> tuple[Category, ...]:
    """The form's categories; those for certain platforms only if one of these is listed."""
    names = [platform.name for platform in listed_platforms()]
    return tuple(
        one for one in load_release().offered_categories() if one.only_on is None or any(map(one.is_on, names))
    )
