"""A real Prosody on loopback, and people who sign in to it over plain XMPP streams."""

import itertools
import os
import secrets
import shlex
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.platforms.fake import Fault
from tests.platforms.stage import Person
from tests.platforms.xmpp_people import XmppPeople, stop

from jaga.core.platforms import Account
from jaga.core.terms.cases import Step
from jaga.platforms.prosody import SECONDS, ProsodyAdapter
from jaga.platforms.xmpp.notices import MODULES, NoticesAccount

NOTICES, NOTICES_PASSWORD = "pemberitahuan", "kata-sandi-uji"
LIMIT = 3.0  # the shell itself takes a fifth of a second, more where the machine is busy
ORDERS = {Step.CLOSE: "disable", Step.RESTORE: "enable"}
FAILING = """#!/bin/sh
real() {{ {real} "$@"; }}
case "$*" in *" {order} "*) if mkdir {once} 2>/dev/null; then {fault}; fi;; esac
real "$@"
"""
FAILING_SHELL = {
    Fault.TIMEOUT_AFTER_EFFECT: 'real "$@" >/dev/null; exit 1',
    Fault.NONSENSE: 'real "$@" >/dev/null; echo huh; exit 0',
    Fault.SLOW: 'real "$@" >/dev/null; exec sleep 60',
    Fault.CUT: 'real "$@" | head -c 1; exit 0',
    Fault.ERROR_BEFORE_EFFECT: "echo Error: internal; exit 1",
    Fault.DROP: "exit 1",
    Fault.HALF_OPEN: "exec sleep 60",
}
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
modules_enabled = {{ "roster", "saslauth", "disco", "ping", "offline", "mam", "blocklist", "admin_shell",
    "jaga_reports" }}
plugin_paths = {{ "{modules}" }}
modules_disabled = {{ "s2s" }}
c2s_require_encryption = false
allow_unencrypted_plain_auth = true
authentication = "internal_hashed"
storage = "internal"
default_archive_policy = false
bounce_blocked_messages = {bounces}
log = {{ warn = "{folder}/prosody.log" }}
VirtualHost "localhost"
"""


@contextmanager
def running_prosody(folder: Path, *, bounces: bool = True) -> Iterator["ProsodyStage"]:
    """A Prosody for the block, with all its files in `folder`."""
    root = os.geteuid() == 0
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (folder / "data").mkdir()
    config = folder / "prosody.cfg.lua"
    config.write_text(
        CONFIGURATION.format(
            root="run_as_root = true" if root else "",
            folder=folder,
            port=port,
            bounces=str(bounces).lower(),
            modules=MODULES,
        )
    )
    flags = ["--root"] if root else []
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen(["prosody", *flags, "--config", config, "-F"], stdout=log, stderr=log)
    stage = ProsodyStage(port, ("prosodyctl", *flags, "--config", str(config)))
    try:
        stage.wait(process)
        yield stage
    finally:
        stage.hang_up()
        stop(process)


class ProsodyStage(XmppPeople):
    """One real server, an adapter on it, and people who use it."""

    def __init__(self, port: int, command: tuple[str, ...]) -> None:
        super().__init__(port)
        self.command = command
        self.adapter = self.adapter_at()

    def adapter_at(self, port: int = 0, *, command: tuple[str, ...] = (), seconds: float = SECONDS) -> ProsodyAdapter:
        """An adapter that reaches the same server by another port, or by another shell."""
        url = f"xmpp://127.0.0.1:{port or self.port}"
        notices = NoticesAccount(url=url, server_name="localhost", name=NOTICES, password=NOTICES_PASSWORD)
        return ProsodyAdapter(
            url=url, server_name="localhost", command=command or self.command, notices=notices, seconds=seconds
        )

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[ProsodyAdapter]:
        """An adapter whose shell fails once: before it has given the order, or after."""
        if fault not in FAILING_SHELL:
            pytest.skip("a shell asks for no pause")
        with tempfile.TemporaryDirectory() as folder:
            shell = Path(folder, "prosodyctl")
            shell.write_text(
                FAILING.format(
                    order=ORDERS[step],
                    once=Path(folder, "once"),
                    fault=FAILING_SHELL[fault],
                    real=shlex.join(self.command),
                )
            )
            shell.chmod(0o700)
            yield self.adapter_at(command=(str(shell),), seconds=LIMIT)

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(100):
            assert process.poll() is None, "prosody ended at once; see out.log beside its configuration"
            if self.shell("server", "version").returncode == 0:
                made = self.shell("user", "create", f"{NOTICES}@localhost", NOTICES_PASSWORD)
                assert made.returncode == 0, made.stdout + made.stderr
                return
            time.sleep(0.1)
        raise AssertionError("prosody did not start")

    def shell(self, *words: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([*self.command, "shell", *words], capture_output=True, text=True, check=False, timeout=99)

    def person(self) -> Person:
        name, password = f"orang{next(_numbers)}{secrets.token_hex(4)}", secrets.token_hex(8)
        made = self.shell("user", "create", f"{name}@localhost", password)
        assert made.returncode == 0, made.stdout + made.stderr
        person = Person(Account("practice", f"{name}@localhost", name), password, name)
        self.stays_signed_in(person)
        return person

    def nobody(self) -> Account:
        return Account("practice", f"tiada{secrets.token_hex(4)}@localhost")

    def exists(self, account: Account) -> bool:
        return account.account_id in self.shell("user", "list", "localhost").stdout.split()

    def others_close(self, person: Person) -> None:
        assert self.shell("user", "disable", person.account.account_id).returncode == 0

    def erase(self, person: Person) -> None:
        assert self.shell("user", "delete", person.account.account_id).returncode == 0
