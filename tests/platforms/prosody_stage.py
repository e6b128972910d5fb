"""A real Prosody on loopback, and people who sign in to it over plain XMPP streams."""

import base64
import itertools
import os
import secrets
import socket
import subprocess
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.platforms.stage import Person

from jaga.core.platforms import Account
from jaga.platforms.prosody import ProsodyAdapter

_numbers = itertools.count()

CONFIGURATION = """
{root}
daemonize = false
pidfile = "{folder}/prosody.pid"
data_path = "{folder}/data"
certificates = "{folder}"
interfaces = {{ "127.0.0.1" }}
c2s_ports = {{ {port} }}
s2s_ports = {{ }}
http_ports = {{ }}
https_ports = {{ }}
admin_socket = "{folder}/prosody.sock"
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "admin_shell" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
storage = "internal"
log = {{ warn = "{folder}/prosody.log" }}
VirtualHost "localhost"
"""


@contextmanager
def running_prosody(folder: Path) -> Iterator["ProsodyStage"]:
    """A Prosody whose files all lie in `folder`, for the block."""
    root = os.geteuid() == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "data").mkdir()
    config = folder / "prosody.cfg.lua"
    config.write_text(CONFIGURATION.format(root="run_as_root = true" if root else "", folder=folder, port=port))
    flags = ["--root"] if root else []
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen(["prosody", *flags, "--config", config, "-F"], stdout=log, stderr=log)
    try:
        stage = ProsodyStage(port, ("prosodyctl", *flags, "--config", str(config)))
        stage.wait(process)
        yield stage
        stage.hang_up()
    finally:
        process.terminate()
        process.wait(10)


class ProsodyStage:
    """One real server, an adapter on it, and people who use it."""

    has_rooms = False

    def __init__(self, port: int, command: tuple[str, ...]) -> None:
        self.port = port
        self.command = command
        self.adapter = ProsodyAdapter(url=f"xmpp://127.0.0.1:{port}", server_name="localhost", command=command)
        self._sessions: dict[str, socket.socket] = {}

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(100):
            assert process.poll() is None, "prosody ended at once; see out.log beside its configuration"
            if self.shell("server", "version").returncode == 0:
                return
            time.sleep(0.1)
        raise AssertionError("prosody did not start")

    def hang_up(self) -> None:
        for session in self._sessions.values():
            session.close()

    def shell(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self.command, "shell", *words], capture_output=True, text=True, check=False, timeout=30)

    def person(self) -> Person:
        name, password = f"orang{next(_numbers)}{secrets.token_hex(4)}", secrets.token_hex(8)
        made = self.shell("user", "create", f"{name}@localhost", password)
        assert made.returncode == 0, made.stdout + made.stderr
        person = Person(Account("practice", f"{name}@localhost", name), password, name)
        session = self._sign_in(person, password)
        assert session is not None
        self._sessions[name] = session
        return person

    def nobody(self) -> Account:
        return Account("practice", f"tiada{secrets.token_hex(4)}@localhost")

    def exists(self, account: Account) -> bool:
        return account.account_id in self.shell("user", "list", "localhost").stdout.split()

    def can_sign_in(self, person: Person, password: str) -> bool:
        session = self._sign_in(person, password)
        if session is not None:
            session.close()
        return session is not None

    def session_works(self, person: Person) -> bool:
        session = self._sessions[person.session]
        try:
            session.sendall(b"<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
            return "type='result'" in _read(session, "id='p'")
        except OSError:
            return False

    def can_send(self, person: Person, room: str) -> bool:
        return self.session_works(person)

    def received(self, person: Person) -> list[str]:
        return []

    def public_room(self, name: str) -> str:
        raise NotImplementedError("this server has no rooms")

    def private_room(self, name: str, inviting: Iterable[Person] = ()) -> str:
        raise NotImplementedError("this server has no rooms")

    def say(self, person: Person, room: str, text: str) -> str:
        raise NotImplementedError("this server has no rooms")

    def shows(self, room: str, text: str) -> bool:
        return False

    def watcher_rooms(self) -> set[str]:
        return set()

    def invite_watcher(self, room: str) -> None:
        raise NotImplementedError("this server has no rooms")

    def _sign_in(self, person: Person, password: str) -> socket.socket | None:
        """A bound session, or None where the server refuses it."""
        name = person.account.account_id.partition("@")[0]
        proof = base64.b64encode(f"\0{name}\0{password}".encode()).decode()
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        _open(connection)
        sasl = f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>"
        connection.sendall(sasl.encode())
        if "<success" not in _read(connection, "<success", "</failure>"):
            connection.close()
            return None
        _open(connection)
        connection.sendall(b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        _read(connection, "</iq>")
        return connection


def _open(connection: socket.socket) -> None:
    connection.sendall(b"<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
                       b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>")
    _read(connection, "</stream:features>")


def _read(connection: socket.socket, *ends: str) -> str:
    """What comes until one of `ends`, or until the server hangs up."""
    text = ""
    while not any(end in text for end in ends):
        if not (part := connection.recv(4096)):
            break
        text += part.decode()
    return text
