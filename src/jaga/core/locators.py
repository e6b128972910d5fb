"""Parses what a person pastes into a platform's account id; one parser for each family of platforms.

Folding of text for search: lower case, without accents or typographic letter styles.
"""

import re
import unicodedata
from collections.abc import Callable
from urllib.parse import unquote, urlsplit

_LEFT_OUT = re.compile("[\u0300-\u036f\u200b-\u200f\u2060\ufeff]")


def fold(text: str) -> str:
    """The folded text. Accepts any string."""
    return _LEFT_OUT.sub("", unicodedata.normalize("NFKD", text).lower())


def places_in(text: str, folded: str) -> list[tuple[int, int]]:
    """Positions of a folded word in a text, as spans of the original text; matches whole words and their beginnings."""
    letters, places = [], []
    for place, char in enumerate(text):
        for letter in fold(char):
            letters.append(letter)
            places.append(place)
    whole = "".join(letters)
    return (
        [
            (places[found.start()], places[found.end() - 1] + 1)
            for found in re.finditer(rf"(?<!\w){re.escape(folded)}", whole)
        ]
        if folded
        else []
    )


_MAX = 255
_MOST_WORDS = 1000
_MARKS = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff"
"""Invisible marks that apps add around a copied name."""
DID = r"did:(plc:[a-z2-7]{24}|web:[A-Za-z0-9._%-]{1,200})"
"""The stable id of the AT Protocol, as in `Capabilities.stable_id`."""
LONGEST_PATTERN = 200


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
    """A bare JID. In a link of a web client, the last part is the JID."""
    if pasted.startswith(("http://", "https://")):
        link = urlsplit(pasted)
        pasted = link.fragment or link.path.rstrip("/").rpartition("/")[2]
        if "@" not in pasted:
            return None
    if pasted[:5].lower() == "xmpp:":
        pasted = pasted[5:].removeprefix("//")
    pasted = unquote(pasted.split("?", 1)[0].split("/", 1)[0])
    local, _, host = pasted.removeprefix("@").partition("@")
    if (host and host.lower() != server.lower()) or not re.fullmatch(r"[^\s\"&'/:<>@]{1,200}", local):
        return None
    return f"{local.lower()}@{server}"


def _plain(pasted: str, server: str) -> str | None:
    if pasted.startswith(("http://", "https://")):
        pasted = urlsplit(pasted).path.rstrip("/").rsplit("/", 1)[-1]
    handle = pasted.removeprefix("@")
    return handle if re.fullmatch(r"\S{1,200}", handle) else None


def _atproto(pasted: str, server: str) -> str | None:
    """A DID, or a handle in lower case; only the server knows whose it is, and adapters act on DIDs alone."""
    if pasted.startswith(("http://", "https://")):
        pasted = urlsplit(pasted).path.partition("/profile/")[2]
    name = unquote(pasted).removeprefix("at://").removeprefix("@").partition("/")[0]
    if re.fullmatch(DID, name):
        return name
    label = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
    return name.lower() if re.fullmatch(rf"({label}\.)+[a-z]([a-z0-9-]{{0,61}}[a-z0-9])?", name.lower()) else None


_NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_BLANK = re.compile(r"\s")
_PARSERS: dict[str, Callable[[str, str], str | None]] = {
    "synapse": _matrix,
    "prosody": _xmpp,
    "ejabberd": _xmpp,
    "atproto_pds": _atproto,
    "ozone": _atproto,
}
FAMILIES = frozenset(_PARSERS)
"""Adapters whose name parser other adapters may use (`Capabilities.named_like`)."""


def usable_pattern(pattern: str) -> bool:
    """Whether a declared pattern of stable ids is usable; "" means that a name is the id."""
    if len(pattern) > LONGEST_PATTERN:
        return False
    try:
        return not pattern or re.compile(pattern).fullmatch("") is None
    except re.error:
        return False


def is_stable(stable_id: str, account_id: str) -> bool:
    """Whether this id belongs to its account permanently.

    Otherwise it is a handle, whose owner only the server knows.

    `stable_id` is the pattern that the adapter declares (`Capabilities.stable_id`); "" if names are ids.
    """
    return not stable_id or re.fullmatch(stable_id, account_id) is not None


def is_account_of(adapter: str, server_name: str, account_id: str, stable_id: str = "") -> bool:
    """Whether this platform may have given the id to one of its accounts.

    Unlike pasted text, an id from the platform is never normalised: different ids are different accounts.
    """
    if len(account_id) > _MAX or not _is_text(account_id) or _BLANK.search(account_id):
        return False
    if not is_stable(stable_id, account_id):
        return False
    match adapter:
        case "synapse":
            local, _, server = account_id.removeprefix("@").partition(":")
            return account_id.startswith("@") and bool(local) and server == server_name
        case "prosody" | "ejabberd":
            local, _, server = account_id.partition("@")
            return bool(local) and "/" not in account_id and server in (server_name, server_name.lower())
        case "atproto_pds" | "ozone":
            return re.fullmatch(DID, account_id) is not None
    return True


def parse_account(adapter: str, server_name: str, pasted: str) -> str | None:
    """The platform's account id for a pasted handle, id or link; None if it cannot be one on this platform."""
    text = pasted.strip().strip(_MARKS).strip()
    if len(text) > _MAX or not _is_text(text):
        return None
    try:
        found = _PARSERS.get(adapter, _plain)(text, server_name)
    except ValueError:  # an invalid link such as `http://[`
        return None
    return found if found and _is_text(found) else None  # percent-encoded characters are visible only now


def find_account(adapter: str, server_name: str, pasted: str) -> str | None:
    """The only account mentioned in other text, such as that of a screenshot; None for none or several.

    Only marked words count (`@`, a link, a DID), since any word could be a name.
    """
    whole = parse_account(adapter, server_name, pasted)
    if whole or len(pasted) > _MOST_WORDS:
        return whole
    words = (word.strip(".,;()<>\"'|\u201c\u201d") for word in pasted.split())
    marked = {
        parse_account(adapter, server_name, word)
        for word in words
        if "@" in word or word.startswith(("http://", "https://", "matrix:", "xmpp:", "did:"))
    }
    found = marked - {None}
    return found.pop() if len(found) == 1 else None


def _is_text(text: str) -> bool:
    return bool(text) and _NO_TEXT.search(text) is None
