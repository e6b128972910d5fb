"""XMPP client streams: whether an account may sign in, and a session of the notices account.

No password is ever sent: sign-in uses SCRAM, and whether someone else may sign in shows at its first message. A server
with a closed account answers `account-disabled` before any proof.
"""

import base64
import hashlib
import hmac
import re
import secrets
import socket
import ssl
import stringprep
import time
import unicodedata
from codecs import getincrementaldecoder
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from html import escape
from typing import cast
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.platforms.kit.http import CredentialsRefused

SECONDS = 10.0
LARGEST_ANSWER = 1024 * 1024
LARGEST_STREAM = 32 * LARGEST_ANSWER
MOST_ROUNDS = 1_000_000  # Of SCRAM: more would only keep this machine busy.
CLIENT = "{jabber:client}"
_SASL = "urn:ietf:params:xml:ns:xmpp-sasl"
_TLS = "urn:ietf:params:xml:ns:xmpp-tls"
_BIND = "urn:ietf:params:xml:ns:xmpp-bind"
_STREAMS = "{http://etherx.jabber.org/streams}"
_MECHANISMS = {"SCRAM-SHA-256": "sha256", "SCRAM-SHA-1": "sha1"}  # The better one first.

# Names cannot contain the first six; comma and equals sign would need escaping in SCRAM; a leading `-` would be an
# option.
_NAME = re.compile(r"[^\s\"&'/:<>@\x00-\x1f\x7f,=\\-][^\s\"&'/:<>@\x00-\x1f\x7f,=\\]{0,255}")

_DOCTYPE = "<!DOCTYPE"

OPEN = "open"
DISABLED = "disabled"
REFUSED = "refused"


def local_part(account_id: str, server_name: str) -> str | None:
    """The name before the @ in the server's form, or None if no account of this server can have it.

    Servers fold names (RFC 6122, nodeprep): `Budi` and `budi` are one account, so fold before comparing.
    """
    name, _, server = account_id.partition("@")
    folded = "".join(stringprep.map_table_b2(each) for each in name if not stringprep.in_table_b1(each))
    folded = unicodedata.normalize("NFKC", folded)
    return folded if server.lower() == server_name.lower() and _NAME.fullmatch(folded) else None


class XmppStream:
    """One stream, read by stanza. Any failure raises PlatformUnreachable."""

    def __init__(self, connection: socket.socket, server_name: str, seconds: float) -> None:
        self._connection = connection
        self._server_name = server_name
        self._deadline = time.monotonic() + seconds
        self._received = 0
        self.aside: list[Element] = []  # Stanzas that arrived while waiting for an answer.

    def open(self) -> Element:
        """Restart the stream, as after TLS and sign-in. Returns the server's features."""
        self._parser: XMLPullParser[Element] = XMLPullParser(("start", "end"))
        self._text = getincrementaldecoder("utf-8")("strict")
        self._tail = ""
        self._open: list[Element] = []
        self._whole: deque[Element] = deque()
        self.send(
            f"<?xml version='1.0'?><stream:stream to='{escape(self._server_name)}' xmlns='jabber:client' "
            f"xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
        )
        return self.read()

    def secure(self) -> None:
        self._connection = ssl.create_default_context().wrap_socket(self._connection, server_hostname=self._server_name)

    def close(self) -> None:
        self._connection.close()

    def send(self, xml: str) -> None:
        self._connection.sendall(xml.encode())

    def read(self) -> Element:
        """The next complete stanza. Raises PlatformUnreachable for a stream error, e.g. a banned address."""
        size = 0
        while not self._whole:
            self._connection.settimeout(max(self._deadline - time.monotonic(), 0.01))
            part = self._connection.recv(16384)
            size += len(part)
            self._received += len(part)
            if not part:
                raise PlatformUnreachable(why="xmpp: the server hung up")
            if size > LARGEST_ANSWER or self._received > LARGEST_STREAM:
                raise PlatformFault(why="xmpp: too long an answer")
            if time.monotonic() > self._deadline:
                raise PlatformUnreachable(why="xmpp: the answer takes too long")
            self._take(part)
        stanza = self._whole.popleft()
        if stanza.tag == f"{_STREAMS}error":
            condition = stanza[0].tag.rpartition("}")[2] if len(stanza) else "error"
            # Sent by ejabberd's mod_fail2ban, by default after 20 failed sign-ins from one address.
            hint = ", is this machine's address shut out?" if condition == "policy-violation" else ""
            raise PlatformUnreachable(why=f"xmpp: {condition}{hint}")
        return stanza

    def ask(self, kind: str, content: str, to: str = "") -> Element:
        """The answer to an IQ of `kind` (get or set); other stanzas that arrive meanwhile are put aside."""
        number = secrets.token_hex(6)
        receiver = f" to='{escape(to)}'" if to else ""
        self.send(f"<iq type='{kind}' id='{number}'{receiver}>{content}</iq>")
        while True:
            stanza = self.read()
            if stanza.tag == f"{CLIENT}iq" and stanza.get("id") == number:
                return stanza
            self.aside.append(stanza)

    def _take(self, part: bytes) -> None:
        """Parse XML in UTF-8 without a document type, as RFC 6120 (11.1, 11.6) requires: entities could expand without
        end.
        """
        try:
            text = self._text.decode(part)
            if _DOCTYPE in self._tail + text:
                raise PlatformFault(why="xmpp: the answer has a document type")
            self._tail = (self._tail + text)[-len(_DOCTYPE) :]
            self._parser.feed(text)
            for event, element in cast(Iterator[tuple[str, Element]], self._parser.read_events()):
                if event == "start":
                    self._open.append(element)
                else:
                    self._open.pop()
                    if len(self._open) == 1:
                        self._whole.append(element)
                        self._open[0].remove(element)
        except (ParseError, UnicodeDecodeError, IndexError) as error:
            raise PlatformFault(why="xmpp: the answer is no XML") from error


@contextmanager
def connected(url: str, server_name: str, *, seconds: float = SECONDS) -> Iterator[tuple[XmppStream, Element]]:
    """A stream and the server's features, encrypted if the server supports it.

    Raises PlatformUnreachable.

    `url` is `xmpp://host:5222` (STARTTLS if offered) or `xmpps://host:5223`.
    """
    address = urlsplit(url)
    port = address.port or (5223 if address.scheme == "xmpps" else 5222)
    try:
        plain = socket.create_connection((address.hostname or "", port), timeout=seconds)
        with closing(XmppStream(plain, server_name, seconds)) as stream:
            if address.scheme == "xmpps":
                stream.secure()
            features = stream.open()
            if features.find(f"{{{_TLS}}}starttls") is not None:
                stream.send(f"<starttls xmlns='{_TLS}'/>")
                if stream.read().tag != f"{{{_TLS}}}proceed":
                    raise PlatformUnreachable(why="xmpp: no encryption after all")
                stream.secure()
                features = stream.open()
            yield stream, features
            with suppress(OSError):  # The server may have closed first; ending the stream changes nothing.
                stream.send("</stream:stream>")
    except OSError as error:
        raise PlatformUnreachable(why=f"xmpp: {type(error).__name__}") from error


def sign_in_state(url: str, server_name: str, name: str, *, seconds: float = SECONDS) -> str:
    """`open`, `disabled`, or `refused` (no such account).

    Leaves no session behind; see `connected` for `url`.

    `name` is the part before the @, validated by the caller. Raises PlatformUnreachable.
    """
    with connected(url, server_name, seconds=seconds) as (stream, features):
        _begin(stream, features, f"n={name},r={secrets.token_hex(12)}")
        answer = stream.read()
    # No `<abort/>`: ejabberd's mod_fail2ban would count it as a failed sign-in.
    if answer.tag == f"{{{_SASL}}}challenge":
        return OPEN
    return DISABLED if answer.find(f"{{{_SASL}}}account-disabled") is not None else REFUSED


@contextmanager
def session(url: str, server_name: str, name: str, password: str, *, seconds: float = SECONDS) -> Iterator[XmppStream]:
    """A signed-in session without presence: invisible, and it drains no offline messages.

    Raises PlatformUnreachable, including CredentialsRefused.
    """
    with connected(url, server_name, seconds=seconds) as (stream, features):
        _prove(stream, features, name, password)
        stream.open()
        bound = stream.ask("set", f"<bind xmlns='{_BIND}'/>")
        if bound.get("type") != "result":
            raise PlatformUnreachable(why="xmpp: no session after signing in")
        yield stream


def _begin(stream: XmppStream, features: Element, first: str) -> str:
    """Send SCRAM's first message without channel binding; returns the mechanism's hash."""
    offered = {each.text for each in features.iter(f"{{{_SASL}}}mechanism")}
    mechanism = next((supported for supported in _MECHANISMS if supported in offered), None)
    if mechanism is None:
        raise PlatformUnreachable(why="xmpp: the server offers no SCRAM")
    stream.send(f"<auth xmlns='{_SASL}' mechanism='{mechanism}'>{_encoded('n,,' + first)}</auth>")
    return _MECHANISMS[mechanism]


def _prove(stream: XmppStream, features: Element, name: str, password: str) -> None:
    """SCRAM (RFC 5802), including the server's proof that it knows the password."""
    first = f"n={name},r={secrets.token_hex(12)}"
    digest = _begin(stream, features, first)
    answer = stream.read()
    if answer.tag != f"{{{_SASL}}}challenge":
        raise CredentialsRefused(why="xmpp: sign-in refused")
    try:
        challenge = base64.b64decode(answer.text or "", validate=True).decode()
        fields = dict(field.split("=", 1) for field in challenge.split(","))
        nonce, salt, iterations = fields["r"], base64.b64decode(fields["s"], validate=True), int(fields["i"])
    except (ValueError, KeyError) as error:
        raise PlatformFault(why="xmpp: the challenge makes no sense") from error
    if not nonce.startswith(first.partition(",r=")[2]) or not 0 < iterations <= MOST_ROUNDS:
        raise PlatformFault(why="xmpp: the challenge is not for us")
    salted = hashlib.pbkdf2_hmac(digest, password.encode(), salt, iterations)
    key = hmac.digest(salted, b"Client Key", digest)
    bare = f"c=biws,r={nonce}"
    everything = f"{first},{challenge},{bare}".encode()
    mask = hmac.digest(hashlib.new(digest, key).digest(), everything, digest)
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, mask, strict=True))).decode()
    stream.send(f"<response xmlns='{_SASL}'>{_encoded(f'{bare},p={proof}')}</response>")
    answer = stream.read()
    if answer.tag != f"{{{_SASL}}}success":
        raise CredentialsRefused(why="xmpp: sign-in refused")
    signature = hmac.digest(hmac.digest(salted, b"Server Key", digest), everything, digest)
    expected = _encoded(f"v={base64.b64encode(signature).decode()}")
    if not hmac.compare_digest((answer.text or "").encode(), expected.encode()):
        raise PlatformUnreachable(why="xmpp: the server does not know the password")


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
