"""From a row of a file to a report, or to what is wrong with it by field. Stores nothing."""

import re
from collections.abc import Mapping
from datetime import date
from hashlib import blake2b

from jaga.casework.checking import Checked, check_report
from jaga.casework.reports import NewReport
from jaga.core.errors import N_, FieldError, InvalidInput
from jaga.core.terms import Channel, HostKind, Language
from jaga.exchange.rows import Row
from jaga.policy import load_release
from jaga.records.models import Batch, Installation, Platform

_LANGUAGES = {"id": Language.INDONESIAN, "in": Language.INDONESIAN, "indonesia": Language.INDONESIAN,
              "bahasa indonesia": Language.INDONESIAN, "indonesian": Language.INDONESIAN,
              "en": Language.ENGLISH, "english": Language.ENGLISH, "inggris": Language.ENGLISH}
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\d{1,2}:\d{2}.*)?")
_BY_HAND = re.compile(r"(\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")


class RowReader:
    """Reads the rows of one batch. Platforms and categories are looked up once, by name or by what people call them."""

    def __init__(self, batch: Batch) -> None:
        self._batch = batch
        self._language = Language(batch.person.language) if batch.person else Language.INDONESIAN
        sender = batch.organisation_id or (batch.person.organisation_id if batch.person else None)
        self._source = f"organisation:{sender}" if sender else "our own import"  # one voice, whatever the door
        self._by_name = {platform.name: platform for platform in Platform.objects.order_by("-pk")}
        self._platforms = {platform.display_name.casefold(): name for name, platform in self._by_name.items()}
        self._platforms.update({name.casefold(): name for name in self._by_name})
        # The operator of the platforms has its own copies; what everybody else says was published is a claim.
        self._has_copies = batch.organisation_id is None and not Installation.objects.filter(
            host_kind=HostKind.AUTHORITY).exists()
        self._release = load_release()
        self._categories: dict[str, str] = {}
        for category in self._release.categories:
            self._categories.update({name.casefold(): category.key
                                     for name in (category.label.id, category.label.en, category.key)})

    def read(self, row: Row) -> NewReport | tuple[FieldError, ...]:
        """The report that the row is, unchecked beyond its cells; or what is wrong."""
        new, errors = self._made(row)
        return errors or new

    def check(self, row: Row) -> Checked | tuple[FieldError, ...]:
        """The same, and checked as it will be when it is accepted. All that is wrong with a row is told at once."""
        new, errors = self._made(row)
        try:
            checked = check_report(new, self._by_name.get(new.platform), self._release)
        except InvalidInput as refused:
            return row.faults or (*errors, *refused.errors)
        return errors or checked

    def _made(self, row: Row) -> tuple[NewReport, tuple[FieldError, ...]]:
        cells = {column: cell.strip() for column, cell in row.cells.items()}
        errors = list(row.faults)
        new = NewReport(
            platform=self._known(cells, "platform", self._platforms),
            account=cells.get("account", ""),
            category=self._known(cells, "category", self._categories),
            source=self._source,
            text=cells.get("text", ""),
            excerpt="" if self._has_copies else cells.get("excerpt", ""),
            published=cells.get("excerpt", "") if self._has_copies else "",
            links=tuple(cells.get("links", "").split()),
            conduct_on=_day(cells.get("conduct_on", ""), errors),
            language=self._spoken(cells.get("language", ""), errors),
            channel=Channel(self._batch.channel),
            organisation_id=self._batch.organisation_id,
            officer_id=self._batch.person_id if self._batch.organisation_id else None,
            reference=cells.get("reference", ""),
            unproven=self._batch.channel == Channel.PUBLIC,  # what we bring in ourselves lets others pass
        )
        return new, tuple(errors)

    def _known(self, cells: Mapping[str, str], column: str, known: Mapping[str, str]) -> str:
        """The stored name for what people call it; what nobody knows stays, and is refused by that."""
        given = cells.get(column) or getattr(self._batch, column)
        return known.get(given.casefold(), given)

    def _spoken(self, given: str, errors: list[FieldError]) -> Language:
        if not given:
            return self._language
        if given.casefold() not in _LANGUAGES:
            errors.append(FieldError("language", "unknown", N_("Write the language as id or en.")))
        return _LANGUAGES.get(given.casefold(), self._language)


def _day(given: str, errors: list[FieldError]) -> date | None:
    """A day as 2026-01-31 or, as people here write it, 31/01/2026."""
    if not given:
        return None
    iso, by_hand = _ISO.fullmatch(given), _BY_HAND.fullmatch(given)
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        if by_hand:
            return date(int(by_hand[3]), int(by_hand[2]), int(by_hand[1]))
    except ValueError:
        pass
    errors.append(FieldError("conduct_on", "not_a_day", N_("Write the day as 2026-01-31 or 31/01/2026.")))
    return None


def fingerprint(checked: Checked) -> bytes:
    """Equal for rows that say the same."""
    new = checked.new
    said = (new.platform, checked.account_id, new.category, new.text, new.excerpt, new.published,
            " ".join(new.links), str(new.conduct_on),
            new.reference)
    return blake2b("\x1f".join(said).encode("utf-8", "surrogatepass"), digest_size=16).digest()
