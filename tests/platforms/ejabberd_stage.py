"""A real ejabberd on loopback, and people who sign in to it over plain XMPP streams.

It runs as the user who runs the tests, from one folder, directly on Erlang: `ejabberdctl` insists on the package's own
user. A node without a name opens no port for other nodes and starts no `epmd`, so nothing is left when it ends.
"""

import itertools
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from tests.platforms.fake import Fault
from tests.platforms.proxy import limit, proxied
from tests.platforms.stage import Person
from tests.platforms.xmpp_people import XmppPeople, stop

from jaga.app.services.processes import free_port
from jaga.core.platforms import Account
from jaga.core.terms.cases import Step
from jaga.platforms.ejabberd import EjabberdAdapter
from jaga.platforms.xmpp.notices import NoticesAccount

NOTICES, NOTICES_PASSWORD, ADMINISTRATOR = "pemberitahuan", "kata-sandi-uji", "kepala"
ORDERS = {Step.CLOSE: "/ban_account", Step.RESTORE: "/unban_account"}
COMMANDS = ("status", "check_account", "user_sessions_info", "ban_account", "unban_account", "kick_user")
MODULES = ("mod_last", "mod_mam", "mod_offline", "mod_private")
_numbers = itertools.count()

CONFIGURATION = """
hosts: [localhost]
loglevel: warning
{authentication}
auth_password_format: scram
listen:
  - {{port: {ports.xmpp}, ip: "127.0.0.1", module: ejabberd_c2s, access: all}}
  - {{port: {ports.api}, ip: "127.0.0.1", module: ejabberd_http, request_handlers: {{/api: mod_http_api}}}}
  - port: {ports.backstage}
    ip: "127.0.0.1"
    module: ejabberd_http
    request_handlers: {{/api: mod_http_api}}
    tag: backstage
{encrypted}
acl:
  jaga: {{user: ["{notices}@localhost"]}}
  loopback: {{ip: [127.0.0.0/8]}}
access_rules:
  jaga: {{allow: jaga}}
  never_shut_out: {{allow: {trusted}}}
api_permissions:
  backstage: {{from: [{{tag: backstage}}], who: all, what: "*"}}
  jaga: {{from: mod_http_api, who: {{access: jaga}}, what: [{commands}]}}
modules:
  mod_admin_extra: {{}}
  mod_blocking: {{}}
  mod_disco: {{}}
  mod_fail2ban: {{access: never_shut_out, c2s_max_auth_failures: 3}}
  mod_http_api: {{}}
  mod_ping: {{}}
  mod_privacy: {{}}
{modules}
"""


ENCRYPTED = """
  - {{port: {ports.starttls}, ip: "127.0.0.1", module: ejabberd_c2s, access: all, starttls_required: true}}
  - {{port: {ports.tls}, ip: "127.0.0.1", module: ejabberd_c2s, access: all, tls: true}}
certfiles: ["{certificate}"]
"""


@dataclass(frozen=True)
class Ports:
    """The server's ports: for people, for Jaga, and for the stage, which may do everything."""

    xmpp: int
    api: int
    backstage: int
    starttls: int
    tls: int


def library() -> Path | None:
    """Debian's folder of ejabberd and the Erlang libraries; None if there is none."""
    found = next(Path("/usr/lib").glob("*/ejabberd-*/ebin/ejabberd.app"), None)
    return found.parents[2] if found and shutil.which("erl") else None


@contextmanager
def running_ejabberd(
    folder: Path,
    *,
    modules: tuple[str, ...] = MODULES,
    commands: tuple[str, ...] = COMMANDS,
    trusted: bool = True,
    certificate: Path | None = None,
    authentication: str = "auth_method: internal",
    stage: "type[EjabberdStage] | None" = None,
) -> Iterator["EjabberdStage"]:
    """An ejabberd for the block, with all its files in `folder`."""
    ports = Ports(*(free_port() for _ in range(5)))
    encrypted = ENCRYPTED.format(ports=ports, certificate=certificate) if certificate else ""
    (folder / "ejabberd.yml").write_text(
        CONFIGURATION.format(
            ports=ports,
            notices=NOTICES,
            commands=", ".join(commands),
            trusted="loopback" if trusted else "none",
            encrypted=encrypted,
            authentication=authentication,
            modules="".join(f"  {module}: {{}}\n" for module in modules),
        )
    )
    environment = {
        **os.environ,
        "HOME": str(folder),
        "ERL_LIBS": str(library()),
        "ERL_CRASH_DUMP": "/dev/null",
        "EJABBERD_CONFIG_PATH": str(folder / "ejabberd.yml"),
        "EJABBERD_LOG_PATH": str(folder / "e.log"),
    }
    idle = ("+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none")  # or Erlang keeps both cores busy while waiting
    with (folder / "out.log").open("wb") as log:
        process = subprocess.Popen(
            ["erl", *idle, "-noinput", "-mnesia", "dir", f'"{folder}/database"', "-s", "ejabberd"],
            stdout=log,
            stderr=log,
            env=environment,
            cwd=folder,
        )
    made = (stage or EjabberdStage)(ports)
    try:
        made.wait(process)
        yield made
    finally:
        made.hang_up()
        stop(process)


class EjabberdStage(XmppPeople):
    """One real server, an adapter on it, and people who use it."""

    def __init__(self, ports: Ports) -> None:
        super().__init__(ports.xmpp)
        self.ports = ports
        self.base_url = f"http://127.0.0.1:{ports.api}"
        self.adapter = self.adapter_at()

    def adapter_at(
        self,
        port: int = 0,
        *,
        base_url: str = "",
        xmpp_url: str = "",
        **options: Any,
    ) -> EjabberdAdapter:
        """An adapter that reaches the same server by another port or address."""
        url = xmpp_url or f"xmpp://127.0.0.1:{port or self.port}"
        password = options.pop("password", NOTICES_PASSWORD)
        notices = NoticesAccount(url=url, server_name="localhost", name=NOTICES, password=password)
        settings = {"administrators": frozenset({f"{ADMINISTRATOR}@localhost"}), "password": password, **options}
        return EjabberdAdapter(
            base_url=base_url or self.base_url, xmpp_url=url, server_name="localhost", notices=notices, **settings
        )

    @contextmanager
    def behind(self, step: Step, fault: Fault) -> Iterator[EjabberdAdapter]:
        """See `tests.platforms.stage.FaultyStage`."""
        with proxied(self.base_url) as proxy:
            proxy.faults.append((ORDERS[step], fault))
            yield self.adapter_at(base_url=proxy.base_url, seconds=limit(fault))

    def wait(self, process: "subprocess.Popen[bytes]") -> None:
        for _ in range(200):
            assert process.poll() is None, "ejabberd ended at once; see out.log beside its configuration"
            try:
                self.api("status")
            except httpx.TransportError:
                time.sleep(0.1)
                continue
            for name, password in ((NOTICES, NOTICES_PASSWORD), (ADMINISTRATOR, "kata-sandi-kepala")):
                self.api("register", user=name, password=password)
            return
        raise AssertionError("ejabberd did not start")

    def api(self, command: str, **arguments: str) -> Any:
        """The server's answer to the stage, which may call everything."""
        host = {} if command == "status" else {"host": "localhost"}
        answer = httpx.post(
            f"http://127.0.0.1:{self.ports.backstage}/api/{command}",
            json={**host, **arguments},
            headers={"Host": "localhost"},
            timeout=60,
            trust_env=False,
        )
        assert answer.status_code == 200, f"{command}: {answer.status_code} {answer.text}"
        return answer.json()

    def person(self) -> Person:
        name, password = f"orang{next(_numbers)}{secrets.token_hex(4)}", secrets.token_hex(8)
        self.api("register", user=name, password=password)
        person = Person(Account("practice", f"{name}@localhost", name), password, name)
        self.stays_signed_in(person)
        return person

    def nobody(self) -> Account:
        return Account("practice", f"tiada{secrets.token_hex(4)}@localhost")

    def exists(self, account: Account) -> bool:
        return account.account_id.partition("@")[0] in self.api("registered_users")

    def others_close(self, person: Person) -> None:
        assert self.api("ban_account", user=person.account.handle, reason="x") == 0

    def erase(self, person: Person) -> None:
        self.api("unregister", user=person.account.handle)
