"""Access to the operator's PostgreSQL with two roles: a read-only observer and an actor.

Each connection serves one call. Each statement has a time limit on the server, and the connection one of its own in
case the server stays silent. The actor uses one transaction: unless every statement changes exactly one row, all is
rolled back.

Which SQL a mapping may contain: one statement of a known kind, with values as parameters.

It is parsed with sqlglot, and the sent text is generated from the parse tree, so nothing is sent that was understood
differently. Everything outside the allowlists below is rejected.
"""

import ipaddress
import os
import re
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from urllib.parse import parse_qsl, unquote, urlsplit

import psycopg
import sqlglot
from psycopg.pq import TransactionStatus
from sqlglot import exp
from sqlglot.errors import SqlglotError

from jaga.core.foreign import is_loopback
from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.platforms.kit.http import CredentialsRefused

WHO = frozenset({"id", "name"})
"""The parameters that identify the row; every statement uses one of them."""

_EXPRESSIONS = (
    exp.Select,
    exp.From,
    exp.Join,
    exp.Table,
    exp.TableAlias,
    exp.Alias,
    exp.Column,
    exp.Identifier,
    exp.Where,
    exp.And,
    exp.Or,
    exp.Not,
    exp.Paren,
    exp.EQ,
    exp.NEQ,
    exp.GT,
    exp.GTE,
    exp.LT,
    exp.LTE,
    exp.Is,
    exp.Null,
    exp.Boolean,
    exp.Literal,
    exp.Placeholder,
    exp.Cast,
    exp.DataType,
    exp.DataTypeParam,
    exp.In,
    exp.Tuple,
    exp.Like,
    exp.ILike,
    exp.Between,
    exp.Case,
    exp.If,
    exp.Coalesce,
    exp.Nullif,
    exp.Greatest,
    exp.Least,
    exp.Lower,
    exp.Upper,
    exp.Trim,
    exp.Length,
    exp.Substring,
    exp.Concat,
    exp.DPipe,
    exp.Translate,
    exp.Replace,
    exp.Left,
    exp.Right,
    exp.Count,
    exp.Max,
    exp.Min,
    exp.Sum,
    exp.Star,
    exp.Distinct,
    exp.Subquery,
    exp.Exists,
    exp.Limit,
    exp.Order,
    exp.Ordered,
    exp.Group,
    exp.CurrentTimestamp,
    exp.CurrentDate,
    exp.Interval,
    exp.Var,
    exp.Extract,
    exp.Add,
    exp.Sub,
    exp.Mul,
    exp.Mod,
    exp.Neg,
    exp.JSONExtract,
    exp.JSONExtractScalar,
    exp.JSONPath,
    exp.JSONPathKey,
    exp.JSONPathRoot,
    exp.JSONPathSubscript,
)
_CHANGES = (exp.Update, exp.Insert, exp.Schema, exp.Values)


class StatementRefused(ValueError):
    """The statement is not allowed in a mapping; the message says why in plain words."""


@dataclass(frozen=True)
class SqlStatement:
    """One statement as sent, with `$1`, `$2`, … for parameters. `changes`: it is not a lookup."""

    text: str
    parameters: tuple[str, ...]
    changes: bool

    def values(self, parameters: Mapping[str, str]) -> list[str]:
        """The values of its parameters, in order."""
        return [parameters[name] for name in self.parameters]


def statement(written: str, *, changes: bool, allowed: frozenset[str]) -> SqlStatement:
    """Parse one statement of a mapping; `allowed` are the available parameters. Raises StatementRefused."""
    tree = _one(written)
    top: tuple[type[exp.Expr], ...] = (exp.Update, exp.Insert) if changes else (exp.Select,)
    if not isinstance(tree, top):
        wanted = "an UPDATE or an INSERT" if changes else "a SELECT"
        raise StatementRefused(f"it must be {wanted}, and it is {_called(tree)}")
    for node in tree.walk():
        _check(node, tree, changes=changes)
    if isinstance(tree, exp.Update) and tree.args.get("where") is None:
        raise StatementRefused("it has no WHERE, so it would change every row")
    names: list[str] = []

    def numbered(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Placeholder):
            return node
        names.append(str(node.this or ""))
        return exp.Parameter(this=exp.Literal.number(len(names)))

    text = tree.transform(numbered).sql(dialect="postgres", comments=False)
    if unknown := sorted(set(names) - allowed):
        listed = ", ".join(f":{name}" for name in sorted(allowed))
        raise StatementRefused(f"it has the parameter {', '.join(f':{name}' for name in unknown)}; here are {listed}")
    where = tree.args.get("where")
    if not WHO & {
        str(node.this)
        for node in (where.walk() if isinstance(tree, exp.Update) and where else tree.walk())
        if isinstance(node, exp.Placeholder)
    }:
        raise StatementRefused(
            "it names no :id (or :name), so it would not be about the account"
            + (" (in its WHERE)" if isinstance(tree, exp.Update) else "")
        )
    return SqlStatement(text, tuple(names), changes)


def _one(written: str) -> exp.Expr:
    try:
        found = [tree for tree in sqlglot.parse(written, dialect="postgres") if tree is not None]
    except (SqlglotError, RecursionError) as error:
        raise StatementRefused(f"it cannot be read: {str(error).splitlines()[0][:150]}") from None
    if len(found) != 1:
        raise StatementRefused(f"it holds {len(found)} statements, and must hold one")
    return found[0]


def _check(node: exp.Expr, tree: exp.Expr, *, changes: bool) -> None:
    if isinstance(node, exp.Anonymous):
        raise StatementRefused(f"it calls {node.name.upper()}, which no map may call")
    if type(node) not in _EXPRESSIONS and not (changes and type(node) in _CHANGES):
        raise StatementRefused(f"it holds {_called(node)}, which no map may hold")
    if type(node) in (exp.Update, exp.Insert) and node is not tree:
        raise StatementRefused("it changes something within another statement")
    if isinstance(node, exp.Insert) and (node.args.get("conflict") or node.args.get("overwrite")):
        raise StatementRefused("it inserts over what is there")
    if isinstance(node, exp.Table) and not isinstance(node.this, exp.Identifier):
        raise StatementRefused("it reads from a function")


def _called(node: exp.Expr) -> str:
    return str(node.this if isinstance(node, exp.Command) else node.key).upper()


SECONDS = 5
"""Seconds per statement, enforced by the server."""
_SILENCE = 3.0  # Seconds beyond that for a server that does not even report the timeout.
_PARAMETERS = frozenset({"sslmode", "sslrootcert"})
_UNREADABLE = """
SELECT relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE relkind IN ('r', 'p', 'v', 'f') AND nspname NOT IN ('pg_catalog', 'information_schema') AND nspname !~ '^pg_t'
  AND (has_table_privilege(c.oid, $1) OR has_any_column_privilege(c.oid, $2)) ORDER BY 1 LIMIT 5"""
_POWERS = """
SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolreplication OR rolbypassrls OR EXISTS (
    SELECT FROM pg_roles r WHERE r.rolname IN ('pg_write_all_data', 'pg_execute_server_program',
        'pg_write_server_files', 'pg_read_server_files') AND pg_has_role(current_user, r.oid, 'member'))
FROM pg_roles WHERE rolname = current_user"""


class AddressInvalid(ValueError):
    """The database address is invalid; the message says why."""


class NotOneRow(Exception):
    """A statement changed no row or several, and everything was rolled back."""

    def __init__(self, rows: int) -> None:
        super().__init__(rows)
        self.rows = rows


@dataclass(frozen=True)
class Address:
    """Where the database is. Contains no secret."""

    host: str
    port: int
    database: str
    encryption: Mapping[str, str]


def address(text: str) -> Address:
    """Parse `postgresql://host:port/database?sslmode=…`. Raises AddressInvalid."""
    try:
        parts = urlsplit(text)
        port = parts.port or 5432
    except ValueError:
        raise AddressInvalid("it is no address") from None
    given = dict(parse_qsl(parts.query, keep_blank_values=True))
    name = unquote(parts.path.removeprefix("/"))
    if parts.scheme not in ("postgresql", "postgres") or not parts.hostname or not re.fullmatch(r"[^/\s]+", name):
        raise AddressInvalid("it must be as postgresql://db.example:5432/name?sslmode=verify-full")
    if parts.username or parts.password:
        raise AddressInvalid("it holds a name or password; roles are options, their passwords sealed credentials")
    if surplus := sorted(set(given) - _PARAMETERS):
        raise AddressInvalid(f"{', '.join(surplus)} is none of {', '.join(sorted(_PARAMETERS))}")
    if not _is_here(parts.hostname) and given.get("sslmode") != "verify-full":
        raise AddressInvalid(
            "over a network it needs ?sslmode=verify-full (and sslrootcert=…), or whoever is on the "
            "way reads and changes what is asked"
        )
    return Address(parts.hostname, port, name, given)


def _is_here(host: str) -> bool:
    try:
        return host == "localhost" or is_loopback(ipaddress.ip_address(host))
    except ValueError:
        return False


class Database:
    """One database as one role. Network errors become PlatformUnreachable."""

    def __init__(self, where: Address, role: str, password: str, *, reads: bool, seconds: int = SECONDS) -> None:
        self._where, self._role, self._password = where, role, password
        self._reads, self._seconds = reads, seconds

    def value(self, asked: SqlStatement, parameters: Mapping[str, str]) -> tuple[object, ...] | None:
        """The single row a lookup finds, or None. Raises PlatformFault for several."""
        with self._connection() as connection:
            rows = connection.execute(asked.text, asked.values(parameters)).fetchmany(2)
        if len(rows) > 1:
            raise PlatformFault(why="sql: a lookup found more than one row")
        return tuple(rows[0]) if rows else None

    def change(self, asked: Sequence[SqlStatement], parameters: Mapping[str, str], *, keep: bool = True) -> list[int]:
        """Run the statements in one transaction; each must change exactly one row.

        Returns the row counts.

        Unless `keep`, everything is rolled back afterwards. Raises NotOneRow.
        """
        done: list[int] = []
        with self._connection() as connection:
            for one in asked:
                rows = connection.execute(one.text, one.values(parameters)).rowcount
                done.append(rows)
                if rows != 1 and keep:
                    connection.rollback()
                    raise NotOneRow(rows)
            if keep:
                connection.commit()
            else:
                connection.rollback()
        return done

    def try_out(self, asked: SqlStatement) -> str:
        """The server's error for this statement and role; empty if it could run.

        The server only plans it; nothing is read or changed.
        """
        try:
            with self._connection() as connection:
                connection.execute(f"EXPLAIN {asked.text}", [None] * len(asked.parameters))
                connection.rollback()
        except PlatformFault as fault:
            return str(fault.params.get("said") or fault.params["why"])
        return ""

    def powers(self, *, table: str, column: str) -> tuple[bool, list[str]]:
        """Whether the role has more power than an application role should, and the tables on which it has one of the
        privileges `table`, or `column` on some columns.
        """
        with self._connection() as connection:
            row = connection.execute(_POWERS).fetchone()
            return bool(row and row[0]), [str(name) for (name,) in connection.execute(_UNREADABLE, [table, column])]

    @contextmanager
    def _connection(self) -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
        try:
            with psycopg.connect(
                host=self._where.host,
                port=self._where.port,
                dbname=self._where.database,
                user=self._role,
                password=self._password,
                connect_timeout=self._seconds,
                application_name="jaga",
                gssencmode="disable",
                options=f"-c statement_timeout={self._seconds * 1000} -c lock_timeout={self._seconds * 1000} "
                f"-c idle_in_transaction_session_timeout={self._seconds * 2000} "
                f"-c default_transaction_read_only={'on' if self._reads else 'off'}",
                cursor_factory=psycopg.RawCursor,
                sslmode=self._where.encryption.get("sslmode"),
                sslrootcert=self._where.encryption.get("sslrootcert"),
            ) as connection:
                connection.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
                connection.read_only = self._reads
                with _no_longer_than(self._seconds + _SILENCE, connection.fileno()):
                    yield connection
                    if connection.info.transaction_status is not TransactionStatus.IDLE:
                        connection.rollback()  # Leaving the block would commit.
        except psycopg.Error as error:
            raise _as_ours(error) from error


@contextmanager
def _no_longer_than(seconds: float, line: int) -> Iterator[None]:
    """Close the connection of an unresponsive server, which the waiting thread then notices."""
    with socket.socket(fileno=os.dup(line)) as ours:
        limit = Timer(seconds, lambda: ours.shutdown(socket.SHUT_RDWR))
        limit.daemon = True
        limit.start()
        try:
            yield
        finally:
            limit.cancel()
            limit.join()


def _as_ours(error: psycopg.Error) -> PlatformUnreachable:
    """The error without values, which the server repeats in its messages."""
    code = error.sqlstate or ""
    message = str(error.diag.message_primary or "") if code[:2] in ("42", "25") else ""  # Table names, never a value.
    if code[:2] == "28" or "authentication failed" in str(error):
        return CredentialsRefused(why=f"sql: the role is refused {code}".strip())
    silent = isinstance(error, psycopg.OperationalError) and code[:2] not in ("22", "23", "42")
    if silent or code[:2] in ("08", "53", "57", "55", "40"):
        return PlatformUnreachable(why=f"sql: {type(error).__name__} {code}".strip())
    return PlatformFault(why=f"sql: {type(error).__name__} {code}".strip(), said=message)
