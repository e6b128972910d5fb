"""Validation of a new report, field by field, before anything is stored."""

from dataclasses import dataclass

from jaga.cases.models.cases import Platform
from jaga.cases.verbs.accounts import NewReport, check_account
from jaga.cases.verbs.evidence import check_uploads
from jaga.core.canonical import SHA256
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.reports import Channel, ReporterCapacity, ReportForm, ReportRoute
from jaga.people.verbs.people import RequestOrigin, capacity_of, check_no_pictures, check_sender
from jaga.policy.release import PolicyRelease
from jaga.store.kernel.validation import check_conduct, check_text

MAX_LINKS = 5
MAX_PICKED, LONGEST_PICKED = 50, 1000
MAX_HASHES = 20


@dataclass(frozen=True)
class ValidatedReport:
    """A valid report with its platform, parsed account id and the reporter's capacity."""

    new: NewReport
    platform: Platform
    account_id: str
    capacity: ReporterCapacity | None = None

    @property
    def form(self) -> ReportForm:
        """A notice if it has everything that MR5 art. 15(2) requires, else a report."""
        new = self.new
        whole = new.name and new.contact and new.screenshots and (new.text or new.excerpt) and new.good_faith
        return ReportForm.NOTICE if whole else ReportForm.REPORT


def check_report(new: NewReport, platform: Platform | None, release: PolicyRelease) -> ValidatedReport:
    """Validate a report on this platform. Raises InvalidInput with the errors of all fields."""
    errors = [
        *check_text("text", new.text),
        *check_text("excerpt", new.excerpt),
        *check_text("published", new.published),
        *check_uploads("screenshots", new.screenshots),
        *check_text("name", new.name, 120),
        *check_text("contact", new.contact, 200),
        *check_text("reference", new.reference, 120),
        *check_conduct("conduct_on", new.conduct_on),
    ]
    for name, values, most, longest in (
        ("links", new.links, MAX_LINKS, 500),
        ("picked", new.picked, MAX_PICKED, LONGEST_PICKED),
    ):
        if len(values) > most:
            sentence = N_("At most %(most)s links.") if name == "links" else N_("At most %(most)s messages.")
            errors.append(FieldError(name, "too_many", sentence, {"most": most}))
        for value in values[:most]:
            errors.extend(check_text(name, value, longest))
    errors.extend(_check_hashes(new.device_hashes))
    own = new.channel is Channel.APP  # named by the platform itself, by id
    account_id = check_account(platform, new.account, new.category, errors, own=own)
    sender = RequestOrigin(new.channel, new.organisation_id, new.capacity)
    errors.extend(check_sender(new.category, platform, sender, release))
    errors.extend(check_no_pictures(new.category, screenshots=new.screenshots, device_hashes=new.device_hashes))
    if errors or platform is None or account_id is None:
        raise InvalidInput(*errors)
    if new.screenshots and (new.route is ReportRoute.VICTIM or release.category(new.category).victim_first):
        raise InvalidInput(
            FieldError(
                "screenshots",
                "not_here",
                N_(
                    "For this kind of report pictures are not taken, to protect the person in them. Describe it in "
                    "words."
                ),
            )
        )
    return ValidatedReport(new, platform, account_id, capacity_of(new.category, platform, sender))


def _check_hashes(hashes: tuple[str, ...]) -> list[FieldError]:
    if len(hashes) > MAX_HASHES:
        return [FieldError("device_hashes", "too_many", N_("At most %(most)s files."), {"most": MAX_HASHES})]
    if not all(SHA256.fullmatch(digest) for digest in hashes):
        return [
            FieldError(
                "device_hashes", "not_a_hash", N_("This is not a SHA-256 hash in lower-case hexadecimal digits.")
            )
        ]
    return []
