"""XMPP users over plain streams, as far as the contract and the XMPP tests need them.

They do not use Jaga's own client, so a fault in that client cannot hide itself.
"""

import base64
import re
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from html import unescape

from tests.platforms.stage import BareStage, Person


class XmppPeople(BareStage):
    """Sign-in, sessions and mailboxes. A stage adds how its server creates accounts. It has no rooms."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._sessions: dict[str, socket.socket] = {}
        self._read_so_far: dict[str, list[str]] = {}

    def hang_up(self) -> None:
        for session in self._sessions.values():
            session.close()

    def sign_in(self, person: Person, password: str = "", *, present: bool = False) -> socket.socket | None:
        """A bound session, or None if the server refuses the sign-in. With `present`, the session receives messages,
        first those in the mailbox.
        """
        name = person.account.account_id.partition("@")[0]
        proof = base64.b64encode(f"\0{name}\0{password or person.password}".encode()).decode()
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        opened(connection)
        connection.sendall(f"<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>{proof}</auth>".encode())
        if "<success" not in read(connection, "<success", "</failure>"):
            connection.close()
            return None
        opened(connection)
        connection.sendall(b"<iq type='set' id='b'><bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/></iq>")
        read(connection, "</iq>")
        if present:
            connection.sendall(b"<presence/>")
        return connection

    def stays_signed_in(self, person: Person) -> None:
        """Keep a session open for `session_works` to check later."""
        session = self.sign_in(person)
        assert session is not None
        if person.session in self._sessions:
            self._sessions[person.session].close()
        self._sessions[person.session] = session

    def called(self, person: Person) -> str:
        return person.account.account_id

    def can_sign_in(self, person: Person, password: str) -> bool:
        session = self.sign_in(person, password)
        if session is not None:
            session.close()
        return session is not None

    def session_works(self, person: Person) -> bool:
        return works(self._sessions[person.session])

    def can_send(self, person: Person, room: str) -> bool:
        return self.session_works(person)

    def received(self, person: Person) -> list[str]:
        """The messages from the mailbox that a signed-in device has received so far."""
        found = self._read_so_far.setdefault(person.session, [])
        session = self.sign_in(person, present=True)
        if session is not None:
            found += texts(session)
            session.close()
        return list(found)

    def asks(self, person: Person, iq: str) -> str:
        """The answer to an IQ stanza that the person sends on the kept session; `iq` has the id `q`."""
        session = self._sessions[person.session]
        session.sendall(iq.encode())
        return read(session, "id='q'", 'id="q"')


def stop(process: "subprocess.Popen[bytes]") -> None:
    """Stop a server that a stage started, permanently."""
    process.terminate()
    try:
        process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait(20)


def works(session: socket.socket) -> bool:
    """Whether the server still answers on a session."""
    try:
        session.sendall(b"<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
        answer = read(session, "id='p'", 'id="p"')
    except OSError:
        return False
    return re.search(r"<iq[^>]*\bid=['\"]p['\"]", answer) is not None


def texts(session: socket.socket) -> list[str]:
    """The texts of the messages that a session has received."""
    session.sendall(b"<iq type='get' id='p' to='localhost'><ping xmlns='urn:xmpp:ping'/></iq>")
    return [unescape(body) for body in re.findall("<body>(.*?)</body>", read(session, "id='p'", 'id="p"'), re.DOTALL)]


def opened(connection: socket.socket) -> None:
    connection.sendall(
        b"<?xml version='1.0'?><stream:stream to='localhost' xmlns='jabber:client' "
        b"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
    )
    read(connection, "</stream:features>")


def read(connection: socket.socket, *ends: str) -> str:
    """Read until one of `ends` arrives or the server closes the connection."""
    content = b""
    while not any(end.encode() in content for end in ends):
        if not (part := connection.recv(4096)):
            break
        content += part
    return content.decode()


@contextmanager
def cutting_after(port: int, sent: bytes) -> Iterator[int]:
    """A proxy port to the server that closes the connection once a client has sent `sent`: the request arrives, the
    answer does not.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(60)
        thread = threading.Thread(target=_relay, args=(listener, port, sent))
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread, which closing alone would not
            thread.join()


def _relay(listener: socket.socket, port: int, sent: bytes) -> None:
    """Relay one connection after another until the listener is closed."""
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client, socket.create_connection(("127.0.0.1", port), timeout=60) as server:
            back = threading.Thread(target=_pump, args=(server, client))
            back.start()
            with suppress(OSError):
                while part := client.recv(65536):
                    if sent in part:
                        client.shutdown(socket.SHUT_RDWR)  # first, so that no answer slips through
                        server.sendall(part)
                        say_goodbye(server)
                        break
                    server.sendall(part)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
            back.join()


def say_goodbye(server: socket.socket) -> None:
    """Let the server process what it was sent before the connection ends."""
    with suppress(OSError):
        server.sendall(b"</stream:stream>")


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65536):
            target.sendall(part)
