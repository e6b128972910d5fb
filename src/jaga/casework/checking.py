"""What is refused of a report, field by field, before anything is stored."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jaga.casework.capacity import Sender, capacity_of, check_no_pictures, check_sender
from jaga.casework.evidence import check_uploads
from jaga.casework.reports import NewReport
from jaga.core.clock import has_begun
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import is_account_of, parse_account
from jaga.core.terms import Channel, ReporterCapacity, ReportForm, ReportRoute
from jaga.policy import PolicyRelease, load_release
from jaga.records.bulk import ask_prepared
from jaga.records.models import Platform

MAX_TEXT = 5000
MAX_LINKS = 5
MAX_PICKED = 200
MAX_HASHES = 20
_READ = ("id", "name", "display_name", "adapter", "server_name")
_PLATFORMS = "SELECT id, name, display_name, adapter, server_name FROM records_platform WHERE name = ANY(%s::text[])"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Checked:
    """A report that may be stored, with what was made out of its words."""

    new: NewReport
    platform: Platform
    account_id: str
    capacity: ReporterCapacity | None = None

    @property
    def form(self) -> ReportForm:
        """A notice has all that MR5 art. 15(2) asks for."""
        new = self.new
        whole = new.name and new.contact and new.screenshots and (new.text or new.excerpt) and new.good_faith
        return ReportForm.NOTICE if whole else ReportForm.REPORT


def platforms_of(names: Iterable[str]) -> dict[str, Platform]:
    """The platforms of these names, by name; what is none is left out. Rarely used fields are read when used."""
    asked = {name for name in names if not check_text("platform", name, 60)}
    rows = ask_prepared(_PLATFORMS, [sorted(asked)])
    return {platform.name: platform for platform in (Platform.from_db(None, _READ, row) for row in rows)}


def check_report(new: NewReport, platform: Platform | None, release: PolicyRelease) -> Checked:
    """Judge a report on this platform. Raises InvalidInput that names every field at once."""
    errors = [
        *check_text("text", new.text), *check_text("excerpt", new.excerpt), *check_text("published", new.published),
        *check_uploads("screenshots", new.screenshots),
        *check_text("name", new.name, 120), *check_text("contact", new.contact, 200),
        *check_text("reference", new.reference, 120), *check_conduct("conduct_on", new.conduct_on),
    ]
    for name, values, most, longest in (("links", new.links, MAX_LINKS, 500), ("picked", new.picked, MAX_PICKED, 2000)):
        if len(values) > most:
            sentence = N_("At most %(most)s links.") if name == "links" else N_("At most %(most)s messages.")
            errors.append(FieldError(name, "too_many", sentence, {"most": most}))
        for value in values[:most]:
            errors.extend(check_text(name, value, longest))
    errors.extend(_check_hashes(new.device_hashes))
    own = new.channel is Channel.APP  # named by the platform itself, by its own id
    account_id = check_account(platform, new.account, new.category, errors, own=own)
    sender = Sender(new.channel, new.organisation_id, new.capacity)
    errors.extend(check_sender(new.category, platform, sender, release))
    errors.extend(check_no_pictures(new.category, screenshots=new.screenshots, device_hashes=new.device_hashes))
    if errors or platform is None or account_id is None:
        raise InvalidInput(*errors)
    if new.screenshots and (new.route is ReportRoute.VICTIM or release.category(new.category).victim_first):
        raise InvalidInput(FieldError("screenshots", "not_here", N_(
            "For this kind of report pictures are not taken, to protect the person in them. Describe it in words.")))
    return Checked(new, platform, account_id, capacity_of(new.category, platform, sender))


def check_subject(platform_name: str, account: str, category: str, errors: list[FieldError]) -> tuple[Platform, str]:
    """Platform and account id, or the errors that forbid them. Raises InvalidInput when neither can be made out."""
    platform = platforms_of([platform_name]).get(platform_name)
    account_id = check_account(platform, account, category, errors)
    if errors or platform is None or account_id is None:
        raise InvalidInput(*errors)
    return platform, account_id


def check_account(
    platform: Platform | None, account: str, category: str, errors: list[FieldError], *, own: bool = False,
) -> str | None:
    """The account's id on the platform; what is wrong with the three is added to `errors`.

    `own`: the platform itself named the account, so its id is taken as it is or not at all.
    """
    readable = platform and not check_text("account", account)
    account_id = None
    if platform and readable:
        account_id = (parse_account(platform.naming, platform.server_name, account) if not own else
                      account if is_account_of(platform.naming, platform.server_name, account,
                                                            platform.stable_id) else None)
    if platform is None:
        errors.append(FieldError("platform", "unknown", N_("Choose one of the chat platforms in the list.")))
    elif not account.strip():
        errors.append(FieldError("account", "missing", N_("Say which account it is.")))
    elif account_id is None:
        errors.append(FieldError("account", "not_an_account",
                                 N_("This does not look like an account on %(platform)s. Copy its name or link."),
                                 {"platform": platform.display_name}))
    if category not in load_release().by_key:
        errors.append(FieldError("category", "unknown", N_("Choose what happens from the list.")))
    return account_id


def check_text(name: str, text: str, most: int = MAX_TEXT) -> list[FieldError]:
    """Refuse what PostgreSQL cannot store and what is too long to be read by a person."""
    if "\x00" in text or not _encodable(text):
        return [FieldError(name, "not_text", N_("This contains characters that are not text."))]
    if len(text) > most:
        return [FieldError(name, "too_long", N_("At most %(most)s characters."), {"most": most})]
    return []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate
        return False
    return True


def check_conduct(name: str, conduct_on: date | None) -> list[FieldError]:
    """A conduct cannot lie in the future."""
    if conduct_on is not None and not has_begun(conduct_on):
        return [FieldError(name, "in_the_future", N_("This day has not come yet."))]
    return []


def _check_hashes(hashes: tuple[str, ...]) -> list[FieldError]:
    if len(hashes) > MAX_HASHES:
        return [FieldError("device_hashes", "too_many", N_("At most %(most)s files."), {"most": MAX_HASHES})]
    if not all(_SHA256.fullmatch(digest) for digest in hashes):
        return [FieldError("device_hashes", "not_a_hash", N_("This is no SHA-256 hash in small hexadecimal letters."))]
    return []
