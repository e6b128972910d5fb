"""Seals the texts that are stored, for migration 0008: table by table, in batches, within its transaction."""

from collections.abc import Iterator

from django.conf import settings
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from psycopg import sql

from jaga.core.terms.privacy import KeyOwner
from jaga.records.codes import IDENTITY_COLUMN
from jaga.records.key_store import file
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.sealing import seal, unopenable
from jaga.records.key_store.store import Owner

_BATCH = 2000
_REPORT = "JOIN records_report o ON o.id = t.report_id"
_CASE = "JOIN records_case o ON o.id = t.case_id"
_DECISION = "JOIN records_decision d ON d.id = t.decision_id JOIN records_case o ON o.id = d.case_id"
_NOTICE = "JOIN records_notice n ON n.id = t.notice_id JOIN records_case o ON o.id = n.case_id"
_APPEAL = ("JOIN records_appeal a ON a.id = t.appeal_id JOIN records_decision d ON d.id = a.decision_id"
           " JOIN records_case o ON o.id = d.case_id")

SEALED: tuple[tuple[str, tuple[str, ...], KeyOwner, str], ...] = (
    ("report", ("text", "excerpt", "published", "place"), KeyOwner.REPORT, "JOIN records_report o ON o.id = t.id"),
    ("authorityrequest", ("legal_analysis", "urgent_reason"), KeyOwner.REPORT, _REPORT),
    ("reportmessage", ("text",), KeyOwner.REPORT, _REPORT),
    ("quoteconsent", ("sentence",), KeyOwner.REPORT, _REPORT),
    ("badfaith", ("reasons",), KeyOwner.REPORT, _REPORT),
    ("reportersetaside", ("reasons",), KeyOwner.REPORT, _REPORT),
    ("emergencyhold", ("why",), KeyOwner.REPORT, _REPORT),
    ("letter", ("body",), KeyOwner.REPORT, _REPORT),
    ("letter", ("body",), KeyOwner.CASE, f"{_CASE} AND t.report_id IS NULL"),
    ("case", ("snooze_reason",), KeyOwner.CASE, "JOIN records_case o ON o.id = t.id"),
    ("linkedaccount", ("why",), KeyOwner.CASE, _CASE),
    ("lease", ("reason",), KeyOwner.CASE, _CASE),
    ("vote", ("facts", "why"), KeyOwner.CASE, _CASE),
    ("decision", ("facts",), KeyOwner.CASE, _CASE),
    ("statement", ("body_id", "body_en"), KeyOwner.CASE, _DECISION),
    ("appeal", ("text", "reasons", "check_note", "question"), KeyOwner.APPEAL, _DECISION),
    ("appealreply", ("text", "reasons"), KeyOwner.APPEAL, _APPEAL),
    ("appealrest", ("reasons",), KeyOwner.CASE, _APPEAL),
    ("holdercheck", ("how", "explanation", "why"), KeyOwner.APPEAL, _DECISION),
    ("hearinganswer", ("text",), KeyOwner.APPEAL,
     "JOIN records_hearing h ON h.id = t.hearing_id JOIN records_case o ON o.id = h.case_id"),
    ("pendingdecision", ("note",), KeyOwner.CASE, _CASE),
    ("decisionpause", ("why",), KeyOwner.CASE,
     "JOIN records_pendingdecision p ON p.id = t.pending_id JOIN records_case o ON o.id = p.case_id"),
    ("notice", ("facts", "answer_text"), KeyOwner.CASE, _CASE),
    ("noticeentry", ("text",), KeyOwner.CASE, _NOTICE),
    ("operatorletter", ("body_id", "body_en"), KeyOwner.CASE, _NOTICE),
    ("objection", ("text", "reasons"), KeyOwner.CASE, _NOTICE),
    ("referral", ("note", "review_reasons"), KeyOwner.CASE, _CASE),
    ("casenote", ("text",), KeyOwner.CASE, _CASE),
    ("policyquestion", ("text", "answer"), KeyOwner.CASE, _CASE),
    ("goldencase", ("reasons",), KeyOwner.TRAINING, _CASE),
    ("blindreview", ("reasons", "note"), KeyOwner.TRAINING, _CASE),
    ("traininganswer", ("reasons",), KeyOwner.TRAINING,
     "JOIN records_goldencase g ON g.id = t.golden_id JOIN records_case o ON o.id = g.case_id"),
)
"""Tables without their prefix, their columns, whose key, and how its number is found."""


def seal_rows(_: object, editor: BaseDatabaseSchemaEditor) -> None:
    """Seal every text that is still open, and the identities of reporters once more.

    The guards rest meanwhile: sealing changes no text. Creates the key store if there is none, which `keys.prepare`
    refuses where one should be there.
    """
    file.create(settings.JAGA_KEY_STORE)
    connection = editor.connection
    connection.ensure_connection()
    with connection.connection.cursor() as cursor:
        for table in dict.fromkeys(["reporteridentity", *(table for table, *_ in SEALED)]):
            name = sql.Identifier(f"records_{table}")
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(name))
        for table, columns, kind, joined in SEALED:
            for last in _batches(cursor, table, columns, joined):
                _seal(cursor, table, columns, kind, last)
        _seal_identities(cursor)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in dict.fromkeys(["reporteridentity", *(table for table, *_ in SEALED)]):
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(sql.Identifier(f"records_{table}")))


def _batches(cursor: object, table: str, columns: tuple[str, ...], joined: str) -> Iterator[list[tuple[object, ...]]]:
    named = sql.SQL(", ").join(sql.SQL("t.{}").format(sql.Identifier(one)) for one in columns)
    some = sql.SQL(" OR ").join(sql.SQL("t.{} <> ''").format(sql.Identifier(one)) for one in columns)
    asked = sql.SQL("SELECT t.id, o.key_number, {} FROM {} t {} WHERE t.id > %s AND ({}) ORDER BY t.id LIMIT {}").format(
        named, sql.Identifier(f"records_{table}"), sql.SQL(joined), some, sql.Literal(_BATCH))
    last = 0
    while rows := cursor.execute(asked, [last]).fetchall():
        yield rows
        last = rows[-1][0]


def _seal(cursor, table, columns, kind, rows) -> None:
    sealed = [[_sealed(text, Owner(kind, number), f"records_{table}.{column}")
               for text, column in zip(texts, columns, strict=True)] for _, number, *texts in rows]
    changed = sql.SQL(", ").join(sql.SQL("{0} = n.{0}").format(sql.Identifier(one)) for one in columns)
    arrays = sql.SQL(", ").join([sql.SQL("%s::bigint[]"), *[sql.SQL("%s::text[]")] * len(columns)])
    cursor.execute(sql.SQL("UPDATE {} t SET {} FROM unnest({}) AS n(id, {}) WHERE t.id = n.id").format(
        sql.Identifier(f"records_{table}"), changed, arrays, sql.SQL(", ").join(map(sql.Identifier, columns))),
        [[row[0] for row in rows], *(list(texts) for texts in zip(*sealed, strict=True))])


def _sealed(text: str, owner: Owner, column: str) -> str:
    """The sealed text. In a dump from before the upgrade, what was erased since is still open: nobody opens it again."""
    try:
        return seal(text, owner, column)
    except Erased:
        return unopenable(text, owner)


def _seal_identities(cursor) -> None:
    """The tokens of the key `identities`, each under its report's key as well."""
    cursor.execute("ALTER TABLE records_reporteridentity DROP CONSTRAINT records_identity_is_sealed")
    last = 0
    while rows := cursor.execute(
            "SELECT t.id, o.key_number, t.sealed FROM records_reporteridentity t JOIN records_report o"
            " ON o.id = t.report_id WHERE t.id > %s ORDER BY t.id LIMIT %s", [last, _BATCH]).fetchall():
        sealed = [_sealed(bytes(token).decode(), Owner(KeyOwner.REPORT, number), IDENTITY_COLUMN).encode()
                  for _, number, token in rows]
        cursor.execute("UPDATE records_reporteridentity t SET sealed = n.sealed"
                       " FROM unnest(%s::bigint[], %s::bytea[]) AS n(id, sealed) WHERE t.id = n.id",
                       [[row[0] for row in rows], sealed])
        last = rows[-1][0]
    # Fernet under `identities`, then the report's key: never shorter than the first alone.
    cursor.execute("ALTER TABLE records_reporteridentity ADD CONSTRAINT records_identity_is_sealed"
                   " CHECK (SUBSTRING(sealed FROM 1 FOR 3) = 'k1:'::bytea AND length(sealed) >= 600)")
