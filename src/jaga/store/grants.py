"""PostgreSQL privileges of the web server and the worker per table; everything else is refused by the database.

The table owner (migrations, the `jaga` command) has all rights. The two parts own no table, create nothing, disable no
trigger and truncate nothing. A new table needs a line here, or neither part can use it and
`tests/records/test_grants.py` fails. Give each part only what its actions need: append-only tables get no `u` and no
`d`.

    r  SELECT     i  INSERT     u  UPDATE     d  DELETE     u(a,b), r(a,b)  of these columns alone     -  nothing

`SELECT … FOR UPDATE` needs an UPDATE right on at least one column.

The triggers and functions of the database, compared with those that this version makes.

Guards are what stands between an edit past Jaga and the next entry that would commit to it (`bound_rows`). Somebody
with the rights of the database's owner can turn them off or write others. So `jaga ledger verify` compares each with
its hash in `guards.txt` beside this file, which is made anew with each change of one:

    .venv/bin/python -m tests.records.write_guards

The triggers and functions of the database, as SQL by subject: what no model can say.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Literal

import psycopg
from django.db import connection
from psycopg import sql

EXPECTED = Path(__file__).parent / "guards.txt"
# Partitions have the triggers of their table, and PostgreSQL its own for constraints. Brackets differ by its version,
# and a restored dump has casts at other places.
_GUARDS = """
SELECT 'function ' || p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')',
    concat_ws(E'\\n', p.prosrc, p.prosqlbody IS NULL, l.lanname, p.prosecdef, p.proconfig)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace = current_schema()::regnamespace AND p.proname LIKE 'records\\_%'
UNION ALL
SELECT 'trigger ' || t.tgname || ' on ' || c.relname,
    regexp_replace(pg_get_triggerdef(t.oid, true),
        '::[a-z]+( varying| with time zone)?(\\[\\])?|[[:space:]()"]', '', 'g') || t.tgenabled::text
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND NOT c.relispartition
    AND NOT t.tgisinternal
UNION ALL
SELECT 'rule ' || r.rulename || ' on ' || c.relname, 'none'
FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND c.relkind IN ('r', 'p')
UNION ALL
SELECT 'row security of ' || c.relname, 'none' FROM pg_class c
WHERE c.relnamespace = current_schema()::regnamespace AND c.relname LIKE 'records\\_%' AND c.relrowsecurity
UNION ALL
SELECT 'event trigger ' || evtname, 'none' FROM pg_event_trigger"""
HASHED = f"SELECT name, left(encode(sha256(convert_to(text, 'UTF8')), 'hex'), 16) FROM ({_GUARDS}) AS g(name, text)"  # noqa: S608
"""The query for all guards: name and hash."""


def guards_now() -> dict[str, str]:
    """The guards of this database, by name: a hash of what they do, and of when."""
    with connection.cursor() as cursor:
        cursor.execute(HASHED)
        return dict(cursor.fetchall())


def guards_that_differ() -> Iterator[str]:
    """The names of guards that are missing, turned off, written anew or too many."""
    there, expected = guards_now(), dict(line.rsplit(" ", 1) for line in EXPECTED.read_text().splitlines())
    for name in sorted(there.keys() | expected.keys()):
        if there.get(name) != expected.get(name):
            yield name


def as_text(guards: dict[str, str]) -> str:
    """The content of `guards.txt`."""
    return "".join(f"{name} {digest}\n" for name, digest in sorted(guards.items()))


Part = Literal["web", "worker"]
PARTS: tuple[Part, ...] = ("web", "worker")

# Jaga's tables without their prefix `records_`, then the libraries' by full name.
_TABLE = """
# table               web                            worker
# What a case is, and what came in about it.
subject               ri,u(first_seen_at)            ri,u                    # u(first_seen_at): only to lock the row
report                riu                            riu
reporteridentity      ri                             rid
reportmessage         riu                            r
quoteconsent          ri,u(agreed,answered_at,withdrawn_at,used_at)  r,u(used_at)
sourcekey             ri                             rid
case                  riu                            riu
turnkey               -                              rid
linkedaccount         riu                            riu
evidence              ri                             ri
signal                r                              riud
inappcursor           rd                             riu
inappimport           r                              ri
backlog               r                              -                       # written by whoever has a shell
backlogblock          r                              -
batch                 riu                            ru
batchrow              rd                             riud
# What people judge. What is decided is only ever added to.
lease                 riu                            ru
draft                 riud                           rd
vote                  ri                             r                       # a person's alone: no worker casts one
votewithdrawal        ri                             ri
victimturn            ri                             ri
pendingdecision       ri,u(ended_at,end,ended_by_id,reason,note)  r,u(ended_at,end,ended_by_id,reason,note)
decisionpause         ri,u(resumed_by_id,resumed_at,why)  ri
casealarm             ri,u(acknowledged_by_id,acknowledged_at)  ri,u(mailed_at)
alarmmessage          r                              riu
alarmmessage_alarms   r                              ri
decision              ri                             ri
preservation          ri,u(agreed_by_id,agreed_at)   ri,u(lapsed_at)
action                ri,u(state,attempts,next_attempt_at,finished_at)  ri,u(state,attempts,next_attempt_at,finished_at)
outcome               ri                             ri                      # the web's: ended or answered by a person
verification          ri                             ri                      # the web's: a person looked
statement             ri,u(delivered_at,opened_at,appeal_until)  ri,u(dated_at,delivered_at,opened_at,appeal_until)
letter                ri                             ri
hearing               riu                            ru
hearinganswer         ri                             r,u(text)
strike                riu                            ri
# u(decision_id): goes on against a closure
appeal                riu                            r,u(decision_id,text,reasons,helper,check_note,question)
appealreply           riu                            r,u(text,reasons)
appealrest            ri,u(ended_at)                 r
appealnews            ri                             ru
referral              riu                            riu
reasonsasked          riu                            r
holdercheck           ri,u(released_by_id,released_at,refused_by_id,refused_at,why,handed_at)  r,u(how,explanation,why)
restoredaccess        rd,u(created_at)               riud                    # u(created_at): only to lock the row
blindreview           riu                            ri,u(reasons,note)
goldencase            riu                            r,u(reasons)
traininganswer        ri                             r,u(reasons)
caselabel             riu                            rd
personrequest         ri,u(state,sealed,assigned_to_id,assigned_at,ended_at)  r,u(sealed)
personcheck           ri                             r,u(note)
personanswer ri,u(released_by_id,released_at,returned_by_id,returned_at,why,handed_by_id,handed_at) r,u(text,note,why)
correctionnote        ri                             r,u(text)
breach                ri,u(lessons,closed_by_id,closed_at)  r
breachscope           ri                             r
breachnotice          ri                             r
casenote              ri                             r
policyquestion        ri,u(answered_by_id,answered_at,answer)  r
skip                  riud                           rd
measured              r                              rid
tally                 r                              rid
publishedperiod       r                              ri
# Who works here, and how they sign in.
installation          r                              r
keyfingerprint        r                              r
epoch                 r                              r
lostcode              r                              -
storedrelease         r                              r                       # stored by whoever has a shell
releaseadoption       riu                            r,u(state,ended_at)      # the worker lets proposals lapse
releaseinuse          riud                           riud                    # each process names its own
organisation          r                              r
person                riu                            r,u(created_at)         # u(created_at): only to lock the row
personrole            riu                            r
personskill           rid                            r
personclearance       riu                            r
preferences           riu                            r
factorexemption       rid                            r
factortries           riud                           -
guesscount            riud                           rd
exposure              riu                            rd
officerregistration   riu                            r
officerkey            riu                            r
signingkey            riu                            r
signedonce            ri                             r
keyuse                riu                            riud
idempotencyrecord     rid                            rd
sentform              ri,u(sealed)                   rd,u(sealed)
flaggerprofile        riu                            r
flaggersuspension     riu                            r
badfaith              riu                            r
reportersetaside      ri,u(undone_at,undone_by_id)   r
setasidereport        ri                             r
# Authorities, operators, and what they are sent.
authorityrequest      ri                             r,u(locator)
order                 riu                            r
heldrequest           riu                            r
emergencyhold         ri                             r
locatorversion        ri                             r,u(locator)
disclosure            ri                             r
disclosurerecall      ri                             r
operatorprofile       riu                            r
pledge                riu                            r
contactdetails        riu                            r
notice                riu                            riu
noticeentry           ri                             ri
objection             riu                            r
operatorletter        riu                            r
receivedhook          ri                             ri
outgoingmail          ri                             riu
webhookendpoint       riu                            riu
webhookdelivery       riu                            riud
# Platforms: their names and keys are the owner's to change.
platform              r                              r,u(watched)            # u(watched): only to lock the row
platformhealth        r                              riu
platformtaskhealth    r,u(failures,retry_at,not_kept)  riu
setasidevalue         r,u(sealed,settled_at,settled_by_id)  riud
periodictaskfault            r                              riud
# What machines compare and learn.
accountindicator      rd                             rid,u(report_id,start,end)  # the web's: an appeal makes them go
lshband               rd                             rid
indicatorscan         r                              rid
banevasionmatch       rud                            riu
banevasionverdict     riu                            r
cluster               r                              riud
clusterkey            r                              rid
picturetohash         ri                             riud
picturehash           r                              ri
picturematch          r                              ri
pictureopening        ri                             r
workingcopy           r                              ri
youthcheck            ri                             ri                      # the worker's: once the undo has ended
pendingyouthanswer    ri,u(ended_at,undone)          r,u(ended_at)
hashlist              r                              r,u(compared_at)
learntmodel           ru                             r
searchstale           ri                             rid
searchtext            r                              riud
# What is kept no longer, and what is kept all the same. The worker empties words only where that is on record.
legalhold             riu                            r
retentionpostponement ri                             r
retentionerasure      r                              ri
retentiondue          r                              riud
filetodelete          r                              rid,u(failed_at,failure)
retentionsweep        r                              riu
retentionclock        r,u(seen_at,planned_since,anchor_boot,doubted_at,confirmed_by_id,confirmed_at)  riu
# Watches of public content. Only the worker reads; web starts and stops, and shows the sample to those who judge it.
watch                 ri,u(started_by_id,started_at,ended_by_id,ended_at,ended_why)  r,u(ended_at)
watchprogress         ri,u(cursor,state,why,failures,repeats,retry_at)  riu
watchday              r                              riu
observedhash          -                              rid
watchsample           r                              rid,u(drawn_id)
screenedcount         r                              riu
sampledtext           r,u(outcome,settled_at)        ri
samplejudgement       ri,u(taken_at,answer,judged_at,left_at)  r
rulesuspension        r,u(ended_by_id,ended_at,why)  ri
watchfinding          r                              rid,u(native,content,account,report_id,sealed,same_words)
flaggedtext           r                              rid                     # its days: by functions of the owner
watchcapture          r                              rid,u(state,sealed,tries,ended_at,why)
watchmedia            r,u(state,asked_by_id,asked_at,reason)  ri,u(state,tries,ended_at,why)
watchpush             ri                             rd,u(sealed)
watchoptout           r,u(taken_back_at,taken_back_by_id,taken_back_why)  riu
accountlookup         ri,u(permitted_by_id,permitted_at,carried_out_at,found)  r
# Who looked at what, and the record of all that was done.
accessevent           ri                             ri
alarm                 ri,u(acknowledged_by_id,acknowledged_at,note)  ri,u(mailed_at)
alarmaddress          riud                           r
accesslogseal         r                              ri
accesslogerasure      r                              ri
ledgerentry           ri,u(seq,previous,hash)        ri,u(seq,previous,hash)  # the web's: an export links what it is of
rowbinding            ri,u(salt)                     ri,u(salt)              # a salt is only ever deleted
ledgercheckpoint      ri                             ri
ledgerfault           ri                             ri                      # whoever links entries
publishedlog          r                              ri
publishedhead         r                              ri,u(witnessed_at)
headcosignature       r                              ri
headtimestamp         r                              ri
erasedkey             ri                             ri,u(done_at)           # the web's: what a released answer grants
personsearch          r,u(permitted_by_id,permitted_at)  r             # the worker's: to compare it with the ledger
# Of the libraries.
account_emailaddress  -                              -                       # nobody has one here
account_emailconfirmation -                          -
mfa_authenticator     riud                           r(user_id,type)         # whether somebody has one, no secrets
usersessions_usersession riud                        -
django_session        riud                           -
django_migrations     r                              r
django_content_type   r                              r
auth_permission       r                              r
auth_group            r                              r
auth_group_permissions r                             r
procrastinate_jobs    riu                            riud
procrastinate_events  ri                             riud
procrastinate_workers r                              riud
procrastinate_periodic_defers r                      riud
"""
_WORDS = MappingProxyType({"r": "SELECT", "i": "INSERT", "u": "UPDATE", "d": "DELETE"})
_RIGHT = re.compile(r"([riud])(?:\(([a-z_,]+)\))?")
_LIBRARIES = ("account_", "auth_", "django_", "mfa_", "procrastinate_", "usersessions_")


@dataclass(frozen=True, order=True)
class Right:
    """A privilege on a table, or only on the given columns."""

    verb: str
    columns: tuple[str, ...] = ()


def _read(table: str) -> Iterator[tuple[str, dict[Part, frozenset[Right]]]]:
    for line in filter(None, (line.partition("#")[0].strip() for line in table.splitlines())):
        name, *given = line.split()
        if len(given) != len(PARTS):
            raise ValueError(f"in the table of rights: {line}")
        whole = name if name.startswith(_LIBRARIES) else f"records_{name}"
        yield whole, {part: _rights(words) for part, words in zip(PARTS, given, strict=True)}


def _rights(words: str) -> frozenset[Right]:
    return frozenset(
        Right(_WORDS[letter], tuple(filter(None, columns.split(",")))) for letter, columns in _RIGHT.findall(words)
    )


GRANTS: Mapping[str, Mapping[Part, frozenset[Right]]] = MappingProxyType(dict(_read(_TABLE)))
"""By table name: the privileges of each part."""


def apply(connection: "psycopg.Connection[tuple[object, ...]]", roles: Mapping[Part, str | None]) -> None:
    """Grant each role exactly its privileges within the caller's transaction. Run as owner; idempotent."""
    [[schema, database]] = connection.execute("SELECT current_schema(), current_database()").fetchall()
    tables = _tables(connection)
    connection.execute(sql.SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC").format(_name(schema)))
    connection.execute(sql.SQL("REVOKE TEMPORARY, CREATE ON DATABASE {} FROM PUBLIC").format(_name(database)))
    for part, role in roles.items():
        if role is None:
            continue
        to = sql.Identifier(role)
        connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(_name(database), to))
        connection.execute(sql.SQL("GRANT USAGE ON SCHEMA {} TO {}").format(_name(schema), to))
        connection.execute(sql.SQL("REVOKE ALL ON {} FROM {}").format(_list(tables), to))
        rights = _by_right(part, set(tables))
        for right, names in rights.items():
            columns = sql.SQL(" ({})").format(_list(right.columns)) if right.columns else sql.SQL("")
            connection.execute(sql.SQL("GRANT {}{} ON {} TO {}").format(sql.SQL(right.verb), columns, _list(names), to))
        if numbers := _numbers(connection, rights.get(Right("INSERT"), [])):
            connection.execute(sql.SQL("GRANT USAGE, SELECT ON SEQUENCE {} TO {}").format(_list(numbers), to))


def _by_right(part: Part, there: set[str]) -> dict[Right, list[str]]:
    """Existing tables by each privilege of the part."""
    found: dict[Right, list[str]] = {}
    for table, given in GRANTS.items():
        for right in sorted(given[part]) if table in there else ():
            found.setdefault(right, []).append(table)
    return found


def _name(text: object) -> sql.Identifier:
    return sql.Identifier(str(text))


def _list(names: "list[str] | tuple[str, ...]") -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, names))


def _tables(connection: "psycopg.Connection[tuple[object, ...]]") -> list[str]:
    """The owner's tables, views and sequences in its schema. Nobody else has a right to a partition by itself."""
    return [
        str(name)
        for (name,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace"
            " AND relowner = current_user::regrole AND relkind IN ('r', 'p', 'v', 'm', 'S')"
            " AND NOT relispartition ORDER BY relname"
        )
    ]


def _numbers(connection: "psycopg.Connection[tuple[object, ...]]", tables: Collection[str]) -> list[str]:
    """The sequences of these tables' ids: an inserting role needs the next value and sees the last."""
    return [
        str(name)
        for (name,) in connection.execute(
            "SELECT c.relname FROM pg_class c JOIN pg_depend d ON d.objid = c.oid AND d.deptype IN ('a', 'i')"
            " AND d.classid = 'pg_class'::regclass JOIN pg_class t ON t.oid = d.refobjid WHERE c.relkind = 'S'"
            " AND c.relnamespace = current_schema()::regnamespace AND t.relname = ANY(%s)",
            [list(tables)],
        )
    ]


_POWERS = """
WITH me AS (SELECT * FROM pg_roles WHERE rolname = session_user),
     ours AS (SELECT c.oid, c.relname, c.relowner FROM pg_class c
              WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p'))
SELECT 'it is a superuser' FROM me WHERE rolsuper
UNION ALL SELECT 'it owns the database' FROM me JOIN pg_database d ON d.datdba = me.oid
    WHERE d.datname = current_database()
UNION ALL SELECT 'it owns ' || count(*) || ' tables' FROM me JOIN ours ON ours.relowner = me.oid HAVING count(*) > 0
UNION ALL SELECT 'it may make roles' FROM me WHERE rolcreaterole
UNION ALL SELECT 'it may make databases' FROM me WHERE rolcreatedb
UNION ALL SELECT 'it may replicate' FROM me WHERE rolreplication
UNION ALL SELECT 'it passes row security' FROM me WHERE rolbypassrls
UNION ALL SELECT 'it may act as ' || g.rolname FROM me JOIN pg_auth_members m ON m.member = me.oid
    JOIN pg_roles g ON g.oid = m.roleid
UNION ALL SELECT 'it may make objects in ' || n.nspname FROM me JOIN pg_namespace n
    ON has_schema_privilege(me.oid, n.oid, 'CREATE') WHERE n.nspname !~ '^pg_'
UNION ALL SELECT 'it may make schemas' FROM me WHERE has_database_privilege(me.oid, current_database(), 'CREATE')
UNION ALL SELECT 'it may ' || p.verb || ' ' || ours.relname FROM me CROSS JOIN ours
    CROSS JOIN unnest(ARRAY['TRUNCATE', 'TRIGGER', 'REFERENCES']) AS p(verb)
    WHERE has_table_privilege(me.oid, ours.oid, p.verb)
"""
_HELD = """
SELECT c.relname, p.verb FROM pg_class c CROSS JOIN unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS p(verb)
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p')
  AND has_table_privilege(session_user, c.oid, p.verb)
"""
_TOLD_AT_MOST = 5


def powers(connection: "psycopg.Connection[tuple[object, ...]]", part: Part) -> list[str]:
    """Powers of this connection's role beyond its grants, as sentences; empty if correct."""
    found = list(dict.fromkeys(str(words) for (words,) in connection.execute(_POWERS.encode())))
    for table, verb in connection.execute(_HELD.encode()).fetchall():
        if Right(str(verb)) not in GRANTS.get(str(table), {}).get(part, frozenset()):
            found.append(f"it may {verb} {table}")
    more = len(found) - _TOLD_AT_MOST
    return [*found[:_TOLD_AT_MOST], *([f"and {more} more"] if more > 0 else [])]


_PIN = """
DO $$
DECLARE
    guard regprocedure;
BEGIN
    FOR guard IN SELECT p.oid FROM pg_proc p WHERE p.pronamespace = current_schema()::regnamespace
        AND p.prorettype = 'trigger'::regtype AND p.proname LIKE 'records\\_%' AND p.proconfig IS NULL LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = %I, pg_temp', guard, current_schema());
    END LOOP;
END $$
"""


def pin_guards() -> str:
    """A statement that pins the search path of every trigger function to its own schema.

    Otherwise a trigger could read a temporary table with the name of a real one.
    """
    return _PIN


_FOLDER = Path(__file__).parent / "guards"
_FIRST = ("kernel", "privacy")  # triggers of other subjects call their functions

WITHOUT_GUARDS = """
DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN SELECT oid FROM pg_proc
                WHERE proname LIKE 'records\\_%' AND pronamespace = current_schema()::regnamespace LOOP
        EXECUTE format('DROP FUNCTION IF EXISTS %s CASCADE', made);
    END LOOP;
END $$;
"""
"""Removes the functions, and with them the triggers."""


def guards() -> str:
    """All of them, in the order in which an empty database takes them."""
    files = sorted(_FOLDER.glob("*.sql"), key=lambda path: (path.stem not in _FIRST, path.stem))
    return "\n".join(path.read_text() for path in files)
