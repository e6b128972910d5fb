"""The adapter `sql`: the contract on an invented app's tables, on a REST interface, and on ejabberd's own users.

What a map may contain, and what happens with 0 and 2 rows, without an answer, and after a lost answer.
"""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from click.testing import CliRunner
from tests.platforms import toy_chat
from tests.platforms.contract import PlatformContract
from tests.platforms.fake import Fault
from tests.platforms.proxy import LIMIT, proxied
from tests.platforms.sql_stage import (
    APP,
    EXAMPLES,
    AppStage,
    EjabberdSqlStage,
    Tables,
    has_sql_ejabberd,
    running_sql_ejabberd,
    tables,
)
from tests.platforms.stage import Person

from jaga.app.commands import platform as commands
from jaga.app.services.processes import free_port
from jaga.core.platforms import Account, PlatformFault, PlatformUnreachable
from jaga.core.terms.cases import AccountState, HelpReach, OutcomeKind, Step
from jaga.platforms.kit.configuration import BlockIncomplete, PlatformConfiguration
from jaga.platforms.kit.credentials import save_configuration
from jaga.platforms.kit.http import CredentialsRefused, Http
from jaga.platforms.kit.sealing import KeyFile
from jaga.platforms.registry import check, open_adapter
from jaga.platforms.sql.adapter import Caller, SqlAdapter, from_configuration
from jaga.platforms.sql.database import WHO, AddressInvalid, StatementRefused, address, statement
from jaga.platforms.sql.mapping import MapInvalid, read_map
from jaga.work.adapters import adapter_for

MAP = EXAMPLES / "sql-map.yaml"
Written = Callable[[str], Path]


@pytest.fixture(scope="module")
def app_tables(django_db_setup: None) -> Iterator[Tables]:
    with tables(APP) as made:
        yield made


@pytest.fixture(scope="module")
def stage(app_tables: Tables) -> AppStage:
    return AppStage(app_tables)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """A map in a file that only its owner can change."""

    def write(text: str) -> Path:
        path = tmp_path / "map.yaml"
        path.write_text(text)
        path.chmod(0o600)
        return path

    return write


class TestUsersTable(PlatformContract):
    pass


def test_what_a_held_account_can_still_do_is_declared(stage: AppStage) -> None:
    """People read it before they vote."""
    assert stage.adapter.capabilities().steps[Step.RESTRICT].help is HelpReach.READS


# What a map may hold

LOOK = "SELECT state FROM users WHERE id = :id"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("DELETE FROM users WHERE id = :id", "DELETE"),
        ("TRUNCATE users", "TRUNCATE"),
        ("DROP TABLE users", "DROP"),
        ("MERGE INTO users u USING x ON x.id = :id WHEN MATCHED THEN DELETE", "MERGE"),
        (
            "WITH gone AS (DELETE FROM users WHERE id = :id RETURNING id) UPDATE users SET state = 'x' WHERE id = :id",
            "no map may hold",
        ),
        ("WITH x AS (SELECT 1) UPDATE users SET state = 'x' WHERE id = :id", "WITH"),
        ("UPDATE users SET state = 'x'", "no WHERE"),
        ("UPDATE users SET state = :id WHERE username = 'x'", "not be about the account"),
        ("UPDATE users SET state = 'x' WHERE true", "not be about the account"),
        ("UPDATE users SET state = erase_user(:id) WHERE id = :id", "ERASE_USER"),
        ("UPDATE users SET state = 'x' WHERE id = :id AND pg_sleep(60) IS NULL", "PG_SLEEP"),
        ("UPDATE users SET state = query_to_xml('DELETE FROM users', true, true, '') WHERE id = :id", "QUERY_TO_XML"),
        ("UPDATE users SET state = 'x' WHERE id = :id; DELETE FROM users", "2 statements"),
        ("UPDATE users SET state = 'x' WHERE id = :id RETURNING password", "RETURNING"),
        ("UPDATE users SET state = 'x' WHERE id = :who", ":who"),
        ("UPDATE users SET state = 'x' WHERE id = $1", "PARAMETER"),
        ("INSERT INTO l (a) VALUES (:id) ON CONFLICT (a) DO UPDATE SET a = 'x'", "no map may hold|inserts over"),
        ("INSERT INTO l (a) VALUES ('x')", "not be about the account"),
        ("COPY users TO PROGRAM 'rm -rf /'", "must be an UPDATE"),
        ("DO $$ BEGIN DELETE FROM users; END $$", "must be an UPDATE|cannot be read"),
        ("CALL close_user(:id)", "must be an UPDATE|cannot be read"),
        ("SELECT state FROM users WHERE id = :id", "must be an UPDATE"),
        ("EXPLAIN ANALYZE DELETE FROM users", "must be an UPDATE"),
        ("UPDATE (", "cannot be read"),
        ("", "0 statements"),
    ],
)
def test_what_an_order_may_not_be(text: str, why: str) -> None:
    """No deletion, no function call, nothing beyond the account; unknown statements are refused too."""
    with pytest.raises(StatementRefused, match=why):
        statement(text, changes=True, allowed=WHO)


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE users SET state = 'x' WHERE id = :id",
        "SELECT state FROM users WHERE id = :id FOR UPDATE",
        "SELECT state INTO other FROM users WHERE id = :id",
        "SELECT pg_sleep(5) FROM users WHERE id = :id",
        "SELECT * FROM dblink('x', 'DELETE FROM users') WHERE id = :id",
        "SELECT lo_unlink(16) FROM users WHERE id = :id",
        "SELECT state FROM users",
        "SELECT state FROM users WHERE id = :id; SELECT 1",
        "WITH gone AS (DELETE FROM users RETURNING id) SELECT id FROM gone WHERE id = :id",
        "SELECT set_config('default_transaction_read_only', 'off', false) FROM users WHERE id = :id",
    ],
)
def test_what_a_lookup_may_not_be(text: str) -> None:
    """It reads one account and does nothing else."""
    with pytest.raises(StatementRefused):
        statement(text, changes=False, allowed=WHO)


def test_what_is_sent_is_written_anew_with_values_as_parameters() -> None:
    """A percent sign, a quote and a comment cannot make the server read it differently from the check."""
    one = statement(
        "UPDATE u SET a = 'x''%s' /* :id */ WHERE id = :id AND b LIKE '10%' OR c = :id -- DELETE",
        changes=True,
        allowed=WHO,
    )
    assert one.text == "UPDATE u SET a = 'x''%s' WHERE id = $1 AND b LIKE '10%' OR c = $2"
    assert one.values({"id": "7'; DELETE FROM u; --"}) == ["7'; DELETE FROM u; --"] * 2


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("hold:", "halt:", "halt is unknown"),
        ("  - route: sessions", "  - route: users", "a route of its own"),
        ("WHERE id = :id AND closed_by = 'jaga'", "WHERE closed_by = 'jaga'", "restore: it names no :id"),
        ("ok: active", "ok: alive", "alive is no state"),
        ("mark = :key}", "mark = 'x'}", "tell.find: without key"),
        ("lost: [devices]", "lost: [honour]", "honour"),
        ("lost: [devices]", "lag: 90", "lag"),
        ("help: reads", "help: maybe", "help: one of"),
        ('id: "[0-9]{1,18}"', 'id: "("', "account.id"),
        ("sql: SELECT is_staff", "post: //evil.example/{id}\n  # SELECT is_staff", "stays on the host"),
        ("sql: SELECT is_staff", "get: /a/{id}/../x\n  # SELECT is_staff", "stays on the host"),
        ("sql: SELECT is_staff", "get: /a/{id.__class__}\n  # SELECT is_staff", "no parameter"),
        ("sql: SELECT is_staff", "put: /a/{id}\n  # SELECT is_staff", "a lookup is a get"),
        ("sql: SELECT is_staff", "get: /a/all\n  # SELECT is_staff", "not be about the account"),
        ("account:", "account: [", "no YAML"),
    ],
)
def test_a_map_that_says_something_else_is_refused_with_the_place(
    written: Written,
    old: str,
    new: str,
    why: str,
) -> None:
    """Before the database is asked anything."""
    text = MAP.read_text()
    assert old in text
    with pytest.raises(MapInvalid, match=why):
        read_map(written(text.replace(old, new)))


def test_a_map_that_others_can_change_is_refused(written: Written) -> None:
    """Somebody who can write it can do what Jaga can."""
    path = written(MAP.read_text())
    path.chmod(0o666)
    with pytest.raises(MapInvalid, match="chmod go-w"):
        read_map(path)


@pytest.mark.parametrize(
    "text",
    [
        "postgresql://db.example/obrol",
        "postgresql://db.example/obrol?sslmode=require",
        "mysql://127.0.0.1/obrol",
        "postgresql://u:p@127.0.0.1/obrol",
        "postgresql://127.0.0.1",
        "postgresql://127.0.0.1/x?options=-c+x",
        "x",
    ],
)
def test_an_address_over_an_open_line_or_with_a_password_is_refused(text: str) -> None:
    """And one with settings of its own."""
    with pytest.raises(AddressInvalid):
        address(text)


def test_the_block_names_what_it_misses(app_tables: Tables) -> None:
    """As every adapter does."""
    for missing in ("map", "database", "observer", "actor"):
        block = app_tables.block(MAP)
        options = {name: value for name, value in block.options.items() if name != missing}
        with pytest.raises(BlockIncomplete, match=f"options.{missing}"):
            open_adapter(PlatformConfiguration("obrol", "sql", block.base_url, "x", block.credentials, options))
    with pytest.raises(BlockIncomplete, match="another role"):
        open_adapter(app_tables.block(MAP, actor=app_tables.observer))


# Rows


def looser(written: Written, where: str) -> Path:
    return written(MAP.read_text().replace("WHERE id = :id AND state IN ('ok', 'held')", where))


@pytest.mark.parametrize(
    ("where", "rows"),
    [
        ("WHERE id = :id AND state = 'gone'", "0"),
        ("WHERE id = :id OR closed_by = 'dua'", "3"),
    ],
)
def test_none_or_several_rows_are_taken_back_and_stick(
    stage: AppStage,
    app_tables: Tables,
    written: Written,
    where: str,
    rows: str,
) -> None:
    """The step is refused, so that a person looks; and no row is different afterwards."""
    person = stage.person()
    app_tables.run("INSERT INTO users (username, password, closed_by) VALUES ('dua1', '', 'dua'), ('dua2', '', 'dua')")
    before = app_tables.run("SELECT id, state, closed_by FROM users ORDER BY id")
    result = from_configuration(app_tables.block(looser(written, where))).close(person.account)
    assert result.kind is OutcomeKind.REFUSED
    assert [(one.route, one.answer) for one in result.readings] == [("rows", rows)]
    assert app_tables.run("SELECT id, state, closed_by FROM users ORDER BY id") == before
    app_tables.run("DELETE FROM users WHERE username LIKE 'dua%%'")


def test_a_second_statement_that_fails_takes_the_first_back(
    stage: AppStage,
    app_tables: Tables,
    written: Written,
) -> None:
    """A step is done completely or not at all."""
    person = stage.person()
    second = "  - sql: UPDATE users SET closed_by = 'x' WHERE id = :id AND state = 'ok'\nrestore:"
    result = from_configuration(app_tables.block(written(MAP.read_text().replace("restore:", second)))).close(
        person.account
    )
    assert result.kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


def test_whoever_runs_the_app_is_refused(stage: AppStage) -> None:
    """As everywhere."""
    for step in (stage.adapter.restrict, stage.adapter.close):
        assert step(Account("practice", "id:1")).kind is OutcomeKind.REFUSED
    assert stage.adapter.observe(Account("practice", "id:1")).state is AccountState.ACTIVE


def test_lookups_that_contradict_each_other_stop_everything(stage: AppStage, app_tables: Tables) -> None:
    """For a closed account with a session the state is unclear, so nothing is done. Readings use the map's words."""
    person = stage.person()
    stage.others_close(person)
    app_tables.run("INSERT INTO sessions VALUES (%s, %s)", person.session, stage.number(person.account))
    seen = stage.adapter.observe(person.account)
    assert seen.state is AccountState.UNKNOWN
    assert [(one.route, one.answer) for one in seen.readings] == [("users", "banned"), ("sessions", "another answer")]
    assert stage.adapter.restore(person.account).kind is OutcomeKind.UNKNOWN


def test_the_observer_can_change_nothing_even_where_it_has_the_right(stage: AppStage, app_tables: Tables) -> None:
    """Its transactions are read-only; and the check reports the right."""
    app_tables.run(f"GRANT DELETE, UPDATE ON letters TO {app_tables.observer}")
    try:
        failed = [one for one in check(app_tables.block(MAP)) if not one.ok]
        assert [one.name for one in failed] == ["observer"]
        assert "letters" in failed[0].sentence
        looking = stage.adapter._looking
        assert looking is not None
        with pytest.raises(PlatformUnreachable), looking._connection() as connection:
            connection.execute("DELETE FROM letters")
    finally:
        app_tables.run(f"REVOKE DELETE, UPDATE ON letters FROM {app_tables.observer}")


def test_check_passes_and_names_what_is_wrong(app_tables: Tables, written: Written) -> None:
    """Rights to delete, a missing column, a wrong password."""
    assert [(one.name, one.ok) for one in check(app_tables.block(MAP))] == [
        ("map", True),
        ("observer", True),
        ("actor", True),
        ("statements", True),
        ("nobody", True),
    ]
    app_tables.run(f"GRANT DELETE ON sessions TO {app_tables.actor}")
    try:
        failed = [one for one in check(app_tables.block(MAP)) if not one.ok]
        assert "can remove rows of sessions" in failed[0].sentence
    finally:
        app_tables.run(f"REVOKE DELETE ON sessions FROM {app_tables.actor}")
    wrong = written(MAP.read_text().replace("SET state = 'held'", "SET stat = 'held'"))
    assert "hold: column" in next(one for one in check(app_tables.block(wrong)) if not one.ok).sentence
    refused = [one for one in check(app_tables.block(MAP, observer_password="salah")) if not one.ok]
    assert "refuses the role" in refused[0].sentence


def test_a_changed_map_serves_from_the_next_call_on(
    app_tables: Tables,
    written: Written,
    tmp_path: Path,
    settings: Any,
) -> None:
    """A wrong map stops this platform; the old one is not used."""
    settings.HOME = tmp_path
    path = written(MAP.read_text())
    save_configuration(tmp_path / "platforms.toml", app_tables.block(path), KeyFile(tmp_path / "secrets" / "platforms"))
    assert adapter_for("obrol").capabilities().can(Step.RESTRICT)
    assert adapter_for("obrol") is adapter_for("obrol")
    path.write_text(MAP.read_text().replace("hold:", "lag: 1\nhold:"))
    assert adapter_for("obrol").capabilities().lag == 1
    path.write_text("observe: []")
    with pytest.raises(MapInvalid):
        adapter_for("obrol")


# Bad moments


def test_an_answer_lost_at_the_commit_is_unknown_and_the_repeat_is_already(
    stage: AppStage,
    app_tables: Tables,
) -> None:
    """The row was changed, but the answer was lost."""
    person = stage.person()
    app_tables.relay.after = b"COMMIT\0"
    with pytest.raises(PlatformUnreachable):
        stage.adapter.close(person.account)
    deadline = time.monotonic() + 60
    while stage.adapter.observe(person.account).state is AccountState.ACTIVE and time.monotonic() < deadline:
        time.sleep(0.05)
    assert stage.adapter.close(person.account).kind is OutcomeKind.ALREADY


@pytest.mark.parametrize("cut", [b"UPDATE users", b"COMMIT\0"])
def test_a_connection_that_ends_before_changes_nothing(stage: AppStage, app_tables: Tables, cut: bytes) -> None:
    """And the repeat does it."""
    person = stage.person()
    app_tables.relay.before = cut
    with pytest.raises(PlatformUnreachable) as raised:
        stage.adapter.close(person.account)
    assert person.account.account_id.removeprefix("id:") not in f"{raised.value}{raised.value.params}"
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE
    assert stage.adapter.close(person.account).kind is OutcomeKind.DONE


def test_a_letter_whose_answer_was_lost_goes_out_once(stage: AppStage, app_tables: Tables) -> None:
    """To the database this looks like a worker killed between sending and recording."""
    person = stage.person()
    app_tables.relay.after = b"COMMIT\0"
    with pytest.raises(PlatformUnreachable):
        stage.adapter.deliver(person.account, "Surat", "key")
    time.sleep(0.3)
    assert stage.adapter.deliver(person.account, "Surat", "key").kind is OutcomeKind.ALREADY
    assert stage.received(person) == ["Surat"]


def test_a_row_that_somebody_holds_is_waited_for_and_given_up(stage: AppStage, app_tables: Tables) -> None:
    """Within the time limit, and nothing was done."""
    person = stage.person()
    with psycopg.connect(app_tables.owner_url) as other:
        other.execute("SELECT 1 FROM users WHERE id = %s FOR UPDATE", [stage.number(person.account)])
        begun = time.monotonic()
        with pytest.raises(PlatformUnreachable):
            stage.adapter.close(person.account)
        assert time.monotonic() - begun < 15
        other.rollback()
    assert stage.adapter.observe(person.account).state is AccountState.ACTIVE


def test_a_server_that_says_nothing_any_more_is_left(stage: AppStage, app_tables: Tables) -> None:
    """It would hold a thread of the worker for ever."""
    person = stage.person()
    app_tables.relay.silent = b"UPDATE users"
    begun = time.monotonic()
    with pytest.raises(PlatformUnreachable):
        stage.adapter.close(person.account)
    assert time.monotonic() - begun < 20


def test_values_stay_out_of_what_goes_wrong(stage: AppStage, app_tables: Tables, written: Written) -> None:
    """A server repeats values in its messages; our errors do not."""
    path = written(MAP.read_text().replace("lower(username) = lower(:name)", "id = :name"))
    with pytest.raises(PlatformFault) as raised:
        from_configuration(app_tables.block(path)).identify(Account("practice", "rahasia-sekali"))
    assert "rahasia" not in f"{raised.value}{raised.value.params}"


# The dry run


def test_a_dry_run_shows_what_would_happen_and_changes_nothing(
    stage: AppStage,
    app_tables: Tables,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each step with its statement, values and rows; the account is unchanged."""
    monkeypatch.setenv("JAGA_HOME", str(tmp_path))
    monkeypatch.setattr(commands, "home", lambda: tmp_path)
    save_configuration(tmp_path / "platforms.toml", app_tables.block(MAP), commands.key_file(), new=True)
    person = stage.person()
    before = app_tables.run("SELECT * FROM users ORDER BY id")
    shown = CliRunner().invoke(commands.platform, ["rehearse", "obrol", person.account.handle])
    assert shown.exit_code == 0, shown.output
    assert f"{person.account.handle} is {person.account.account_id}" in shown.output
    assert "observe: all together\n    active" in shown.output
    assert "close: UPDATE users SET state = 'banned'" in shown.output
    assert "1 row, taken back" in shown.output
    assert "restore: UPDATE users" in shown.output
    assert "0 rows, taken back: not exactly one" in shown.output
    assert app_tables.run("SELECT * FROM users ORDER BY id") == before
    assert stage.received(person) == []
    assert stage.session_works(person)
    nobody = CliRunner().invoke(commands.platform, ["rehearse", "obrol", "tiada"])
    assert (nobody.exit_code, "Nobody there is called tiada" in nobody.output) == (1, True)


# REST

REST = """
observe:
  - {route: admin, get: "/admin/people/{id}", value: closed, states: {true: closed, false: active, HTTP 404: missing}}
  - {route: profile, get: "/people/{id}", public: true, states: {HTTP 200: active, HTTP 404: [closed, missing]}}
protected: {get: "/admin/people/{id}", value: runs_it}
nobody: tiada
close: [{put: "/admin/people/{id}", json: {closed: true}}]
restore: [{put: "/admin/people/{id}", json: {closed: false}}]
lost: [devices]
"""


@pytest.fixture(scope="module")
def toy() -> Iterator[str]:
    port = free_port()
    server = subprocess.Popen([sys.executable, toy_chat.__file__, str(port)], stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            try:
                httpx.get(f"http://127.0.0.1:{port}/people/x", trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def rest_block(path: Path, url: str) -> PlatformConfiguration:
    return PlatformConfiguration("obrol", "sql", url, "obrol.test", {"token": toy_chat.ADMIN}, {"map": str(path)})


class TestRest(PlatformContract):
    """The toy server of docs/new-adapter.md, by a map without code."""

    @pytest.fixture
    def stage(self, toy: str, written: Written) -> Any:
        return RestStage(toy, written(REST))


class RestStage(AppStage):
    """People on the toy server."""

    def __init__(self, url: str, path: Path) -> None:
        self.url, self.path = url, path
        self.adapter = from_configuration(rest_block(path, url))

    lagging = rename = None  # type: ignore[assignment]

    def __getattribute__(self, name: str) -> Any:
        if name in ("lagging", "rename"):
            raise AttributeError(name)
        return super().__getattribute__(name)

    def call(self, method: str, path: str, token: str = "", **body: object) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.request(method, self.url + path, json=body, headers=headers, trust_env=False)

    def person(self) -> Person:
        import secrets

        name, password = f"orang{secrets.token_hex(4)}", secrets.token_hex(8)
        made = self.call("POST", "/sign-up", name=name, password=password)
        return Person(Account("practice", name), password, made.json()["token"])

    def called(self, person: Person) -> str:
        return f"{self.url}/people/{person.account.account_id}"

    def nobody(self) -> Account:
        return Account("practice", "tiada")

    def exists(self, account: Account) -> bool:
        return self.call("GET", f"/admin/people/{account.account_id}", toy_chat.ADMIN).status_code == 200

    def others_close(self, person: Person) -> None:
        self.call("PUT", f"/admin/people/{person.account.account_id}", toy_chat.ADMIN, closed=True)

    def erase(self, person: Person) -> None:
        self.call("DELETE", f"/admin/people/{person.account.account_id}", toy_chat.ADMIN)

    def can_sign_in(self, person: Person, password: str) -> bool:
        return self.call("POST", "/sign-in", name=person.account.account_id, password=password).status_code == 200

    def session_works(self, person: Person) -> bool:
        return self.call("GET", "/me", person.session).status_code == 200

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[SqlAdapter]:
        with proxied(self.url) as proxy:
            proxy.faults = [("^PUT /admin/people/", fault)]
            yield SqlAdapter(
                mapping=read_map(self.path),
                server_name="obrol.test",
                base_url=proxy.base_url,
                caller=Caller(Http(proxy.base_url, toy_chat.ADMIN, seconds=LIMIT), toy_chat.ADMIN, proxy.base_url),
            )


def test_calls_go_encrypted_or_nowhere(written: Written) -> None:
    """Anybody could send orders over an unencrypted connection."""
    with pytest.raises(BlockIncomplete, match="https"):
        open_adapter(rest_block(written(REST), "http://obrol.example"))


def test_a_redirect_leads_nowhere(written: Written) -> None:
    """The token stays with its host."""
    import http.server
    import threading

    asked: list[str] = []

    class Elsewhere(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Elsewhere) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        adapter = from_configuration(rest_block(written(REST), f"http://127.0.0.1:{server.server_port}"))
        with pytest.raises(PlatformFault):
            adapter.observe(Account("obrol", "mawar"))
        server.shutdown()
    assert asked == ["/admin/people/mawar"]


def test_an_id_cannot_leave_its_place_in_the_path(toy: str, written: Written) -> None:
    """It comes from a stranger and may contain anything."""
    adapter = from_configuration(rest_block(written(REST), toy))
    for wild in ("../admin", "a/b", "..", ".", "a\\b", "a b", "x" * 300):
        assert adapter.observe(Account("obrol", wild)).state is AccountState.MISSING
    caller = adapter._caller
    assert caller is not None
    assert caller.written(adapter._map.verbs["close"][0], {"id": "a?b#c%2F"}) == (  # type: ignore[arg-type]
        f'PUT {toy}/admin/people/a%3Fb%23c%252F {{"closed": true}}'
    )


def test_a_wrong_token_is_told(toy: str, written: Written) -> None:
    """As a fault of the credentials."""
    block = PlatformConfiguration("obrol", "sql", toy, "x", {"token": "salah"}, {"map": str(written(REST))})
    with pytest.raises(CredentialsRefused):
        from_configuration(block).close(Account("obrol", "mawar"))


# ejabberd, with its users in PostgreSQL


@pytest.fixture(scope="module")
def ejabberd(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[EjabberdSqlStage]:
    if not has_sql_ejabberd():
        pytest.skip("needs Debian's ejabberd and erlang-p1-pgsql")
    with running_sql_ejabberd(tmp_path_factory.mktemp("ejabberd")) as stage:
        yield stage


@pytest.mark.ejabberd
class TestEjabberdUsersTable(PlatformContract):
    """A server that this project did not write, by a map alone."""

    @pytest.fixture
    def stage(self, ejabberd: EjabberdSqlStage) -> EjabberdSqlStage:
        return ejabberd

    def test_check_passes(self, ejabberd: EjabberdSqlStage) -> None:
        """Roles, statements, and an observation of a missing account."""
        assert [one.sentence for one in check(ejabberd.block()) if not one.ok] == []

    def test_a_closure_that_was_cut_off_before_the_sessions_ended_is_finished(
        self,
        ejabberd: EjabberdSqlStage,
    ) -> None:
        """The row says closed while a session continues: the next attempt ends it and does not change the row again."""
        person = ejabberd.person()
        ejabberd.tables.run(
            "UPDATE users SET closed_by = 'jaga', iterationcount = iterationcount + 1 WHERE username = %s",
            person.account.handle,
        )
        assert ejabberd.adapter.observe(person.account).state is AccountState.UNKNOWN
        assert ejabberd.adapter.close(person.account).kind is OutcomeKind.DONE
        assert not ejabberd.session_works(person)
        assert ejabberd.adapter.restore(person.account).kind is OutcomeKind.DONE
        assert ejabberd.can_sign_in(person, person.password)
