"""From what a person pastes to a platform's own account id. One parser for each family of platforms."""

import re
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

_MAX = 255


def _matrix(pasted: str, server: str) -> str | None:
    if "matrix.to/#/" in pasted:
        pasted = unquote(pasted.split("matrix.to/#/", 1)[1]).split("?", 1)[0]
    elif pasted.startswith("matrix:u/"):
        pasted = "@" + pasted.removeprefix("matrix:u/").split("?", 1)[0]
    if ":" not in pasted:
        pasted = f"@{pasted.removeprefix('@')}:{server}"
    local, _, host = pasted.removeprefix("@").partition(":")
    if host.lower() != server.lower() or not re.fullmatch(r"[a-z0-9._=/+\-]{1,200}", local.lower()):
        return None
    return f"@{local.lower()}:{server}"


def _xmpp(pasted: str, server: str) -> str | None:
    pasted = pasted.removeprefix("xmpp:").split("?", 1)[0].split("/", 1)[0]
    local, _, host = pasted.partition("@")
    if (host and host.lower() != server.lower()) or not re.fullmatch(r"[^\s\"&'/:<>@]{1,200}", local):
        return None
    return f"{local.lower()}@{server}"


def _plain(pasted: str, server: str) -> str | None:
    if pasted.startswith(("http://", "https://")):
        pasted = urlsplit(pasted).path.rstrip("/").rsplit("/", 1)[-1]
    handle = pasted.removeprefix("@")
    return handle if re.fullmatch(r"\S{1,200}", handle) else None


def _atproto(pasted: str, server: str) -> str | None:
    """A DID, or a handle in small letters: whose it is only the server knows, and adapters act on DIDs alone."""
    if pasted.startswith(("http://", "https://")):
        pasted = urlsplit(pasted).path.partition("/profile/")[2]
    name = unquote(pasted).removeprefix("at://").removeprefix("@").partition("/")[0]
    if re.fullmatch(r"did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9._%-]{1,200})", name):
        return name
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    return name.lower() if re.fullmatch(rf"({label}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?", name.lower()) else None


_PARSERS: dict[str, Callable[[str, str], str | None]] = {
    "synapse": _matrix, "prosody": _xmpp, "ejabberd": _xmpp, "atproto_pds": _atproto, "ozone": _atproto}


def parse_account(adapter: str, server_name: str, pasted: str) -> str | None:
    """The platform's account id for a pasted handle, id or link; None if it cannot be one on this platform."""
    text = pasted.strip()
    if not text or len(text) > _MAX or any(ord(character) < 32 for character in text):
        return None
    return _PARSERS.get(adapter, _plain)(text, server_name)
