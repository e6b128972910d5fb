"""One's own report by its receipt, or one's own statement and appeal by the code: at once, and nothing more.

Both come from what the code's own page shows (`followed_reports`, `statement`), field by field, so this cannot show
what that page hides: a victim-first case looks like any other restriction.

Where a text occurs in the database: in every column of every table that can hold one, sealed ones opened.
"""

import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from cryptography.fernet import InvalidToken
from django.apps import apps
from django.db import models

from jaga.appeals.reads.statement import FiledAppeal, HeldStatement
from jaga.cases.models.cases import Case
from jaga.cases.models.reports import Report, ReporterIdentity
from jaga.core.locators import fold
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language
from jaga.core.terms.privacy import KeyOwner
from jaga.privacy.models import CorrectionNote, PersonRequest
from jaga.referrals.models import Referral
from jaga.reporting.models import SetAsideValue
from jaga.reporting.reads.followed_reports import FollowedReport
from jaga.reporting.reads.reporter_identity import identities_with
from jaga.store.codes import open_observed, open_raw, open_referral, open_request
from jaga.store.key_store.store import Owner, SealedText, owner_of
from jaga.watch.models.kept import WatchCapture, WatchFinding, WatchPush, WatchSample

_AT_ONCE = 2000
_LEAST_DIGITS = 7


def _raw(sealed: bytes) -> str:
    return open_raw(sealed).decode("utf-8", "replace")


def _pushed(sealed: bytes) -> str:
    return zlib.decompress(open_raw(sealed)).decode("utf-8", "replace")


OPENED: Mapping[type[models.Model], Callable[[bytes], object]] = {
    PersonRequest: open_request,
    Referral: open_referral,
    WatchFinding: open_observed,
    WatchSample: open_observed,
    SetAsideValue: _raw,
    WatchCapture: _raw,
    WatchPush: _pushed,
}
"""What stands encrypted in a column `sealed`. Nobody is shown what is found there."""
NOT_OPENED = {
    "ReporterIdentity": "it is read by `identities_with`",
    "RestoredAccess": "a password, and no text",
    "SentForm": "only whoever sent the form has its key",
    "IdempotencyRecord": "only its caller has the key",
}
"""Why other columns `sealed` are not searched here."""
_BETWEEN_DIGITS = re.compile(r"[\s().+\-\u2010-\u2015]")


@dataclass(frozen=True)
class FoundPlace:
    """A row that holds the text. `owner` is its case or report in words, "" for neither."""

    table: str
    column: str
    row: str
    owner: str


def search_everywhere(text: str, progress: Callable[[str, int], None]) -> Iterator[FoundPlace]:
    """Every place where the text occurs, in whatever letters; a telephone number also if it is written otherwise.

    As in the search index, case, accents and styles of letters do not count, nor do spaces and line breaks. Texts, JSON
    and what is encrypted are searched, such as the names and contacts of reporters; not the contents of evidence files,
    nor what is stored as a hash. `progress` gets each table with its number of rows, after it was read.
    """
    occurs = _matcher(text)
    for model in sorted(_models(), key=lambda one: one._meta.db_table):
        fields = [
            field
            for field in model._meta.concrete_fields
            if isinstance(field, models.CharField | models.TextField | models.JSONField | models.UUIDField)
        ]
        count = 0
        if fields:
            rows = model._base_manager.order_by("pk").values_list("pk", *(field.attname for field in fields))
            for row, *values in rows.iterator(chunk_size=_AT_ONCE):
                count += 1
                for field, value in zip(fields, values, strict=True):
                    if value and any(map(occurs, _texts_in(value))):
                        yield FoundPlace(model._meta.db_table, str(field.column), str(row), _owner(model, row, value))
        if model is ReporterIdentity:
            for identity, report in identities_with(occurs):
                yield FoundPlace(model._meta.db_table, "sealed", str(identity), f"report {report}")
        for number in _sealed_with(model, occurs):
            yield FoundPlace(model._meta.db_table, "sealed", str(number), _owner(model, number, None))
        progress(model._meta.db_table, count)


def _models() -> Iterator[type[models.Model]]:
    for model in apps.get_models(include_auto_created=True):
        if not model._meta.proxy and not model._meta.abstract:
            yield model


def _sealed_with(model: type[models.Model], occurs: Callable[[str], bool]) -> Iterator[int]:
    if (opened := OPENED.get(model)) is None:
        return
    rows = model._base_manager.filter(sealed__isnull=False).order_by("pk").values_list("pk", "sealed")
    for number, sealed in rows.iterator(chunk_size=_AT_ONCE):
        try:
            content = opened(bytes(sealed)) if sealed else ""
        except InvalidToken:  # Its key was replaced: nobody can read it any more.
            continue
        if any(map(occurs, _texts_in(content))):
            yield number


def _texts_in(value: object) -> Iterator[str]:
    """Every text in a value as it is read, without the escapes of JSON; names of keys too."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield str(name)
            yield from _texts_in(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _texts_in(one)
    elif value is not None:
        yield str(value)


def _folded(text: str) -> str:
    return " ".join(fold(text).split())


def _matcher(text: str) -> Callable[[str], bool]:
    folded, digits = _folded(text), _BETWEEN_DIGITS.sub("", text)
    if digits.isdigit() and len(digits) >= _LEAST_DIGITS:
        # +62 812… and 0812… are one number; what comes after the country code or the zero is the same.
        short = digits.removeprefix("62").removeprefix("0") if len(digits) > _LEAST_DIGITS + 1 else digits
        return lambda value: folded in _folded(value) or short in _BETWEEN_DIGITS.sub("", value)
    return lambda value: folded in _folded(value)


def _owner(model: type[models.Model], row: object, value: object) -> str:
    if isinstance(value, SealedText) and value.sealed:
        return _named(owner_of(value.sealed))
    found = model._base_manager.filter(pk=row).first()
    if isinstance(found, Case | Report):
        return _named(found.key_owner())
    for name in ("report_id", "case_id"):
        number = getattr(found, name, None)
        if number:
            return f"{name.removesuffix('_id')} {number}"
    return ""


def _named(owner: Owner) -> str:
    """The owner in words; invented cases of the practice installation share a key."""
    of_report = owner.kind is KeyOwner.REPORT
    found = (Report if of_report else Case).objects.filter(key_number=owner.number).values_list("pk", flat=True)[:2]
    name = "report" if of_report else "case"
    what = f"{name} {found[0]}" if len(found) == 1 else f"{name} of key {owner.number}"
    return what if owner.kind in (KeyOwner.CASE, KeyOwner.REPORT) else f"{owner.kind} of {what}"


REPORT_FORMAT = "jaga.person-data.report.v1"
LETTER_FORMAT = "jaga.person-data.letter.v1"


@dataclass(frozen=True)
class OwnMessage:
    """A message of the mailbox."""

    from_us: bool
    text: str
    at: datetime


@dataclass(frozen=True)
class OwnReport:
    """What its sender gets of a report. Name and contact are not shown, only whether they were given: whoever finds
    the number on a phone must not learn who reported."""

    format: str
    reference: str
    platform: str
    account: str
    category: str
    received_at: datetime
    conduct_on: date
    words: str
    excerpt: str
    places: str
    pictures: int
    withdrawn_at: datetime | None
    gave_a_contact: bool
    messages: tuple[OwnMessage, ...]
    letters: tuple[str, ...]
    corrections: tuple[str, ...]


@dataclass(frozen=True)
class LetterAppeal:
    """The appeal as the code's page shows it; texts are empty where the page shows none."""

    filed_at: datetime
    text: str
    state: str
    overturned: bool  # By the first or the second answer.
    answered_at: datetime | None
    answer: str
    second_message: str
    second_answer: str


@dataclass(frozen=True)
class OwnLetter:
    """What the holder of a code gets: what its page shows. `statement` is empty where that shows no reasons.

    With `closes_at` the account is restricted ahead of a closure; `taken_back` closures never happened.
    """

    format: str
    reference: str
    platform: str
    account: str
    decision: DecisionKind
    decided_at: datetime
    ends_at: datetime | None
    closes_at: datetime | None
    taken_back: bool
    appeal_until: datetime
    statement: str
    appeal: LetterAppeal | None


def own_report(report: FollowedReport) -> OwnReport:
    """The report that its receipt opened (`access_report`)."""
    wrote = report.wrote
    assert wrote is not None  # access_report always reads it
    return OwnReport(
        REPORT_FORMAT,
        report.reference,
        report.platform,
        report.account,
        report.category,
        report.received_at,
        wrote.conduct_on,
        wrote.text,
        wrote.excerpt,
        wrote.places,
        wrote.pictures,
        report.withdrawn_at,
        ReporterIdentity.objects.filter(report=report.report_id).exists(),
        tuple(OwnMessage(one.from_us, one.text, one.at) for one in report.messages),
        tuple(one.body for one in report.letters),
        tuple(CorrectionNote.objects.filter(report=report.report_id).order_by("pk").values_list("text", flat=True)),
    )


def own_letter(statement: HeldStatement, language: Language) -> OwnLetter:
    """The statement that its code opened (`access_statement`)."""
    return OwnLetter(
        LETTER_FORMAT,
        statement.reference,
        statement.platform,
        statement.account,
        statement.kind,
        statement.decided_at,
        statement.ends_at,
        statement.closes_at,
        statement.taken_back,
        statement.appeal_until,
        statement.body(language),
        _appeal(statement.appeal),
    )


def _appeal(filed: FiledAppeal | None) -> LetterAppeal | None:
    if filed is None:
        return None
    reply = filed.reply
    return LetterAppeal(
        filed.filed_at,
        filed.text,
        filed.state.value,
        filed.overturned,
        filed.decided_at,
        filed.reasons,
        reply.text if reply else "",
        reply.reasons if reply else "",
    )
