"""Whether an XMPP account may sign in, asked as anybody could ask: the first message of SCRAM, without a password.

A server that closed the account says `account-disabled` before any proof is given, so no secret is ever sent.
"""

import base64
import secrets
import socket
import ssl
from urllib.parse import urlsplit

from jaga.core.platforms import PlatformUnreachable

SECONDS = 10.0
LARGEST_ANSWER = 64 * 1024
_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_MECHANISMS = ("SCRAM-SHA-256", "SCRAM-SHA-1")

OPEN = "open"
DISABLED = "disabled"
REFUSED = "refused"


def sign_in_state(url: str, server_name: str, name: str, *, seconds: float = SECONDS) -> str:
    """`open`, `disabled`, or `refused` (no such account, for Prosody). Leaves no session behind.

    `url` is `xmpp://host:5222` (STARTTLS where offered) or `xmpps://host:5223`. `name` is the part before
    the @, already checked by the caller. Raises PlatformUnreachable.
    """
    address = urlsplit(url)
    port = address.port or (5223 if address.scheme == "xmpps" else 5222)
    try:
        with socket.create_connection((address.hostname or "", port), timeout=seconds) as plain:
            plain.settimeout(seconds)
            if address.scheme == "xmpps":
                with _encrypted(plain, server_name) as connection:
                    return _ask(connection, _features(connection, server_name), name)
            features = _features(plain, server_name)
            if "urn:ietf:params:xml:ns:xmpp-tls" not in features:
                return _ask(plain, features, name)
            plain.sendall(b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
            _until(plain, ("<proceed",))
            with _encrypted(plain, server_name) as connection:
                return _ask(connection, _features(connection, server_name), name)
    except OSError as error:
        raise PlatformUnreachable(why=f"sign-in: {type(error).__name__}") from error


def _encrypted(plain: socket.socket, server_name: str) -> ssl.SSLSocket:
    return ssl.create_default_context().wrap_socket(plain, server_hostname=server_name)


def _features(connection: socket.socket, server_name: str) -> str:
    connection.sendall(
        f"<?xml version='1.0'?><stream:stream to='{server_name}' xmlns='jabber:client' "
        f"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>".encode())
    return _until(connection, ("</stream:features>",))


def _ask(connection: socket.socket, features: str, name: str) -> str:
    mechanism = next((offered for offered in _MECHANISMS if f">{offered}<" in features), None)
    if mechanism is None:
        raise PlatformUnreachable(why="sign-in: the server offers no SCRAM")
    first = base64.b64encode(f"n,,n={name},r={secrets.token_hex(12)}".encode()).decode()
    connection.sendall(f"<auth xmlns='{_SASL}' mechanism='{mechanism}'>{first}</auth>".encode())
    answer = _until(connection, ("</challenge>", "</failure>"))
    if "</challenge>" in answer:
        connection.sendall(f"<abort xmlns='{_SASL}'/>".encode())
        return OPEN
    return DISABLED if "account-disabled" in answer else REFUSED


def _until(connection: socket.socket, ends: tuple[str, ...]) -> str:
    received = b""
    while len(received) <= LARGEST_ANSWER:
        if not (part := connection.recv(4096)):
            raise PlatformUnreachable(why="sign-in: the server hung up")
        received += part
        text = received.decode("utf-8", "replace")
        if any(end in text for end in ends):
            return text
    raise PlatformUnreachable(why="sign-in: the answer is too long")
