"""Converts a row of a file into a report, or into errors by field. Stores nothing."""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b
from ipaddress import ip_network

from jaga.casework.cases.category_words import CategoryWords
from jaga.casework.cases.values import NewReport
from jaga.casework.reporting.validation import ValidatedReport, check_report
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.locators import parse_account
from jaga.core.terms.people import HostKind, Language
from jaga.core.terms.reports import Channel
from jaga.exchange.days import day_in
from jaga.exchange.rows import SheetRow
from jaga.policy import load_release
from jaga.policy.jurisdiction import default_language
from jaga.records.models import Batch, Installation, Platform

_LANGUAGES = {
    "id": Language.INDONESIAN,
    "in": Language.INDONESIAN,
    "indonesia": Language.INDONESIAN,
    "bahasa indonesia": Language.INDONESIAN,
    "indonesian": Language.INDONESIAN,
    "en": Language.ENGLISH,
    "english": Language.ENGLISH,
    "inggris": Language.ENGLISH,
}
_NOTHING = frozenset(
    {"-", "--", "\u2013", "\u2014", "n/a", "na", "nihil", "tidak ada", "tidak diketahui", "kosong", "none"}
)
"""Placeholders that people write into mandatory cells."""
_CUT_NUMBER = re.compile(r"\d(?:[.,]\d+)?[eE]\+?\d+")
_PORT = re.compile(r":\d{1,5}$")
_SHOWN = 60
_MOST_APPS = 20


class RowReader:
    """Reads the rows of one batch. Platforms and categories are matched by key or by common name."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._language = Language(batch.person.language) if batch.person else default_language()
        sender = batch.organisation_id or (batch.person.organisation_id if batch.person else None)
        self._source = f"organisation:{sender}" if sender else "our own import"  # one source, whatever the channel
        self._by_name = {platform.name: platform for platform in Platform.objects.order_by("-pk")}
        self._platforms = {platform.display_name.casefold(): name for name, platform in self._by_name.items()}
        self._platforms.update({name.casefold(): name for name in self._by_name})
        # A platform's operator has the published texts; from anybody else they are claims.
        self._has_copies = (
            batch.organisation_id is None and not Installation.objects.filter(host_kind=HostKind.AUTHORITY).exists()
        )
        self._release = load_release()
        self._words = CategoryWords(self._release)
        self._categories = ", ".join(
            f"{category.label.say(self._language)} ({category.key})" for category in self._release.categories
        )
        self._apps = ", ".join(sorted({platform.display_name for platform in self._by_name.values()})[:_MOST_APPS])
        self.stepped_in = 0
        """Rows with an unknown category that got the batch's category."""

    def read(self, row: SheetRow) -> NewReport | tuple[FieldError, ...]:
        """The report of a row with only its cells validated, or the errors."""
        new, errors = self._made(row)
        return errors or new

    def check(self, row: SheetRow) -> ValidatedReport | tuple[FieldError, ...]:
        """The report of a row validated as on acceptance, or all errors of the row."""
        new, errors = self._made(row)
        try:
            checked = check_report(new, self._by_name.get(new.platform), self._release)
        except InvalidInput as refused:
            named = {error.field for error in errors}
            return row.faults or (*errors, *(error for error in refused.errors if error.field not in named))
        return errors or checked

    def _made(self, row: SheetRow) -> tuple[NewReport, tuple[FieldError, ...]]:
        cells = {column: cell.strip() for column, cell in row.cells.items()}
        cells = {column: cell for column, cell in cells.items() if column == "text" or cell.casefold() not in _NOTHING}
        errors = list(row.faults)
        platform = self._platform(cells, errors)
        category, theirs = self._category(cells, errors)
        new = NewReport(
            platform=platform,
            account=self._account(cells, platform, errors),
            category=category,
            source=self._source,
            text=_with_theirs(cells.get("text", ""), theirs),
            excerpt="" if self._has_copies else cells.get("excerpt", ""),
            published=cells.get("excerpt", "") if self._has_copies else "",
            links=tuple(link for link in (word.strip(",;") for word in cells.get("links", "").split()) if link),
            conduct_on=_day(cells.get("conduct_on", ""), errors),
            language=self._spoken(cells.get("language", ""), errors),
            channel=Channel(self._batch.channel),
            organisation_id=self._batch.organisation_id,
            officer_id=self._batch.person_id if self._batch.organisation_id else None,
            reference=cells.get("reference", ""),
            lets_pass=self._batch.channel == Channel.PUBLIC,
        )
        return new, tuple(errors)

    def _platform(self, cells: Mapping[str, str], errors: list[FieldError]) -> str:
        """The platform's key for a common name.

        An unknown one is an error: another app's account must not be sought on ours.
        """
        given = " ".join((cells.get("platform") or self._batch.platform).split())
        name = self._platforms.get(given.casefold())
        if name is None and given:
            errors.append(
                FieldError(
                    "platform",
                    "unknown",
                    N_("“%(value)s” is none of the chat platforms here: %(choices)s."),
                    {"value": _cut(given), "choices": self._apps},
                )
            )
        return name or given

    def _category(self, cells: Mapping[str, str], errors: list[FieldError]) -> tuple[str, str]:
        """The category's key, and the row's own word if it was unknown and the batch's category was used."""
        given, whole = cells.get("category", ""), self._batch.category
        if not given:
            return whole, ""
        key = self._words.key_for(given)
        if key is not None:
            return key, ""
        if whole and not self._words.may_be_urgent(given):
            self.stepped_in += 1
            return whole, given
        errors.append(
            FieldError(
                "category",
                "unknown",
                N_("“%(value)s” is none of the categories here: %(choices)s."),
                {"value": _cut(given), "choices": self._categories},
            )
        )
        return given, ""

    def _account(self, cells: Mapping[str, str], platform: str, errors: list[FieldError]) -> str:
        given = cells.get("account", "")
        if given.startswith("'") and len(given) > 1:  # a leading apostrophe is how spreadsheets keep digits as text
            given = given[1:].strip()
        if not given:
            return given  # the check reports the missing value
        if _CUT_NUMBER.fullmatch(given):
            errors.append(
                FieldError(
                    "account",
                    "cut_number",
                    N_(
                        "“%(value)s” is a number whose digits a spreadsheet has dropped. Format the column as text "
                        "and write "
                        "it again."
                    ),
                    {"value": _cut(given)},
                )
            )
        elif _is_internet_address(given):
            errors.append(
                FieldError(
                    "account",
                    "not_an_account",
                    N_("“%(value)s” is an internet address and no account. Name the account itself."),
                    {"value": _cut(given)},
                )
            )
        elif (
            (platform_row := self._by_name.get(platform))
            and _may_be_repeated(given)
            and parse_account(platform_row.adapter, platform_row.server_name, given) is None
        ):
            errors.append(
                FieldError(
                    "account",
                    "not_an_account",
                    N_("“%(value)s” does not look like an account on %(platform)s. Copy its name or link."),
                    {"value": _cut(given), "platform": platform_row.display_name},
                )
            )
        return given

    def _spoken(self, given: str, errors: list[FieldError]) -> Language:
        if not given:
            return self._language
        if given.casefold() not in _LANGUAGES:
            errors.append(
                FieldError(
                    "language",
                    "unknown",
                    N_("“%(value)s” is not a language that Jaga has. Write id or en."),
                    {"value": _cut(given)},
                )
            )
        return _LANGUAGES.get(given.casefold(), self._language)


def _day(given: str, errors: list[FieldError]) -> date | None:
    if not given:
        return None
    day = day_in(given)
    if day is None:
        errors.append(
            FieldError(
                "conduct_on",
                "not_a_day",
                N_("“%(value)s” is not a day that can be read. Write it as 2026-01-31, 31/01/2026 or 31 Januari 2026."),
                {"value": _cut(given)},
            )
        )
    return day


def _with_theirs(text: str, theirs: str) -> str:
    """The text with the sender's own word for the category, so that reviewers see both."""
    return "\n".join(part for part in (text, f"[{_cut(theirs)}]" if theirs else "") if part)


def _cut(given: str) -> str:
    """A cell shortened and made printable for an error message. The full cell stays in the sealed file."""
    plain = "".join(sign if sign.isprintable() else "?" for sign in given[:_SHOWN])
    return plain.encode("utf-8", "replace").decode() + ("…" if len(given) > _SHOWN else "")


def _may_be_repeated(given: str) -> bool:
    """Whether it is as short as an account name, not a sentence in the wrong column."""
    return len(given) <= _SHOWN and len(given.split()) == 1


def _is_internet_address(given: str) -> bool:
    if len(given) > _SHOWN:
        return False
    bare = given.strip("[]") if ":" in given and given.count(":") > 1 else _PORT.sub("", given)
    try:
        ip_network(bare, strict=False)
    except ValueError:
        return False
    return "." in bare or ":" in bare  # an integer is an address to the library but a name to people


def fingerprint(checked: ValidatedReport) -> bytes:
    """A fingerprint, equal for rows with the same content."""
    new = checked.new
    parts = (
        new.platform,
        checked.account_id,
        new.category,
        new.text,
        new.excerpt,
        new.published,
        " ".join(new.links),
        str(new.conduct_on),
        new.reference,
    )
    return blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).digest()
