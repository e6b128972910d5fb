"""The mapping-driven implementation of `PlatformPort`. See `jaga.platforms.sql`.

A mapping's REST calls: to one host, without redirects, limited in time and size (`jaga.platforms.kit.http`).
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jaga.core.clock import now
from jaga.core.errors import N_
from jaga.core.foreign import shown
from jaga.core.platforms import (
    Account,
    AccountObservation,
    Capabilities,
    Capability,
    Material,
    NotReadable,
    PlatformFault,
    PublicFeed,
    RouteObservation,
    StepResult,
)
from jaga.core.terms.cases import AccountState, OutcomeKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration, credential
from jaga.platforms.kit.guard import Check, moment_of_text
from jaga.platforms.kit.http import CredentialsRefused, Http, JsonReply, is_address, is_protected
from jaga.platforms.kit.steps import (
    CONTRADICTION,
    NOT_SEEN,
    RUNS_THE_SERVER,
    SEEN,
    Rehearsed,
    bring_to,
    cannot_start,
    impossible,
    observe_within,
    send_once,
)
from jaga.platforms.sql.database import AddressInvalid, Database, NotOneRow, SqlStatement, address
from jaga.platforms.sql.mapping import (
    NAMES,
    NO_ROW,
    Lookup,
    Map,
    MapInvalid,
    Part,
    RestCall,
    as_answer,
    check_database,
    check_map,
    read_map,
)


class Caller:
    """Sends calls to the host of `base_url`. Lookups use `lookup_token` if it differs from the acting one."""

    def __init__(self, http: Http, lookup_token: str | None, base_url: str) -> None:
        self._http, self._lookup_token, self._base_url = http, lookup_token, base_url

    def send(self, call: RestCall, parameters: Mapping[str, str]) -> JsonReply:
        """Send a change; its answer proves nothing. Raises PlatformUnreachable."""
        return self._sent(call, parameters, None)

    def ask(self, call: RestCall, parameters: Mapping[str, str]) -> str:
        """A lookup's answer: the value at the call's path, or its status as `HTTP 200`.

        Raises PlatformFault if the value is missing.
        """
        answer = self._sent(call, parameters, "" if call.public else self._lookup_token)
        if not call.value or not answer.ok:
            return f"HTTP {answer.status}"
        found = answer.value
        for step in () if call.value == "." else call.value.split("."):
            if not isinstance(found, Mapping) or step not in found:
                raise PlatformFault(why=f"{call.method}: the answer holds no {call.value}")
            found = found[step]
        if isinstance(found, list | dict):
            return str(len(found))
        return as_answer(found)

    def written(self, call: RestCall, parameters: Mapping[str, str]) -> str:
        """The call as it would be sent, without its token."""
        body = "" if call.body is None else " " + json.dumps(_filled(call.body, parameters), ensure_ascii=False)
        return f"{call.method} {self._base_url.rstrip('/')}{_path(call, parameters)}{body}"

    def _sent(self, call: RestCall, parameters: Mapping[str, str], token: str | None) -> JsonReply:
        body = None if call.body is None else _filled(call.body, parameters)
        answer = self._http.call(call.method, _path(call, parameters), json_body=body, token=token, any_json=True)
        if answer.status in (401, 403):
            raise CredentialsRefused(why=f"{call.method}: HTTP {answer.status}")
        if 300 <= answer.status < 400:
            raise PlatformFault(why=f"{call.method}: HTTP {answer.status}, and redirects are not followed")
        return answer


def _path(call: RestCall, parameters: Mapping[str, str]) -> str:
    return call.path.format(**{name: quote(value, safe="") for name, value in parameters.items()})


def _filled(body: Any, parameters: Mapping[str, str]) -> Any:
    if isinstance(body, dict):
        return {str(name).format(**parameters): _filled(value, parameters) for name, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, parameters) for value in body]
    return body.format(**parameters) if isinstance(body, str) else body


NOT_MAPPED = N_("The map of this platform names no way to do this.")
NOT_WATCHED = N_("Public rooms of this platform cannot be read.")
NOT_ONE_ROW = N_("The statement did not fit exactly one row. Everything was taken back; nothing was changed.")
CALL_REFUSED = N_("The platform did not take the order.")
CLOSED_CANNOT_READ = N_("A closed account cannot read anything. Nothing was sent.")
_TRUE = frozenset({"true", "t", "1", "yes"})
_NOTHING = frozenset({"false", "f", "0", "null", "", NO_ROW, "HTTP 404"})
_SAMPLE = "Contoh surat. Tidak dikirim."
_PLAIN = re.compile(r"(?!\.\.?$)[^\s/\\\x00-\x1f\x7f]{1,200}")


@dataclass(frozen=True)
class _Inspection:
    """One observation by all routes. `leading` is the first route's state, or None if unclear."""

    observation: AccountObservation
    leading: AccountState | None

    @property
    def state(self) -> AccountState:
        return self.observation.state


class SqlAdapter:
    """The platform interface driven by a mapping of statements and calls. See `jaga.core.platforms.PlatformPort`."""

    def __init__(
        self,
        *,
        mapping: Map,
        server_name: str,
        looking: Database | None = None,
        acting: Database | None = None,
        caller: Caller | None = None,
        base_url: str = "",
        is_current: Callable[[], bool] = lambda: True,
    ) -> None:
        self.is_current = is_current  # Whether the mapping file is still the one that was read.
        self._map, self._server_name, self._base_url = mapping, server_name, base_url
        self._looking, self._acting, self._caller = looking, acting, caller

    def capabilities(self) -> Capabilities:
        mapping, undone = self._map, "restore" in self._map.verbs
        lost = mapping.lost if undone else ()

        def can(verb: str) -> Capability:
            mapped = verb in mapping.verbs
            return Capability(mapped, mapped and undone, lost if verb == "close" else (), "" if mapped else NOT_MAPPED)

        naming = mapping.naming
        return Capabilities(
            "sql",
            {
                Step.OBSERVE: Capability(True),
                Step.PRESERVE: Capability(False, note=NOT_MAPPED),
                Step.RESTRICT: replace(can("hold"), help=mapping.help),
                Step.DELIVER: Capability(mapping.tell is not None, False, note="" if mapping.tell else NOT_MAPPED),
                Step.REDACT: Capability(False, False, note=NOT_MAPPED),
                Step.CLOSE: can("close"),
                Step.RESTORE: Capability(undone, note="" if undone else NOT_MAPPED),
            },
            stable_id=re.escape(naming.prefix) + f"(?:{naming.pattern})" if naming else "",
            named_like=NAMES[mapping.names],
            lag=mapping.lag,
        )

    def check(self) -> tuple[Check, ...]:
        """Check the mapping, each role's privileges, each statement as the server plans it, and a lookup of nobody."""
        checks = [check_map(self._map)]
        if self._looking and self._acting:
            checks += check_database(self._map, self._looking, self._acting)
        if self._caller:
            good = is_protected(self._base_url)
            checks.append(
                Check(
                    "encryption",
                    good,
                    f"Calls go to {self._base_url} and nowhere else."
                    if good
                    else "base_url: use https://, or everybody on the way can read and change the orders.",
                )
            )
        if self._map.nobody and all(check.ok for check in checks):
            observation = self.observe(Account("", self._map.nobody))
            missing = observation.state is AccountState.MISSING
            answers = ", ".join(f"{reading.route}: {reading.answer}" for reading in observation.readings)
            checks.append(
                Check(
                    "nobody",
                    missing,
                    f"{self._map.nobody} is seen to be {observation.state.value} ({answers})."
                    + ("" if missing else " Every lookup must say missing of an account that nobody has."),
                )
            )
        return tuple(checks)

    def observe(self, account: Account) -> AccountObservation:
        """Every lookup of the mapping; UNKNOWN unless they agree on exactly one state."""
        parameters = self._known(account)
        if parameters is None:
            return AccountObservation(
                AccountState.MISSING, (RouteObservation("address", "not of this platform"),), now()
            )
        return self._inspect(parameters).observation

    def identify(self, account: Account) -> Account | None:
        """The account with its current name, found by id or name."""
        naming = self._map.naming
        if naming is None or self._looking is None:
            return account if self.observe(account).state is not AccountState.MISSING else None
        parameters = self._known(account)
        name = account.account_id.removeprefix("@")
        if parameters is None and not _PLAIN.fullmatch(name):
            return None
        row = (
            self._looking.value(naming.by_id, parameters)
            if parameters
            else self._looking.value(naming.by_name, {"name": name})
        )
        if row is None:
            return None
        if len(row) < 2 or row[0] is None or row[1] is None:
            raise PlatformFault(why="sql: account.by_name and by_id must give an id and a name")
        stable, handle = f"{naming.prefix}{as_answer(row[0])}", as_answer(row[1])
        found = Account(account.platform, stable, handle, moment_of_text(row[2]) if len(row) > 2 else None)
        if self._known(found) is None or (parameters and found.account_id != account.account_id):
            raise PlatformFault(why="sql: the id that was found does not fit account.id")
        return found

    def preserve(self, account: Account) -> tuple[Material, ...]:
        """Empty: a mapping does not describe public content."""
        return ()

    def restrict(self, account: Account) -> StepResult:
        return self._bring("hold", account, AccountState.RESTRICTED, enough=frozenset({AccountState.CLOSED}))

    def close(self, account: Account) -> StepResult:
        return self._bring("close", account, AccountState.CLOSED)

    def restore(self, account: Account) -> StepResult:
        return self._bring("restore", account, AccountState.ACTIVE)

    def deliver(self, account: Account, text: str, key: str) -> StepResult:
        """Send `text` unless the lookup finds the mark of `key`. IMPOSSIBLE for a closed account."""
        tell = self._map.tell
        if tell is None:
            return impossible(NOT_MAPPED)
        observation = self.observe(account)
        if obstacle := cannot_start(observation):
            return obstacle
        if observation.state is AccountState.CLOSED:
            return impossible(CLOSED_CANNOT_READ)
        # The key may name a case, which the platform need not store.
        mark = hashlib.sha256(f"{key}\0{account.account_id}".encode()).hexdigest()[:32]
        parameters = {**(self._known(account) or {}), "key": mark, "text": text.replace("\0", "\ufffd")}
        return send_once(
            lambda: self._answer(tell.find, parameters) not in _NOTHING,
            lambda: self._do(tell.send, parameters),
            lag=self._map.lag,
        )

    def redact(self, account: Account, rooms: tuple[str, ...]) -> StepResult:
        return impossible(NOT_MAPPED)

    def read_public(self, cursor: str | None) -> PublicFeed:
        """Always raises NotReadable: an empty feed would look like silence."""
        raise NotReadable(NOT_WATCHED, why="no reader for rooms")

    def rehearse(self, account: Account) -> tuple[Rehearsed, ...]:
        """What each step would do: statements run and are rolled back, calls are not sent."""
        parameters = self._known(account)
        if parameters is None:
            return (Rehearsed("observe", account.account_id, "it is not of this platform"),)
        parameters = {**parameters, "key": "0" * 32, "text": _SAMPLE}
        read = self._inspect(parameters)
        lines = [
            Rehearsed("observe", lookup.route, reading.answer)
            for lookup, reading in zip(self._map.observe, read.observation.readings, strict=True)
        ]
        lines.append(Rehearsed("observe", "all together", read.state.value))
        verbs = {**self._map.verbs, **({"tell": self._map.tell.send} if self._map.tell else {})}
        for verb in ("hold", "tell", "close", "restore"):
            lines += self._rehearsed(verb, verbs.get(verb, ()), parameters)
        return tuple(lines)

    def _rehearsed(self, verb: str, parts: tuple[Part, ...], parameters: Mapping[str, str]) -> list[Rehearsed]:
        statements = [part for part in parts if isinstance(part, SqlStatement)]
        done = self._acting.change(statements, parameters, keep=False) if statements and self._acting else []
        lines = [
            Rehearsed(
                verb,
                _written(part, parameters),
                f"{rows} row{'' if rows == 1 else 's'}, taken back"
                + ("" if rows == 1 else ": not exactly one, so nothing would be kept"),
            )
            for part, rows in zip(statements, done, strict=True)
        ]
        return lines + [
            Rehearsed(verb, self._caller.written(part, parameters), "not sent")
            for part in parts
            if isinstance(part, RestCall) and self._caller
        ]

    def _bring(
        self,
        verb: str,
        account: Account,
        wanted: AccountState,
        enough: frozenset[AccountState] = frozenset(),
    ) -> StepResult:
        parts = self._map.verbs.get(verb)
        if parts is None:
            return impossible(NOT_MAPPED)
        parameters = self._known(account)
        if parameters is None:
            observation = self.observe(account)
            return cannot_start(observation) or impossible()
        first = self._inspect(parameters)
        if first.state is AccountState.UNKNOWN and first.leading is wanted:
            return self._finish(parts, parameters, wanted, first)

        def act() -> StepResult | None:
            if self._is_protected(account, parameters):
                return StepResult(OutcomeKind.REFUSED, RUNS_THE_SERVER, (RouteObservation("map", "protected"),))
            return self._do(parts, parameters)

        return bring_to(
            wanted,
            lambda: self._inspect(parameters).observation,
            act,
            enough=enough,
            before=first.observation,
            by_all_routes=True,
            lag=self._map.lag,
        )

    def _finish(
        self,
        parts: tuple[Part, ...],
        parameters: Mapping[str, str],
        wanted: AccountState,
        first: _Inspection,
    ) -> StepResult:
        """Complete an attempt that ended between its statements and calls: the calls are repeated, the rows stay."""
        calls = tuple(part for part in parts if isinstance(part, RestCall))
        if not calls:
            return StepResult(OutcomeKind.UNKNOWN, CONTRADICTION, first.observation.readings)
        if refusal := self._do(calls, parameters):
            return refusal
        after = observe_within(
            self._map.lag,
            lambda: self._inspect(parameters).observation,
            lambda observation: observation.state is wanted,
        )
        if after.state is wanted:
            return StepResult(OutcomeKind.DONE, SEEN, after.readings, observation=after)
        return StepResult(OutcomeKind.UNKNOWN, NOT_SEEN, after.readings)

    def _do(self, parts: tuple[Part, ...], parameters: Mapping[str, str]) -> StepResult | None:
        """Run the statements in one transaction, then the calls. Returns None if everything was accepted."""
        statements = [part for part in parts if isinstance(part, SqlStatement)]
        if statements and self._acting:
            try:
                self._acting.change(statements, parameters)
            except NotOneRow as found:
                return StepResult(OutcomeKind.REFUSED, NOT_ONE_ROW, (RouteObservation("rows", str(found.rows)),))
        for part in parts:
            if isinstance(part, RestCall) and self._caller and not (answer := self._caller.send(part, parameters)).ok:
                return StepResult(
                    OutcomeKind.REFUSED, CALL_REFUSED, (RouteObservation("call", f"HTTP {answer.status}"),)
                )
        return None

    def _is_protected(self, account: Account, parameters: Mapping[str, str]) -> bool:
        if account.account_id in self._map.protected or parameters["id"] in self._map.protected:
            return True
        lookup = self._map.protected_lookup
        return lookup is not None and self._answer(lookup, parameters).lower() in _TRUE

    def _inspect(self, parameters: Mapping[str, str]) -> _Inspection:
        fitting: frozenset[AccountState] | None = None
        leading: AccountState | None = None
        readings = []
        for lookup in self._map.observe:
            answer = self._answer(lookup.part, parameters)
            fits = lookup.fits(answer)
            if fitting is None and len(fits) == 1:
                (leading,) = fits
            fitting = fits if fitting is None else fitting & fits
            # An unmapped answer may contain anything, and readings are stored.
            readings.append(RouteObservation(lookup.route, _reading(lookup, answer)))
        state = next(iter(fitting)) if fitting and len(fitting) == 1 else AccountState.UNKNOWN
        return _Inspection(AccountObservation(state, tuple(readings), now()), leading)

    def _answer(self, part: Part, parameters: Mapping[str, str]) -> str:
        if isinstance(part, RestCall):
            assert self._caller is not None
            return self._caller.ask(part, parameters)
        assert self._looking is not None
        row = self._looking.value(part, parameters)
        if row is None:
            return NO_ROW
        if len(row) != 1:
            raise PlatformFault(why="sql: a lookup gives one value")
        return as_answer(row[0])

    def _known(self, account: Account) -> dict[str, str] | None:
        """The parameters identifying the account's row; None for an id this platform cannot have."""
        given, naming = account.account_id, self._map.naming
        if naming:
            bare = given.removeprefix(naming.prefix)
            fits = re.fullmatch(naming.pattern, bare) is not None and _PLAIN.fullmatch(bare) is not None
            return {"id": bare} if given.startswith(naming.prefix) and fits else None
        if self._map.names == "plain":
            return {"id": given, "name": given} if _PLAIN.fullmatch(given) else None
        local, parted, server = (
            given.removeprefix("@").partition(":") if self._map.names == "matrix" else given.partition("@")
        )
        fits = bool(parted) and server == self._server_name and _PLAIN.fullmatch(local) is not None
        return {"id": given, "name": local} if fits and (self._map.names == "xmpp" or given[0] == "@") else None


def _reading(lookup: Lookup, answer: str) -> str:
    return shown(answer, 60) if answer in lookup.states else "another answer"


def _written(part: SqlStatement, parameters: Mapping[str, str]) -> str:
    values = ", ".join(f"${number} = {shown(value, 40)!r}" for number, value in enumerate(part.values(parameters), 1))
    return f"{part.text}   [{values}]"


CREDENTIALS = {
    "observer_password": "Of the role that reads.",
    "actor_password": "Of the role that acts.",
    "token": "For calls.",
    "observer_token": "For lookups by calls, if that is another.",
}
OPTIONS = {
    "map": "The path of the map, as docs/sql-adapter.md shows.",
    "database": "Where it is, without a password.",
    "observer": "The role that reads and can change nothing.",
    "actor": "The role that acts.",
    "token_as": "bearer or basic.",
}


def from_configuration(configuration: PlatformConfiguration) -> SqlAdapter:
    """Options: `map` (the file); with statements `database`, `observer` and `actor`, the two roles.

    Credentials: `observer_password` and `actor_password`; with calls `token`, and `observer_token` if lookups use
    another one. Raises BlockIncomplete, MapInvalid.
    """
    options = configuration.options
    path = Path(_option(configuration, "map", "the path of the map, as docs/sql-adapter.md shows"))
    stamp = _stamp(path)
    mapping = read_map(path)
    parts = [part for _, part in mapping.parts()]
    looking = acting = caller = None
    if any(isinstance(part, SqlStatement) for part in parts):
        try:
            where = address(_option(configuration, "database", "where it is, without a password"))
        except AddressInvalid as wrong:
            raise BlockIncomplete(platform=configuration.name, field="options.database", why=str(wrong)) from None
        looker = _option(configuration, "observer", "the role that reads and can change nothing")
        actor = _option(configuration, "actor", "the role that acts")
        if looker == actor:
            raise BlockIncomplete(platform=configuration.name, field="options.actor", why="another role than observer")
        looking = Database(where, looker, credential(configuration, "observer_password"), reads=True)
        acting = Database(where, actor, credential(configuration, "actor_password"), reads=False)
    if any(isinstance(part, RestCall) for part in parts):
        if not is_address(configuration.base_url) or not is_protected(configuration.base_url):
            raise BlockIncomplete(
                platform=configuration.name, field="base_url", why="https:// where calls go, or a loopback address"
            )
        token = configuration.credentials.get("token", "")
        name, _, password = token.partition(":") if options.get("token_as", "bearer") == "basic" else ("", "", "")
        observer = configuration.credentials.get("observer_token", token)
        caller = Caller(
            Http(configuration.base_url, "" if name else token, auth=(name, password) if name else None),
            None if name else observer,
            configuration.base_url,
        )
    if mapping.naming and looking is None:
        raise MapInvalid(path=path, why="account: it takes statements")
    return SqlAdapter(
        mapping=mapping,
        server_name=configuration.server_name,
        looking=looking,
        acting=acting,
        caller=caller,
        base_url=configuration.base_url,
        is_current=lambda: _stamp(path) == stamp,
    )


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _option(configuration: PlatformConfiguration, name: str, why: str) -> str:
    if value := configuration.options.get(name):
        return value
    raise BlockIncomplete(platform=configuration.name, field=f"options.{name}", why=why)
