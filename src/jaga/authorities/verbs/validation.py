"""Validation of an order, account by account, before anything is stored (MR5 art. 16(4))."""

import hashlib
import unicodedata
from dataclasses import dataclass, field
from datetime import date

from jaga.cases.models.cases import Platform
from jaga.cases.verbs.accounts import check_account, platforms_of
from jaga.cases.verbs.evidence import Upload, check_uploads
from jaga.core.canonical import canonical_json
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms.outside import HeldReason
from jaga.core.terms.people import OrganisationKind
from jaga.core.terms.reports import Channel
from jaga.people.verbs.api_keys import NotProven
from jaga.people.verbs.people import RequestOrigin, check_no_pictures, check_sender
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.local_time import has_begun, today
from jaga.policy.release import cited, load_release
from jaga.store.kernel.validation import check_conduct, check_text

MAX_ANALYSIS = 20_000
MAX_ACCOUNTS = 100
MAX_SCREENSHOTS = 3
IMAGES_AND_PDF = ("image/png", "image/jpeg", "image/webp", "application/pdf")


@dataclass(frozen=True)
class NewAccount:
    """One account of an order, with its exact location and pictures."""

    platform: str
    account: str
    category: str
    locator: str
    screenshots: tuple[Upload, ...] = field(default=(), repr=False)
    text: str = ""
    conduct_on: date | None = None


@dataclass(frozen=True)
class NewOrder:
    """An authority's letter with the fields of MR5 art. 16(4), and its accounts.

    `single`: sent as a request on one account, so errors name fields without the account's position.
    """

    letter_number: str
    letter_date: date | None
    legal_basis: str
    legal_analysis: str
    accounts: tuple[NewAccount, ...]
    letter: Upload | None = field(default=None, repr=False)
    letter_sha256: str = ""
    urgent: bool = False
    urgent_reason: str = ""
    wants_export: bool = False
    court_order: str = ""
    single: bool = False


@dataclass(frozen=True)
class CheckedAccount:
    """A valid account with its platform and parsed id."""

    new: NewAccount
    platform: Platform
    account_id: str


def _number_as_sent(letter_number: str) -> str:
    """The hash of a letter number for `content_of`. It must not change, or repeats of stored orders would be missed."""
    plain = "".join(unicodedata.normalize("NFKC", letter_number).split()).lower()
    return hashlib.sha256(plain.encode()).hexdigest()


def letter_is_changed(new: NewOrder) -> bool:
    """Whether the letter differs from the hash that the order names."""
    assert new.letter
    return bool(new.letter_sha256) and hashlib.sha256(new.letter.content).hexdigest() != new.letter_sha256.lower()


def content_of(new: NewOrder, checked: list[CheckedAccount]) -> str:
    """A hash of the whole order, equal only for the same letter with the same accounts in any order."""
    assert new.letter
    assert new.letter_date
    content = {
        "number": _number_as_sent(new.letter_number),
        "date": new.letter_date.isoformat(),
        "basis": new.legal_basis,
        "analysis": new.legal_analysis,
        "urgent": new.urgent,
        "urgent_reason": new.urgent_reason,
        "wants_export": new.wants_export,
        "court_order": new.court_order.strip(),
        "letter": hashlib.sha256(new.letter.content).hexdigest(),
        "accounts": sorted(
            [
                one.platform.name,
                one.account_id,
                one.new.category,
                one.new.locator,
                one.new.text,
                one.new.conduct_on.isoformat() if one.new.conduct_on else "",
                *(hashlib.sha256(upload.content).hexdigest() for upload in one.new.screenshots),
            ]
            for one in checked
        ),
    }
    return hashlib.sha256(canonical_json(content)).hexdigest()


def _missing(field: str) -> FieldError:
    return FieldError(field, "missing", N_("This field is required%(law)s."), {"law": cited("request")})


def check_letter_and_accounts(new: NewOrder, kind: OrganisationKind) -> list[CheckedAccount]:
    """The validated accounts. Raises InvalidInput, and NotProven for a legal basis of another authority."""
    errors = [*_check_letter(new)]
    if new.wants_export and kind is not OrganisationKind.POLICE:
        errors.append(FieldError("wants_export", "police_only", N_("Only the police can ask for an export.")))
    checked = _check_accounts(new, Channel(kind.value), errors)
    foreign = _check_law(new, kind, errors)
    if errors:
        raise InvalidInput(*errors)
    if foreign:
        raise NotProven(HeldReason.WRONG_AGENCY)
    return checked


def _check_letter(new: NewOrder) -> list[FieldError]:
    errors = [
        _missing(name) for name in ("letter_number", "legal_basis", "legal_analysis") if not getattr(new, name).strip()
    ]
    if new.letter_date is None:
        errors.append(_missing("letter_date"))
    elif not has_begun(new.letter_date):
        errors.append(FieldError("letter_date", "in_the_future", N_("This day has not come yet.")))
    if new.letter is None:
        errors.append(_missing("letter"))
    else:
        errors.extend(check_uploads("letter", (new.letter,), IMAGES_AND_PDF))
    if new.urgent and not new.urgent_reason.strip():
        errors.append(
            FieldError(
                "urgent_reason", "missing", N_("Say why four hours are needed%(law)s."), {"law": cited("urgent")}
            )
        )
    if new.letter_sha256 and not _is_sha256(new.letter_sha256):
        errors.append(FieldError("letter_sha256", "not_a_hash", N_("This is not a SHA-256 hash in hexadecimal.")))
    return [
        *errors,
        *check_text("legal_analysis", new.legal_analysis, MAX_ANALYSIS),
        *check_text("letter_number", new.letter_number, 120),
        *check_text("legal_basis", new.legal_basis, 60),
        *check_text("urgent_reason", new.urgent_reason),
        *check_text("court_order", new.court_order, 120),
    ]


def _is_sha256(text: str) -> bool:
    return len(text) == 64 and all(character in "0123456789abcdef" for character in text.lower())


def _check_accounts(new: NewOrder, channel: Channel, errors: list[FieldError]) -> list[CheckedAccount]:
    if not 1 <= len(new.accounts) <= MAX_ACCOUNTS:
        errors.append(
            FieldError(
                "accounts",
                "missing" if not new.accounts else "too_many",
                N_("Name one to %(most)s accounts in one order."),
                {"most": MAX_ACCOUNTS},
            )
        )
    platforms, checked, seen = platforms_of(one.platform for one in new.accounts), [], set()
    for place, one in enumerate(new.accounts[:MAX_ACCOUNTS], 1):
        wrong = [
            *check_text("text", one.text),
            *check_text("locator", one.locator, 500),
            *check_conduct("conduct_on", one.conduct_on),
            *check_uploads("screenshots", one.screenshots, IMAGES_AND_PDF),
        ]
        if not one.locator.strip():
            wrong.append(_missing("locator"))
        if one.category in WHO_MAY_REPORT:  # the locator suffices; the picture is never taken
            wrong.extend(check_no_pictures(one.category, screenshots=one.screenshots))
        elif not one.screenshots:
            wrong.append(_missing("screenshots"))
        elif len(one.screenshots) > MAX_SCREENSHOTS:
            wrong.append(
                FieldError("screenshots", "too_many", N_("At most %(most)s files."), {"most": MAX_SCREENSHOTS})
            )
        platform = platforms.get(one.platform)
        account_id = check_account(platform, one.account, one.category, wrong)
        wrong.extend(check_sender(one.category, platform, RequestOrigin(channel), load_release()))
        if platform is not None and account_id is not None:
            if (platform.pk, account_id, one.category) in seen:
                wrong.append(FieldError("account", "twice", N_("This account is in the order twice.")))
            seen.add((platform.pk, account_id, one.category))
            checked.append(CheckedAccount(one, platform, account_id))
        errors.extend(wrong if new.single else [_at(place, error) for error in wrong])
    return checked


def _at(place: int, error: FieldError) -> FieldError:
    return FieldError(f"accounts.{place}.{error.field}", error.code, error.sentence, error.params)


def _check_law(new: NewOrder, kind: OrganisationKind, errors: list[FieldError]) -> bool:
    """Whether the legal basis fits but belongs to another authority. Other misfits are added to `errors`."""
    release, foreign = load_release(), False
    categories = {category.key for category in release.categories}
    for one in new.accounts[:MAX_ACCOUNTS]:
        if one.category not in categories or not new.legal_basis.strip():
            continue  # already reported for the field itself
        day = one.conduct_on or today()
        fitting = {basis.key for basis in release.legal_bases_for(one.category, day, kind)}
        anybodys = {basis.key for basis in release.legal_bases_for(one.category, day)}
        if new.legal_basis not in fitting and new.legal_basis in anybodys:
            foreign = True
        elif new.legal_basis not in fitting:
            errors.append(
                FieldError(
                    "legal_basis",
                    "does_not_fit",
                    N_(
                        "This legal basis does not fit the category, the day of the conduct or your authority. "
                        "Fitting: %(keys)s"
                    ),
                    {"keys": ", ".join(sorted(fitting)) or "-"},
                )
            )
            break
    if new.urgent and any(
        one.category in categories and not release.may_be_urgent(one.category) for one in new.accounts[:MAX_ACCOUNTS]
    ):
        errors.append(FieldError("urgent", "not_urgent", N_("The law knows no urgent request for this category.")))
    return foreign
