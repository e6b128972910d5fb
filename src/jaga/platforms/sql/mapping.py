"""The mapping: the operator's YAML file that assigns a statement or call to each step.

Checks of a mapping and its two roles for `jaga platform check`. Reads no account and changes nothing.
"""

import os
import re
import stat
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter
from typing import Any

import yaml

from jaga.core.errors import N_, JagaError
from jaga.core.locators import usable_pattern
from jaga.core.platforms import LONGEST_LAG, PlatformUnreachable
from jaga.core.terms.cases import AccountState, HelpReach
from jaga.platforms.kit.guard import Check
from jaga.platforms.kit.http import CredentialsRefused
from jaga.platforms.kit.steps import LOST_DEVICES, LOST_PASSWORD
from jaga.platforms.sql.database import WHO, Database, SqlStatement, StatementRefused, statement

NAMES = {"plain": "", "matrix": "synapse", "xmpp": "prosody"}
LOST = {"devices": LOST_DEVICES, "password": LOST_PASSWORD}
NO_ROW = "no row"
_HELP = (HelpReach.WRITES.value, HelpReach.READS.value, HelpReach.NOTHING.value)
LARGEST = 256 * 1024
_VERBS = ("hold", "close", "restore")
_TOP = {"names", "lag", "nobody", "account", "observe", "protected", "tell", "lost", "help", *_VERBS}
_METHODS = ("get", "post", "put", "patch")
_TELLING = frozenset({"key", "text"})


class MapInvalid(JagaError):
    """The mapping is invalid; nothing was done with it."""

    code = "sql_map_invalid"
    status = 500
    sentence = N_("The map in %(path)s is not usable: %(why)s.")
    remedy = N_("Correct it as docs/sql-adapter.md shows, then run `jaga platform check`.")


@dataclass(frozen=True)
class RestCall:
    """One REST call.

    `body` is JSON whose strings may contain {id}, {name}, {key} and {text}; `value` is a dotted path.

    `public`: sent without a token, as anyone could.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None
    value: str = ""
    public: bool = False


Part = SqlStatement | RestCall


@dataclass(frozen=True)
class Lookup:
    """One lookup, with the states each answer is compatible with; `otherwise` are those of any other answer."""

    route: str
    part: Part
    states: Mapping[str, frozenset[AccountState]]
    otherwise: frozenset[AccountState] = frozenset()

    def fits(self, answer: str) -> frozenset[AccountState]:
        """The states compatible with this answer; empty for an unexpected one."""
        return self.states.get(answer, self.otherwise)


@dataclass(frozen=True)
class Naming:
    """For platforms where the username is not the id: the id's pattern, and how to translate between them."""

    pattern: str
    prefix: str
    by_name: SqlStatement
    by_id: SqlStatement


@dataclass(frozen=True)
class HolderMessageMapping:
    """How to write to a holder: `find` looks for a message sent under a key."""

    find: Part
    send: tuple[Part, ...]


@dataclass(frozen=True)
class Map:
    """The whole file, validated."""

    names: str
    observe: tuple[Lookup, ...]
    lag: float = 0.0
    nobody: str = ""
    naming: Naming | None = None
    protected: frozenset[str] = frozenset()
    protected_lookup: Part | None = None
    tell: HolderMessageMapping | None = None
    verbs: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    lost: tuple[str, ...] = ()
    help: HelpReach = HelpReach.UNKNOWN

    def parts(self) -> tuple[tuple[str, Part], ...]:
        """Everything that is sent, with its purpose."""
        named: list[tuple[str, Part]] = [(f"observe {lookup.route}", lookup.part) for lookup in self.observe]
        if self.naming:
            named += [("account.by_name", self.naming.by_name), ("account.by_id", self.naming.by_id)]
        if self.protected_lookup:
            named.append(("protected", self.protected_lookup))
        if self.tell:
            named += [("tell.find", self.tell.find), *(("tell.send", part) for part in self.tell.send)]
        named += [(verb, part) for verb, parts in self.verbs.items() for part in parts]
        return tuple(named)


class _Wrong(ValueError):
    pass


def read_map(path: Path) -> Map:
    """The mapping in the file. Raises MapInvalid, also if other users of this machine can write to it."""
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o022:
                raise MapInvalid(path=path, why="others can change it; run chmod go-w on it")
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise _Wrong("it is too large")
        return _map(yaml.safe_load(content.decode()))
    except OSError as error:
        raise MapInvalid(path=path, why=error.strerror or type(error).__name__) from None
    except yaml.YAMLError as error:
        raise MapInvalid(path=path, why=f"it is no YAML: {' '.join(str(error).split())[:200]}") from None
    except (ValueError, RecursionError) as wrong:
        raise MapInvalid(path=path, why=str(wrong)[:300]) from None


def _map(read: object) -> Map:
    top = _table(read, "the map", _TOP)
    names = str(top.get("names", "plain"))
    if names not in NAMES:
        raise _Wrong(f"names: one of {', '.join(NAMES)}")
    naming = _naming(top["account"]) if "account" in top else None
    if naming and names != "plain":
        raise _Wrong(f"account: not together with names: {names}, where the name is the id")
    who = frozenset({"id"}) if naming else WHO
    lookups = tuple(_lookup(each, who) for each in _list(top.get("observe"), "observe"))
    if len(lookups) < 2:
        raise _Wrong("observe: at least two lookups; an answer to one alone is no proof")
    if len({lookup.route for lookup in lookups}) < len(lookups):
        raise _Wrong("observe: each lookup has a route of its own")
    lag = top.get("lag", 0)
    if isinstance(lag, bool) or not isinstance(lag, int | float) or not 0 <= lag <= LONGEST_LAG:
        raise _Wrong(f"lag: seconds between 0 and {LONGEST_LAG:.0f}")
    lost = [str(each) for each in _list(top.get("lost", []), "lost")]
    if unknown := sorted(set(lost) - set(LOST)):
        raise _Wrong(f"lost: {', '.join(unknown)}; known are {', '.join(LOST)}")
    reaches = str(top.get("help", ""))
    if "hold" in top and reaches not in _HELP:
        raise _Wrong(f"help: one of {', '.join(_HELP)}; people must know what a held account can still do")
    guarded = _table(top.get("protected", {}), "protected", {"accounts", "sql", "json", "value", "public", *_METHODS})
    return Map(
        names=names,
        observe=lookups,
        lag=float(lag),
        nobody=str(top.get("nobody", "")),
        naming=naming,
        protected=frozenset(str(each) for each in _list(guarded.get("accounts", []), "protected.accounts")),
        protected_lookup=_part(guarded, "protected", who, changes=False) if set(guarded) - {"accounts"} else None,
        tell=_holder_message(top["tell"], who) if "tell" in top else None,
        verbs={verb: _parts(top[verb], verb, who) for verb in _VERBS if verb in top},
        lost=tuple(LOST[each] for each in lost),
        help=HelpReach(reaches) if reaches in _HELP else HelpReach.UNKNOWN,
    )


def _naming(read: object) -> Naming:
    table = _table(read, "account", {"id", "prefix", "by_name", "by_id"}, needs={"id", "by_name", "by_id"})
    pattern, prefix = str(table["id"]), str(table.get("prefix", "id:"))
    if not pattern or not usable_pattern(re.escape(prefix) + pattern):
        raise _Wrong("account.id: a regular expression, such as [0-9]{1,18}")
    if not re.fullmatch(r"\S{1,20}", prefix):
        raise _Wrong("account.prefix: some letters that no username begins with, such as id:")
    return Naming(
        pattern,
        prefix,
        _sql(table["by_name"], "account.by_name", frozenset({"name"})),
        _sql(table["by_id"], "account.by_id", frozenset({"id"})),
    )


def _lookup(read: object, who: frozenset[str]) -> Lookup:
    table = _table(
        read,
        "observe",
        {"route", "states", "otherwise", "sql", "json", "value", "public", *_METHODS},
        needs={"route", "states"},
    )
    route = str(table["route"])
    states = table["states"]
    if not isinstance(states, dict) or not states:
        raise _Wrong(f"observe {route}: states, with what each answer means")
    return Lookup(
        route,
        _part(table, f"observe {route}", who, changes=False),
        {_answer(answer): _states(meant, route) for answer, meant in states.items()},
        _states(table["otherwise"], route) if "otherwise" in table else frozenset(),
    )


def _answer(answer: object) -> str:
    """A YAML answer in the form of `as_answer`: YAML reads yes, 1 and null as typed values."""
    return as_answer(answer)


def as_answer(value: object) -> str:
    """A value of a row or answer as the text the mapping refers to."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _states(read: object, route: str) -> frozenset[AccountState]:
    words = [str(each) for each in (read if isinstance(read, list) else [read])]
    states = [state.value for state in AccountState if state is not AccountState.UNKNOWN]
    if unknown := sorted(set(words) - set(states)):
        raise _Wrong(f"observe {route}: {', '.join(unknown)} is no state; there are {', '.join(states)}")
    return frozenset(AccountState(word) for word in words)


def _holder_message(read: object, who: frozenset[str]) -> HolderMessageMapping:
    table = _table(read, "tell", {"find", "send"}, needs={"find", "send"})
    find = _table(table["find"], "tell.find", {"sql", "json", "value", *_METHODS})
    found = _part(find, "tell.find", who | {"key"}, changes=False)
    send = _parts(table["send"], "tell.send", who | _TELLING)
    for part, name in ((found, "tell.find"), *((each, "tell.send") for each in send[:1])):
        if "key" not in _names_in(part):
            raise _Wrong(f"{name}: without key, by which a letter that was sent before is found")
    return HolderMessageMapping(found, send)


def _parts(read: object, name: str, who: frozenset[str]) -> tuple[Part, ...]:
    listed = read if isinstance(read, list) else [read]
    parts = tuple(_part(_table(each, name, {"sql", "json", *_METHODS}), name, who, changes=True) for each in listed)
    if not parts:
        raise _Wrong(f"{name}: nothing is to be done")
    kinds = [isinstance(part, SqlStatement) for part in parts]
    if kinds != sorted(kinds, reverse=True):
        raise _Wrong(f"{name}: statements first, then calls: only statements can be taken back")
    return parts


def _part(table: Mapping[str, Any], name: str, who: frozenset[str], *, changes: bool) -> Part:
    ways = [way for way in ("sql", *_METHODS) if way in table]
    if len(ways) != 1:
        raise _Wrong(f"{name}: exactly one of sql, {', '.join(_METHODS)}")
    if ways == ["sql"]:
        return _sql(table["sql"], name, who, changes=changes)
    (method,) = ways
    if method in ("put", "patch") and not changes:
        raise _Wrong(f"{name}: a lookup is a get, or a post that changes nothing")
    if method == "get" and changes:
        raise _Wrong(f"{name}: a get changes nothing")
    body = table.get("json")
    if body is not None and not isinstance(body, dict):
        raise _Wrong(f"{name}: json is an object")
    path = str(table[method])
    if not re.fullmatch(r"/(?!/)[!-~]*", path) or re.search(r"[\\#]|/\.\.?(/|$)", path):
        raise _Wrong(f"{name}: the path begins with one / and stays on the host of base_url")
    made = RestCall(method.upper(), path, body, str(table.get("value", "")), table.get("public") is True)
    if unknown := sorted(_names_in(made) - who):
        raise _Wrong(f"{name}: there is no {{{unknown[0]}}} here, only {', '.join(sorted(who))}")
    if not WHO & _names_in(made):
        raise _Wrong(f"{name}: it names no {{id}} (or {{name}}), so it would not be about the account")
    return made


def _sql(written: object, name: str, who: frozenset[str], *, changes: bool = False) -> SqlStatement:
    if isinstance(written, dict):
        written = _table(written, name, {"sql"}, needs={"sql"})["sql"]
    try:
        return statement(str(written), changes=changes, allowed=who)
    except StatementRefused as refused:
        raise _Wrong(f"{name}: {refused}") from None


def _names_in(part: Part) -> frozenset[str]:
    if isinstance(part, SqlStatement):
        return frozenset(part.parameters)
    return frozenset(fields(part.path) | _fields_of(part.body))


def _fields_of(body: object) -> set[str]:
    if isinstance(body, dict):
        return set().union(*map(_fields_of, body.values()), *map(fields, map(str, body))) if body else set()
    if isinstance(body, list):
        return set().union(*map(_fields_of, body)) if body else set()
    return fields(body) if isinstance(body, str) else set()


def fields(text: str) -> set[str]:
    """The names in braces. Raises ValueError for malformed ones; {{ and }} are literal braces."""
    found = set()
    for _, name, spec, conversion in Formatter().parse(text):
        if name is None:
            continue
        if spec or conversion or not re.fullmatch("[a-z]+", name):
            raise _Wrong(f"{{{name}}} is no parameter")
        found.add(name)
    return found


def _table(read: object, name: str, allowed: set[str], needs: Set[str] = frozenset()) -> dict[str, Any]:
    if not isinstance(read, dict):
        raise _Wrong(f"{name}: a table")
    if surplus := sorted(set(map(str, read)) - allowed):
        raise _Wrong(f"{name}: {', '.join(surplus)} is unknown; there are {', '.join(sorted(allowed))}")
    if missing := sorted(needs - set(read)):
        raise _Wrong(f"{name}: it needs {', '.join(missing)}")
    return read


def _list(read: object, name: str) -> list[Any]:
    if not isinstance(read, list):
        raise _Wrong(f"{name}: a list")
    return read


_WRITING = "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
_WRITING_COLUMNS = "INSERT, UPDATE, REFERENCES"
_REMOVING = "DELETE, TRUNCATE"
_NEVER = "REFERENCES"


def check_map(mapping: Map) -> Check:
    """Describe what the mapping supports."""
    offers = [*(["tell"] if mapping.tell else []), *mapping.verbs]
    lacking = [verb for verb in ("close", "restore") if verb not in mapping.verbs]
    routes = ", ".join(lookup.route for lookup in mapping.observe)
    if lacking:
        return Check("map", False, f"The map names no {' and no '.join(lacking)}: nothing could be closed and undone.")
    return Check("map", True, f"The map looks by {routes}, and offers {', '.join(offers)}.")


def check_database(mapping: Map, looking: Database, acting: Database) -> list[Check]:
    """Check both roles' privileges, and each statement as the server plans it for its role."""
    checks = [
        _role("observer", looking, _WRITING, _WRITING_COLUMNS, "can change"),
        _role("actor", acting, _REMOVING, _NEVER, "can remove rows of"),
    ]
    if not all(check.ok for check in checks):
        return checks
    wrong = [
        (name, fault)
        for name, part in mapping.parts()
        if isinstance(part, SqlStatement) and (fault := (acting if part.changes else looking).try_out(part))
    ]
    if wrong:
        return checks + [Check("statement", False, f"{name}: {fault}.") for name, fault in wrong]
    return [*checks, Check("statements", True, "The server can plan every statement for its role.")]


def _role(name: str, database: Database, table: str, column: str, can: str) -> Check:
    try:
        powerful, tables = database.powers(table=table, column=column)
    except CredentialsRefused:
        return Check(name, False, f"The database refuses the role in options.{name}, or its password.")
    except PlatformUnreachable as silent:
        return Check(name, False, f"The database does not answer: {silent.params['why']}.")
    if powerful:
        return Check(name, False, f"The {name} is a superuser or may make roles and databases: take an ordinary role.")
    if tables:
        return Check(name, False, f"The {name} {can} {', '.join(tables)}: take that right away from it.")
    return Check(name, True, f"The {name} has no more rights than it should.")
