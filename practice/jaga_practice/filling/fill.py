"""Fills a practice installation with very many invented cases, to try the console at the size of a ministry.

Uses SQL statements instead of the verbs, which would take days, under the same constraints and triggers. Each chunk is
one transaction, with the ledger entries of its reports, votes and decisions (`filling.entries`), and one that counts
its cases, so that a killed run can be resumed.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import NOT_PROVIDED, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from jaga.cases.models.cases import Case, Lease, Platform
from jaga.cases.models.decisions import Decision, Vote
from jaga.cases.models.reports import Report
from jaga.core.actors import CLI
from jaga.core.clock import now
from jaga.core.errors import N_, Conflict
from jaga.core.locators import fold
from jaga.core.terms.people import Clearance, OrganisationKind, Role
from jaga.core.terms.privacy import KeyOwner
from jaga.core.terms.reports import Channel
from jaga.decisions.models import PendingDecision
from jaga.people.verbs.trusted_flaggers import give_clearance
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.screening.contacts.contacts import contacts_in
from jaga.store.codes import indicator_key, vector
from jaga.store.kernel.ledger import append
from jaga.store.key_numbers import next_case_number, next_report_number
from jaga.store.key_store.store import Owner
from jaga.store.models import Installation, LedgerEntry
from jaga.store.reads import cleared_people
from jaga.store.sealed_text import sealed_field
from jaga_practice.filling import sql
from jaga_practice.filling.entries import write_entries
from jaga_practice.filling.profiles import Profile, draw
from jaga_practice.filling.texts import FIRST, PLATFORMS, SECOND
from jaga_practice.making import closed_app, organisation, person

CHUNK = 20_000
CONTACTS = 20_000
MOST_REPORTS = 25  # of a case, see `sql.CHUNK`
WAITING = 0.035
"""The share of cases that wait for people: some tens of thousands in a million."""
DAYS = 540
REVIEWERS = 24
FILL = "fill_practice"
FACTS = "Latihan: isi laporan sesuai dengan yang terlihat."
ANALYZED = (
    "case",
    "subject",
    "report",
    "signal",
    "accountindicator",
    "vote",
    "decision",
    "lease",
    "pendingdecision",
    "searchtext",
    "ledgerentry",
    "rowbinding",
)


class OnlyInPractice(Conflict):
    """Invented cases must not be mixed with real ones."""

    code = "only_in_practice"
    sentence = N_("This is not a practice installation, so nothing is invented in it.")
    remedy = N_("Use another JAGA_HOME with PRACTICE=1.")


@dataclass(frozen=True)
class Filled:
    """Progress: cases at the start, cases now, and cases wanted."""

    before: int
    now: int
    wanted: int


def filled_cases() -> int:
    """The number of cases that earlier runs made, by the ledger."""
    total = LedgerEntry.objects.filter(verb=FILL).aggregate(
        total=Sum(Cast(KT("payload__cases"), models.BigIntegerField()))
    )["total"]
    return int(total or 0)


def fill(cases: int, seed: int, home: Path, *, waiting: float = WAITING) -> Iterator[Filled]:
    """Make invented cases until there are `cases` of them, yielding progress after each chunk. `waiting`: the share of
    them that waits for people.

    Resumable. Irreversible.

    Existing rows are not changed. Raises OnlyInPractice.
    """
    if not Installation.objects.filter(practice=True).exists():
        raise OnlyInPractice
    before = filled_cases()
    yield Filled(before, before, cases)
    if before >= cases:
        return
    voters, moment = _people(home), now()
    _prepare(draw(load_release(), seed), seed)
    values = {
        "seed": seed,
        "profiles": _profiles(),
        "people": len(voters),
        "voters": voters,
        "waiting": waiting,
        "contacts": CONTACTS,
        "now": moment,
        "first": moment - timedelta(days=DAYS),
        "cases": cases,
        "last": moment - timedelta(hours=36),
        "names": list(FIRST),
        "more": list(SECOND),
        "policy": load_release().hash,
    }
    for start in range(before, cases, CHUNK):
        end = min(start + CHUNK, cases)
        _chunk({**values, "start": start, "end": end}, seed)
        yield Filled(before, end, cases)
    _tidy()


def _people(home: Path) -> list[int]:
    """Create the invented operator's reviewers and apps. Nobody can sign in as these reviewers."""
    operator = organisation("PT Latihan Besar", OrganisationKind.OPERATOR)
    for name in PLATFORMS:
        closed_app(home, name, operator)
    made = [person(f"latihan{number:02d}", operator, (Role.REVIEWER,), None) for number in range(1, REVIEWERS + 1)]
    cleared = set(cleared_people(Clearance.CHILD_SAFETY).values_list("pk", flat=True))
    for one in made:
        if one.pk not in cleared:
            give_clearance(
                one.pk, Clearance.CHILD_SAFETY, "Latihan: kasus rekaan", today() + timedelta(days=300), actor=CLI
            )
    return [one.pk for one in made]


def _profiles() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM fill_profile")
        return int(cursor.fetchone()[0])


def _prepare(profiles: list[Profile], seed: int) -> None:
    """Create the temporary tables that chunks are made from."""
    platforms = dict(Platform.objects.filter(name__in=PLATFORMS).values_list("name", "pk"))
    connection.ensure_connection()
    with connection.cursor() as django:
        django.execute("DROP TABLE IF EXISTS fill_profile, fill_signal, fill_contact, fill_number")
        django.execute("DROP FUNCTION IF EXISTS pg_temp.u(bigint, bigint)")
        django.execute("DROP AGGREGATE IF EXISTS pg_temp.joined(tsvector)")
        django.execute(sql.PREPARE)
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        with cursor.copy("COPY fill_profile FROM STDIN") as copy:
            for number, one in enumerate(profiles):
                copy.write_row(
                    (
                        number,
                        one.category,
                        one.channel.value,
                        one.form.value,
                        one.language,
                        platforms[one.platform],
                        int(one.severity),
                        one.victim_first,
                        one.urgent,
                        one.queue,
                        one.clearance,
                        one.hours,
                        one.text,
                        one.place,
                        one.screened.score,
                        one.outcome.value,
                        one.seconded,
                        one.first_vote.value,
                        one.basis,
                        json.dumps(one.elements),
                        _words(one.text),
                        _words(one.place if one.channel is Channel.WATCH else ""),
                    )
                )
        with cursor.copy("COPY fill_signal FROM STDIN") as copy:
            for number, one in enumerate(profiles):
                for signal in one.screened.signals:
                    copy.write_row(
                        (
                            number,
                            signal.source,
                            signal.version,
                            signal.category,
                            signal.weight,
                            signal.msgid,
                            json.dumps(dict(signal.params)),
                            signal.start,
                            signal.end,
                        )
                    )
        with cursor.copy("COPY fill_contact FROM STDIN") as copy:
            for number in range(CONTACTS):
                text = _number(number, seed)
                (contact,) = contacts_in(text)
                copy.write_row((number, text, indicator_key(contact.value), contact.masked, _words(f"WA {text}")))
        with cursor.copy("COPY fill_number FROM STDIN") as copy:
            for number in range(2, MOST_REPORTS + 1):
                copy.write_row((number, _words(str(number))))
        cursor.execute("ANALYZE fill_profile, fill_signal, fill_contact, fill_number")


def _words(text: str) -> str:
    return vector(fold(text), [])


def _number(place: int, seed: int) -> str:
    """An invented telephone number in the usual notation."""
    digits = f"{(place * 7_919 + seed * 104_729) % 100_000_000:08d}"
    return f"0812-{digits[:4]}-{digits[4:]}"


@transaction.atomic
def _chunk(values: Mapping[str, Any], seed: int) -> None:
    of_case, of_report = Owner(KeyOwner.CASE, next_case_number()), Owner(KeyOwner.REPORT, next_report_number())
    values = {
        **values,
        "case_key": of_case.number,
        "report_key": of_report.number,
        "vote_facts": sealed_field(Vote, "facts").sealed_for(of_case, FACTS),
        "decision_facts": sealed_field(Decision, "facts").sealed_for(of_case, FACTS),
    }
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL jaga.rows = 'off'")  # `write_entries` binds them
        for setting in ("synchronous_commit = off", "work_mem = '128MB'", "gin_pending_list_limit = '64MB'"):
            cursor.execute(f"SET LOCAL {setting}")
        cursor.execute(sql.CHUNK, values)
        cursor.execute("ANALYZE fill_now")
        cursor.execute(sql.SUBJECTS, values)
        cursor.execute(_insert(Case, sql.CASES, "fill_now f JOIN fill_profile pr USING (p)"), values)
        cursor.execute(sql.REPORTED, values)
        cursor.execute("ANALYZE fill_report")
        _seal_texts(of_report)
        cursor.execute(_insert(Report, sql.REPORTS, sql.REPORTS_FROM), values)
        cursor.execute(sql.SIGNALS, values)
        cursor.execute(_insert(Vote, sql.VOTES, sql.VOTES_FROM), values)
        cursor.execute(_insert(PendingDecision, sql.COMMITS, sql.COMMITS_FROM), values)
        # Otherwise the guard of decisions would search all pending commits with an outdated plan.
        cursor.execute("ANALYZE records_pendingdecision")
        cursor.execute(_insert(Decision, sql.DECISIONS, sql.DECISIONS_FROM), values)
        cursor.execute(sql.COMMITTED, values)
        cursor.execute(_insert(Lease, sql.LEASES, sql.LEASES_FROM), values)
        _name(cursor)
        cursor.execute(sql.WORDS, values)
    made = values["end"] - values["start"]
    entries = write_entries(FACTS)
    append(FILL, {"cases": made, "first": values["start"], "seed": seed, "entries": entries}, actor=CLI, case_id=None)


def _name(cursor: CursorWrapper) -> None:
    """The keyed names of the chunk's accounts, by case."""
    cursor.execute(sql.NAMED)
    cursor.execute(sql.NAMES)
    named = cursor.fetchall()
    with cursor.copy("COPY fill_named FROM STDIN") as copy:
        for case_id, name, victim_first in named:
            copy.write_row((case_id, vector("", [fold(name)], hide_parts=victim_first)))


def _seal_texts(owner: Owner) -> None:
    """Seal the texts of a chunk's reports, all under one key: their rows are made by the database."""
    columns = [sealed_field(Report, name) for name in ("text", "published", "place")]
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        rows = cursor.execute(sql.SAID).fetchall()
        cursor.execute(sql.SEALED)
        with cursor.copy("COPY fill_text FROM STDIN") as copy:
            for number, published, said, place in rows:
                texts = ("" if published else said, said if published else "", place)
                copy.write_row(
                    (number, *(column.sealed_for(owner, text) for column, text in zip(columns, texts, strict=True)))
                )
        cursor.execute("ANALYZE fill_text")


def _insert(model: type[models.Model], columns: Mapping[str, str], source: str) -> str:
    """An INSERT … SELECT with these expressions; other required columns get their default."""
    usual = {
        str(field.column): _literal(field.get_default())
        for field in model._meta.concrete_fields
        if field.column not in columns and not field.null and not field.primary_key and field.db_default is NOT_PROVIDED
    }
    filled = {**columns, **usual}
    names = ", ".join(f'"{name}"' for name in filled)
    return (
        f"INSERT INTO {model._meta.db_table} ({names})"  # noqa: S608 - our own texts alone
        f" SELECT {', '.join(filled.values())} FROM {source}"
    )


def _literal(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    literal = str(value.value) if isinstance(value, Enum) else value if isinstance(value, str) else json.dumps(value)
    return "'" + literal.replace("'", "''").replace("%", "%%") + "'"


def _tidy() -> None:
    """Update planner statistics after inserting many rows."""
    tables = ", ".join(f"records_{name}" for name in ANALYZED)
    with connection.cursor() as cursor:
        cursor.execute(f"VACUUM (ANALYZE) {tables}")
