"""Converts a row of a file into a report, or into errors by field. Stores nothing.

Validation of a batch before anything is filed, by the worker or by `jaga import`.

Filing of a started batch, in chunks that commit together with their progress, so that a crash loses or doubles
nothing.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import blake2b
from ipaddress import ip_network

from django.db import transaction

from jaga.batches.models import Batch, BatchRow
from jaga.batches.reads import OUR_SENDERS, OUTSIDE_SENDERS
from jaga.batches.verbs.batches import begin_filing
from jaga.cases.models.cases import Platform
from jaga.cases.verbs.accounts import CategoryWords, NewReport
from jaga.core.actors import CLI, SYSTEM, Actor
from jaga.core.clock import now
from jaga.core.errors import N_, FieldError, InvalidInput, JagaError
from jaga.core.lifecycles import BATCH
from jaga.core.locators import parse_account
from jaga.core.terms.people import HostKind, Language, RegistrationStatus
from jaga.core.terms.reports import BatchState, Channel
from jaga.exchange.days import day_in
from jaga.exchange.rows import FileNotUsable, Note, SheetRow, Table
from jaga.people.reads.api_keys import DayUsedUp, lacks_room
from jaga.people.reads.roster import registration_status
from jaga.people.verbs.people import actor_for
from jaga.policy.release import default_language, load_release
from jaga.reporting.verbs.intake import accept_reports
from jaga.reporting.verbs.validation import ValidatedReport, check_report
from jaga.store.kernel.ledger import append
from jaga.store.kernel.row_bindings import Act, lapsed
from jaga.store.models import Installation

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
                    {"value": _cut_of_rows(given), "choices": self._apps},
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
                {"value": _cut_of_rows(given), "choices": self._categories},
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
                    {"value": _cut_of_rows(given)},
                )
            )
        elif _is_internet_address(given):
            errors.append(
                FieldError(
                    "account",
                    "not_an_account",
                    N_("“%(value)s” is an internet address and no account. Name the account itself."),
                    {"value": _cut_of_rows(given)},
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
                    {"value": _cut_of_rows(given), "platform": platform_row.display_name},
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
                    {"value": _cut_of_rows(given)},
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
                {"value": _cut_of_rows(given)},
            )
        )
    return day


def _with_theirs(text: str, theirs: str) -> str:
    """The text with the sender's own word for the category, so that reviewers see both."""
    return "\n".join(part for part in (text, f"[{_cut_of_rows(theirs)}]" if theirs else "") if part)


def _cut_of_rows(given: str) -> str:
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


MAX_TRIES = 5
SAMPLE = 10
_CUT = 200


class BatchKillsItsWorker(JagaError):
    """Workers died repeatedly at the same place of this batch."""

    code = "batch_fault"
    status = 500
    sentence = N_("Working on this file broke off %(times)s times at the same place.")
    remedy = N_("What was filed stays. Tell the administrator; split the file and send the parts.")


class TooManyRows(FileNotUsable):
    """The file has more rows than a batch may have."""

    code = "too_many_rows"
    sentence = N_("This file has more than %(most)s rows.")
    remedy = N_("Split it into several files.")


@dataclass(frozen=True)
class RefusedRow:
    """A row that cannot be filed, with its errors."""

    number: int
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class Repeats:
    """A row that repeats an earlier row of the file."""

    number: int
    of: int


Ended = RefusedRow | Repeats


def begin_work(batch_id: int, state: BatchState) -> Batch | None:
    """Take up a batch in this state and count the try; None if its state changed or its tries are used up."""
    with transaction.atomic():
        batch = (
            Batch.objects.select_for_update(of=("self",))
            .select_related("person")
            .filter(pk=batch_id, state=state)
            .first()
        )
        if batch is None:
            return None
        if batch.tries < MAX_TRIES:
            batch.tries += 1
            if state == BatchState.RECEIVED:  # an interrupted validation starts again; nothing was filed
                batch.rows.filter(report__isnull=True).delete()
                batch.rows_read = batch.good = batch.double = batch.refused = 0
            batch.save()
            return batch
    return None


def has_worn_out(batch_id: int) -> bool:
    """Whether the batch has used up its tries without progress and must be failed."""
    return Batch.objects.filter(pk=batch_id, tries__gte=MAX_TRIES).exists()


@transaction.atomic
def note_rows(batch_id: int, rows: int, ended: Sequence[Ended]) -> bool:
    """Store validation results so far; False if the batch was cancelled meanwhile."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return False
    keep(batch, ended)
    batch.rows_read = rows
    batch.save(update_fields=["rows_read"])
    return True


def keep(batch: Batch, ended: Sequence[Ended]) -> None:
    """Store rows that become no report, and update the counts of a locked batch."""
    BatchRow.objects.bulk_create([_row(batch, one) for one in ended], batch_size=2000)
    batch.refused += sum(isinstance(one, RefusedRow) for one in ended)
    batch.double += sum(isinstance(one, Repeats) for one in ended)
    batch.save(update_fields=["refused", "double"])


def _row(batch: Batch, one: Ended) -> BatchRow:
    if isinstance(one, Repeats):
        return BatchRow(batch=batch, number=one.number, repeats=one.of)
    return BatchRow(
        batch=batch,
        number=one.number,
        errors=[
            {"field": error.field, "code": error.code, "sentence": error.sentence, "params": dict(error.params)}
            for error in one.errors
        ],
    )


@transaction.atomic
def finish_validation(
    batch_id: int, table: Table, rows: int, good: int, sample: Sequence[SheetRow], *, stepped_in: int = 0, actor: Actor
) -> None:
    """Finish validation: the batch becomes ready, or running if its sender wanted that.

    Files nothing.

    If the key's daily limit is too small, it stays ready with the reason. `stepped_in` counts rows that got the batch's
    category. Does nothing if it was cancelled meanwhile.
    """
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RECEIVED).first()
    if batch is None:
        return
    batch.format, batch.encoding, batch.ignored = table.format, table.encoding, list(table.ignored)
    batch.rows_read, batch.good, batch.validated_at, batch.tries = rows, good, now(), 0
    batch.notes = [
        {"sentence": sentence, "params": dict(params)} for sentence, params in (*table.notes, *_of_category(stepped_in))
    ]
    batch.sample = [{"number": row.number, "cells": _cut_of_validation(row.cells)} for row in sample]
    batch.state = BATCH.to(batch.state, BatchState.READY)
    if batch.starts_itself:
        try:
            begin_filing(batch)
        except DayUsedUp as refused:
            batch.starts_itself, batch.why = False, _kept(refused)
    elif batch.key_id is not None and (lacking := lacks_room(batch.key_id, good)) is not None:
        batch.why = _kept(lacking)
    batch.save()
    append(
        "validate_batch",
        {
            "batch": batch.pk,
            "rows": rows,
            "good": good,
            "refused": batch.refused,
            "double": batch.double,
            "started": batch.starts_itself,
        },
        actor=actor,
        case_id=None,
    )


def _of_category(stepped_in: int) -> list[Note]:
    if not stepped_in:
        return []
    return [(N_("Rows whose own category is none of ours, and which took the file's: %(rows)s."), {"rows": stepped_in})]


def _kept(why: JagaError) -> dict[str, object]:
    return {"code": why.code, "sentence": why.sentence, "remedy": why.remedy, "params": dict(why.params)}


def _cut_of_validation(cells: Mapping[str, str]) -> dict[str, str]:
    """Cells as PostgreSQL can store them, cut to the length of the preview."""
    return {
        column: cell[:_CUT].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()
        for column, cell in cells.items()
    }


@transaction.atomic
def fail_batch(batch_id: int, why: JagaError, *, actor: Actor) -> None:
    """Fail a batch with a reason. Filed rows stay."""
    batch = (
        Batch.objects.select_for_update()
        .filter(pk=batch_id, state__in=[BatchState.RECEIVED, BatchState.RUNNING])
        .first()
    )
    if batch is None:
        return
    batch.state = BATCH.to(batch.state, BatchState.FAILED)
    batch.ended_at, batch.sample = now(), []
    batch.why = _kept(why)
    batch.save()
    append("fail_batch", {"batch": batch.pk, "why": why.code, "filed": batch.filed}, actor=actor, case_id=None)


CHUNK = 2000
Numbered = tuple[int, NewReport]


def ended_rows(batch_id: int) -> set[int]:
    """Numbers of the rows that are done: refused, repeated or filed."""
    return set(BatchRow.objects.filter(batch_id=batch_id).values_list("number", flat=True))


@transaction.atomic
def file_chunk(batch_id: int, after: int, rows: Sequence[Numbered], refused: Sequence[RefusedRow], upto: int) -> bool:
    """Accept the rows after row `after` and store progress up to row `upto`, in one commit.

    Returns False and does nothing if the batch was cancelled or another worker is ahead. If whoever started it lost the
    right, or the sender's registration is not active, the batch is cancelled and can be started again later. Rows
    refused at this point are stored with their errors; the others are accepted.
    """
    batch = (
        Batch.objects.select_for_update(of=("self",))
        .select_related("person")
        .filter(pk=batch_id, state=BatchState.RUNNING, done_to=after)
        .first()
    )
    if batch is None:
        return False
    left = batch.person_id is not None and lapsed(Act(batch.person_id, OUR_SENDERS | OUTSIDE_SENDERS))
    if left or (
        batch.organisation_id is not None and registration_status(batch.person_id or 0) is not RegistrationStatus.ACTIVE
    ):
        _stop(batch)
        return False
    accepted, bad = [], list(refused)
    if rows:
        answers = accept_reports([new for _, new in rows], actor=actor_for(batch.person) if batch.person else CLI)
        for (number, _), answer in zip(rows, answers, strict=True):
            if isinstance(answer, InvalidInput):
                bad.append(RefusedRow(number, answer.errors))
            else:
                accepted.append(BatchRow(batch=batch, number=number, report_id=answer.report_id))
    BatchRow.objects.bulk_create(accepted, batch_size=CHUNK)
    keep(batch, bad)
    batch.filed += len(accepted)
    batch.done_to, batch.tries = upto, 0
    batch.save(update_fields=["filed", "done_to", "tries"])
    return True


def _stop(batch: Batch) -> None:
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.CANCELLED), now()
    batch.save(update_fields=["state", "ended_at"])
    append("cancel_batch", {"batch": batch.pk, "filed": batch.filed}, actor=SYSTEM, case_id=None)


@transaction.atomic
def finish_batch(batch_id: int, *, actor: Actor) -> None:
    """Mark a running batch as done. Does nothing if it was cancelled meanwhile."""
    batch = Batch.objects.select_for_update().filter(pk=batch_id, state=BatchState.RUNNING).first()
    if batch is None:
        return
    batch.state, batch.ended_at = BATCH.to(batch.state, BatchState.DONE), now()
    batch.save(update_fields=["state", "ended_at"])
    append(
        "finish_batch",
        {"batch": batch.pk, "filed": batch.filed, "refused": batch.refused, "double": batch.double},
        actor=actor,
        case_id=None,
    )
