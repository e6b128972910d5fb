"""The report form's input, and its conversion to a report."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime

from django.http import HttpRequest, QueryDict

from jaga.casework.cases.evidence import MAX_UPLOAD_BYTES, MAX_UPLOADS, Upload
from jaga.casework.cases.values import NewReport
from jaga.casework.people.reporting_rights import check_place
from jaga.casework.reporting.validation import LONGEST_PICKED, MAX_HASHES, MAX_PICKED
from jaga.core.canonical import SHA256
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import find_account
from jaga.core.terms.reports import ReporterCapacity, ReportRoute
from jaga.policy import load_release
from jaga.policy.limits import INTIMATE_PICTURES, UNDERAGE_ACCOUNT, WHO_MAY_REPORT
from jaga.policy.models import Category
from jaga.records.access.base.installation import ListedPlatform, listed_platforms
from jaga.records.codes import normal_contact
from jaga.web.errors import language
from jaga.web.public.reporting.victim_route import ENTRANCES, Entrance

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
