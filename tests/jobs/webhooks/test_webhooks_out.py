"""Webhooks over real HTTP: signed, retried, and never to an address that is not public."""

import ipaddress
import json
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from tests.factories import World, make_world

from jaga.core.clock import frozen, now
from jaga.core.standard_webhooks import PrivateKey, verify, verifying_key
from jaga.core.terms.outside import DeliveryState
from jaga.store.models import Installation
from jaga.webhooks import jobs as webhooks
from jaga.webhooks.jobs import NotSent, public_address, send, send_webhooks
from jaga.webhooks.models import WebhookDelivery, WebhookEndpoint
from jaga.webhooks.verbs import HookToSend, NewEndpoint, register_endpoint, test_endpoint

promise_test = test_endpoint
test_endpoint.__test__ = False  # type: ignore[attr-defined]


@dataclass
class Receiver:
    """A receiver on loopback: remembers what it got, and answers as told."""

    url: str = ""
    answers: list[int] = field(default_factory=list)
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    told = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.got.append((dict(self.headers.items()), body))
            status = told.answers.pop(0) if told.answers else 204
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    told.url = f"http://localhost:{server.server_port}/hook?from=jaga"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield told
    server.shutdown()
    server.server_close()


@pytest.fixture
def world(db: None) -> World:
    made = make_world()
    Installation.objects.update_or_create(
        id=1, defaults={"host_kind": "operator", "practice": True, "created_at": now()}
    )
    return made


def test_a_message_arrives_signed_and_once(world: World, receiver: Receiver) -> None:
    """The receiver verifies it with the endpoint's public key over the exact body, and recognises a repeat by its
    id.
    """
    made = register_endpoint(NewEndpoint(receiver.url), actor=world.officer)
    promise_test(made.endpoint_id, actor=world.officer)
    assert send_webhooks() == 1
    assert send_webhooks() == 0
    ((headers, body),) = receiver.got
    hook = verify(verifying_key(made.public_key), headers, body, now=now())
    row = WebhookDelivery.objects.get()
    assert (row.state, row.attempts, row.hook_id) == (DeliveryState.DELIVERED, 1, hook.id)
    assert json.loads(body)["type"] == "endpoint.test"
    assert headers["Host"].startswith("localhost:")


def test_a_failure_is_tried_again_and_holds_up_nobody_else(world: World, receiver: Receiver) -> None:
    """Further messages to a silent receiver wait; another receiver gets its own; the second attempt is signed anew."""
    silent = register_endpoint(NewEndpoint("http://127.0.0.1:1/"), actor=world.officer).endpoint_id
    for endpoint in (silent, silent, register_endpoint(NewEndpoint(receiver.url), actor=world.minister).endpoint_id):
        promise_test(endpoint, actor=world.officer if endpoint == silent else world.minister)
    assert send_webhooks() == 1
    states = WebhookDelivery.objects.filter(endpoint_id=silent).order_by("pk").values_list("attempts", "failure")
    assert list(states) == [(1, "ConnectError"), (0, "")]
    WebhookEndpoint.objects.filter(pk=silent).update(url=receiver.url)
    with frozen(max(WebhookDelivery.objects.values_list("next_attempt_at", flat=True))):
        assert send_webhooks() == 2


@pytest.mark.parametrize(("status", "failure"), [(500, "http_500"), (302, "http_302"), (404, "http_404")])
def test_whatever_is_no_success_is_a_failure(world: World, receiver: Receiver, status: int, failure: str) -> None:
    """Redirects are not followed: they could lead into our own network."""
    receiver.answers = [status]
    promise_test(register_endpoint(NewEndpoint(receiver.url), actor=world.officer).endpoint_id, actor=world.officer)
    assert send_webhooks() == 0
    assert WebhookDelivery.objects.values_list("state", "failure").get() == (DeliveryState.WAITING, failure)
    assert len(receiver.got) == 1


def test_410_ends_it(world: World, receiver: Receiver) -> None:
    """The receiver wants no more, permanently."""
    receiver.answers = [410]
    endpoint = register_endpoint(NewEndpoint(receiver.url), actor=world.officer).endpoint_id
    promise_test(endpoint, actor=world.officer)
    assert send_webhooks() == 0
    assert WebhookEndpoint.objects.get().disabled_why == "gone"
    assert WebhookDelivery.objects.get().state == DeliveryState.DEAD


@pytest.mark.parametrize("begins", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_a_receiver_that_trickles_is_cut_off(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    begins: bytes,
) -> None:
    """One limit applies to the whole call, not to each byte of its content or headers."""
    monkeypatch.setattr(webhooks, "SECONDS", 0.6)
    door = socket.create_server(("127.0.0.1", 0))
    stop = threading.Event()

    def trickle() -> None:
        caller, _ = door.accept()
        with caller:
            caller.recv(65536)
            caller.sendall(begins)
            while not stop.wait(0.1):
                try:
                    caller.sendall(b"x")
                except OSError:
                    return

    thread = threading.Thread(target=trickle, daemon=True)
    thread.start()
    hook = HookToSend(1, 1, f"http://127.0.0.1:{door.getsockname()[1]}/", "msg_1", b"{}", (PrivateKey.generate(),))
    with pytest.raises(NotSent, match=r"too_slow|ReadTimeout"):
        send(hook, practice=True)
    stop.set()
    thread.join(5)
    door.close()


def _leads_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Every name leads to these addresses. Returns the names that were looked up."""
    asked: list[str] = []

    def lookup(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in addresses]

    monkeypatch.setattr(webhooks.socket, "getaddrinfo", lookup)
    return asked


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.1.1",
        "255.255.255.255",
        "::1",
        "::",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::1",
        "2001:0:7f00:1::",
        "ff02::1",
        "198.18.0.1",
        "192.0.2.1",
        "fec0::1",
        "192.88.99.1",
    ],
)
def test_addresses_that_are_not_public_are_never_called(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """Neither our own, nor the cloud's metadata, nor indirect forms of them."""
    _leads_to(monkeypatch, address)
    with pytest.raises(NotSent, match="not_a_public_address"):
        public_address("contoh.example", 443)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::ffff:93.184.215.14"])
def test_public_addresses_are(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """The same check with the opposite result."""
    _leads_to(monkeypatch, address)
    assert public_address("contoh.example", 443) == ipaddress.ip_address(address)


def test_this_machine_is_called_in_a_practice_installation_only() -> None:
    """By the system's own resolver."""
    assert public_address("localhost", 443, practice=True).is_loopback
    with pytest.raises(NotSent, match="not_a_public_address"):
        public_address("localhost", 443)


def test_a_name_with_one_private_address_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The name is looked up once and exactly that address is called, so it cannot change in between."""
    asked = _leads_to(monkeypatch, "93.184.215.14", "10.0.0.1")
    with pytest.raises(NotSent, match="not_a_public_address"):
        send(HookToSend(1, 1, "https://contoh.example/", "msg_1", b"{}", (PrivateKey.generate(),)))
    assert asked == ["contoh.example"]


def test_a_real_installation_sends_over_encrypted_lines_only() -> None:
    """Also if an address was registered when the installation was a practice one."""
    with pytest.raises(NotSent, match="not_encrypted"):
        send(HookToSend(1, 1, "http://contoh.example/", "msg_1", b"{}", (PrivateKey.generate(),)))
