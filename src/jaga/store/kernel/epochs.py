"""Epochs: an administrator declares that the database was restored from a backup (ADR 0069).

`begin_epoch` moves every sequence beyond all numbers that can have been used, records the loss in a signed ledger
entry, and remembers the codes of lost reports and letters. A mark file beside the database (`store.ledger_mark`)
reveals a restoration that was not declared.

Fingerprints of the secret keys kept outside the database, so that a missing or wrong key is noticed.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog
from django.contrib.sessions.models import Session
from django.db import connection, transaction
from psycopg import sql

from jaga.core.actors import Actor
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict, NotFound, NotPermitted
from jaga.core.terms.people import Role
from jaga.ledger.checkpoints import sign_epoch, write_epoch
from jaga.ledger.publication import Head
from jaga.people.models import OfficerKey, Person
from jaga.store.codes import appeal_code, appeal_hash, hearing_code
from jaga.store.kernel.ledger import append, signing_key
from jaga.store.kernel.sequencer import head, link_entries, link_first, newest_checkpoint
from jaga.store.kernel.validation import required_text
from jaga.store.key_numbers import SEQUENCES
from jaga.store.ledger_mark import NUMBERED, LedgerMark, read_mark, write_mark
from jaga.store.models import Epoch, Installation, KeyFingerprint, LedgerEntry, LostCode
from jaga.store.reads import mark_path

log = structlog.get_logger("jaga.ledger")
ROUND = 10_000
"""Sequences continue at a multiple of this, at least this far beyond the last number."""
MOST_LOST_CODES = 100_000
LOST_KEYS = 10_000_000  # Far more cases and reports than a backup can be behind.
LONGEST_REASON = 300
_AT_ONCE = 5_000
_A_MOMENT = 1_000


class NothingToRestore(Conflict):
    """The database holds no installation."""

    code = "nothing_to_restore"
    sentence = N_("This database is empty: nothing was put back into it.")
    remedy = N_("Put the dump back first, as docs/runbooks/restore.md says, then repeat this.")


class NoSuchAdministrator(NotFound):
    """The declared name is not an administrator in the restored data."""

    code = "no_such_administrator"
    sentence = N_("There is no administrator “%(name)s” in this database.")
    remedy = N_("Give --by the name with which an administrator signs in: %(known)s.")


class WorkGoesOn(Conflict):
    """Something was written while the epoch began."""

    code = "work_goes_on"
    sentence = N_("Another program is writing to this database at the moment.")
    remedy = N_("Stop every web server and worker of this installation, then repeat this.")


@dataclass(frozen=True)
class Began:
    """The result of `begin_epoch`, to be checked by an administrator.

    `size` is the length of the restored ledger and `proven` the length in the mark file, both in entries. `numbers`
    gives, by table, the last number and the next one. `people` and `keys` are active as of the backup.
    """

    number: int
    last_at: datetime | None
    size: int
    proven: int
    numbers: Mapping[str, Sequence[int]]
    people: tuple[str, ...]
    keys: tuple[str, ...]


def epoch_now() -> int:
    """The number of the current epoch; 1 before any restoration."""
    return Epoch.objects.order_by("-number").values_list("number", flat=True).first() or 1


def adopt_mark() -> None:
    """Create the mark file at the first start."""
    row = Installation.objects.get()
    if row.mark:
        return
    row.mark = secrets.token_hex(16)
    write_mark(mark_path(), _mark_now(row.mark))  # the file first: if the row is not saved, the next start repeats both
    row.save(update_fields=["mark"])


def keep_mark() -> None:
    """Write the current length of the ledger to the mark file.

    Call it after entries were linked.

    A write error is only logged; the mark is then older than the ledger.
    """
    home = Installation.objects.values_list("mark", flat=True).first()
    if not home:
        return
    try:
        write_mark(mark_path(), _mark_now(home))
    except OSError as refused:
        log.error("ledger_mark_not_written", error=type(refused).__name__)


def _mark_now(home: str) -> LedgerMark:
    stored = head()
    return LedgerMark(
        home, epoch_now(), stored.size, stored.hash, newest_checkpoint() if stored.size else "", _highest()
    )


def _highest() -> dict[str, int]:
    """The highest id of each table whose numbers are known outside the installation."""
    asked = sql.SQL(" UNION ALL ").join(
        sql.SQL("SELECT {}, coalesce(max(id), 0) FROM {}").format(sql.Literal(name), sql.Identifier(f"records_{name}"))
        for name in NUMBERED
    )
    with connection.cursor() as cursor:
        cursor.execute(asked.as_string(cursor.connection))
        return dict(cursor.fetchall())


def begin_epoch(by: str, reason: str, *, beyond: int = 0, actor: Actor) -> Began:
    """Declare a restoration: advance all sequences, record the gap in the ledger, end all sessions, keep lost codes.

    `by` is an administrator's user name, `beyond` a number known to have been used. Each call begins another epoch.
    Raises NotPermitted, NothingToRestore, NoSuchAdministrator, InvalidInput, WorkGoesOn.
    """
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted
    reason, mark = _reason(reason), read_mark(mark_path())
    with transaction.atomic():
        installation = Installation.objects.select_for_update().first()
        if installation is None:
            raise NothingToRestore
        person = _administrator_of_epochs(by)
        stored, moment = head(), now()
        last = LedgerEntry.objects.filter(seq=stored.size).values_list("at", flat=True).first()
        proven = mark.size if mark else 0
        number = max(epoch_now(), mark.epoch if mark else 1) + 1
        numbers = _jump(mark, beyond)
        note = write_epoch(sign_epoch(number, stored, proven, moment, signing_key()))
        epoch = Epoch.objects.create(
            number=number,
            began_at=moment,
            size=stored.size,
            last_at=last,
            proven=proven,
            numbers=numbers,
            by=person,
            reason=reason,
            note=note,
        )
        entry = append(
            "begin_epoch",
            {
                "epoch": number,
                "size": stored.size,
                "hash": stored.hash,
                "proven": proven,
                "person": person.pk,
                "reason": reason,
                "note": note,
                "lost_checkpoint": _lost_checkpoint(mark, stored),
            },
            actor=actor,
            case_id=None,
        )
        if link_first(entry).seq != stored.size + 1:  # ahead of entries that were made since the restoration
            raise WorkGoesOn
        while link_entries():
            pass
        _keep_lost_codes(epoch, mark)
        Session.objects.all().delete()
        installation.mark = secrets.token_hex(16)  # a mark file from before belongs to the previous epoch
        installation.save(update_fields=["mark"])
        found = Began(number, last, stored.size, proven, numbers, _people(), _keys())
        write_mark(mark_path(), _mark_now(installation.mark))
    return found


def _reason(given: str) -> str:
    return required_text(
        "reason", " ".join(given.split()), least=1, most=LONGEST_REASON, needed=N_("Say why the database was put back.")
    )


def _administrator_of_epochs(name: str) -> Person:
    there = Person.objects.filter(is_active=True, roles__role=Role.ADMINISTRATOR).order_by("username").distinct()
    found = there.filter(username=name).first()
    if found is None:
        names = ", ".join(there.values_list("username", flat=True)[:20]) or "there is none; make one with an older copy"
        raise NoSuchAdministrator(name=name, known=names)
    return found


def _lost_checkpoint(mark: LedgerMark | None, stored: Head) -> str:
    """The newest known checkpoint of the lost part of the ledger; empty if unknown."""
    return mark.checkpoint if mark and mark.size > stored.size else ""


def _jump(mark: LedgerMark | None, beyond: int) -> dict[str, list[int]]:
    """Advance every sequence beyond the numbers that can have been used; returns last and next number by table.

    With the mark file the last number of each is known. Without it, assume that as many were lost as remain. Changes of
    a sequence are not rolled back with the transaction.
    """
    numbers = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT t.relname, c.relname FROM pg_class c"
            " JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i') AND d.classid = 'pg_class'::regclass"
            " JOIN pg_class t ON t.oid = d.refobjid WHERE c.relkind = 'S' AND t.relname LIKE 'records\\_%%'"
            " AND c.relnamespace = current_schema()::regnamespace AND NOT c.relname = ANY(%s) ORDER BY t.relname",
            [list(SEQUENCES.values())],
        )
        for table, sequence in cursor.fetchall():
            cursor.execute(
                sql.SQL(
                    "SELECT greatest(coalesce(pg_sequence_last_value({}::regclass), 0),"
                    " (SELECT coalesce(max(id), 0) FROM {}))"
                )
                .format(sql.Literal(sequence), sql.Identifier(table))
                .as_string(cursor.connection)
            )
            last = int(cursor.fetchone()[0])
            name = table.removeprefix("records_")
            highest = max(last, beyond, mark.numbers.get(name, 0)) if mark else max(2 * last, beyond)
            following = (highest // ROUND + 2) * ROUND
            cursor.execute("SELECT setval(%s::regclass, %s, true)", [sequence, following])
            numbers[name] = [last, following + 1]
        for sequence in SEQUENCES.values():  # Lost rows, in dumps of the lost time, keep their keys to themselves.
            cursor.execute("SELECT setval(%s::regclass, nextval(%s::regclass) + %s)", [sequence, sequence, LOST_KEYS])
    return numbers


def _keep_lost_codes(epoch: Epoch, mark: LedgerMark | None) -> None:
    """Store the codes of letters and hearings that may have been sent under lost numbers."""
    hashes = (appeal_hash(code) for code in _codes(epoch.numbers, mark))
    while some := [LostCode(hash=one, epoch=epoch) for one, _ in zip(hashes, range(_AT_ONCE), strict=False)]:
        LostCode.objects.bulk_create(some, ignore_conflicts=True)


def _codes(numbers: Mapping[str, Sequence[int]], mark: LedgerMark | None) -> Iterator[str]:
    for name, code_of in (("decision", appeal_code), ("case", hearing_code)):
        last, following = numbers[name]
        # the mark file is written after the commit, so it can be behind
        highest = max(mark.numbers.get(name, 0), last) + _A_MOMENT if mark else following
        yield from map(code_of, range(last + 1, min(following, highest, last + 1 + MOST_LOST_CODES)))


def _people() -> tuple[str, ...]:
    rows = Person.objects.filter(is_active=True, roles__isnull=False).order_by("username").distinct()
    return tuple(rows.values_list("username", flat=True))


def _keys() -> tuple[str, ...]:
    rows = OfficerKey.objects.filter(revoked_at__isnull=True, expires_at__gt=now()).order_by("prefix")
    return tuple(f"{row.prefix}… of {row.officer.username}" for row in rows.select_related("officer"))


def _administrator_of_key_fingerprints(actor: Actor) -> None:
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


@transaction.atomic
def record_fingerprints(found: Mapping[str, str], *, actor: Actor) -> None:
    """Store new fingerprints by key name; known ones are not changed. Idempotent. Raises NotPermitted."""
    _administrator_of_key_fingerprints(actor)
    recorded = set(KeyFingerprint.objects.values_list("name", flat=True))
    new = {name: value for name, value in found.items() if name not in recorded}
    if new:
        moment = now()
        KeyFingerprint.objects.bulk_create(
            KeyFingerprint(name=name, fingerprint=value, since=moment) for name, value in new.items()
        )
        append("record_keys", {"fingerprints": new}, actor=actor, case_id=None)


@transaction.atomic
def replace_fingerprint(name: str, fingerprint: str, *, actor: Actor) -> None:
    """Accept a replaced key: its fingerprint is expected from now on.

    Raises NotPermitted.

    What was encrypted with the old key stays unreadable.
    """
    _administrator_of_key_fingerprints(actor)
    KeyFingerprint.objects.update_or_create(name=name, defaults={"fingerprint": fingerprint, "since": now()})
    append("replace_key", {"key": name, "fingerprint": fingerprint}, actor=actor, case_id=None)
