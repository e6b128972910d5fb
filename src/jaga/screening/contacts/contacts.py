"""Extraction of contacts from a text: telephone numbers, links, e-mail addresses, handles on other services.

Each has one canonical form however it was written: `tel:+62…`, `mail:…`, `telegram:…`, `instagram:…`, and for other
sites `link:` with the host. This is the readable definition; `kernel` computes the same over blocks.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate

from jaga.screening.contacts.numbers import as_number, numbers_in
from jaga.screening.text.visible import Visible, visible

_AT = re.compile(r"\s{0,3}[\[({<]\s?(?:at|et)\s?[\])}>]\s{0,3}")
DOT_SPELLED = ("me", "com", "ee", "gg", "id", "net", "org", "xyz", "site", "online", "vip", "link")
"""Top-level domains recognised even if the dot is spelled out ("contoh dot com") or surrounded by spaces."""
_ENDS = "|".join(DOT_SPELLED)
_DOT = re.compile(
    r"\s{0,3}[\[({<]\s?(?:dot|titik|\.)\s?[\])}>]\s{0,3}"
    rf"|\s{{1,3}}(?:dot|titik)\s{{1,3}}(?=(?:{_ENDS})\b)"
    r"|\s{0,3}[.,]\s{1,3}(?=(?:me|com|ee|gg)\s{0,3}/)"
    rf"|\s{{1,3}}\.\s{{0,3}}(?=(?:{_ENDS})\b)",
    re.ASCII,
)
_SLASH = re.compile(r"\s{1,3}/\s{0,3}|/\s{1,3}")
_SPELLED_OUT = re.compile(r"[\[({<]|\s(?:[./]|dot\s|titik\s)|[.,/]\s", re.ASCII)  # Whether any of these could occur.
_NAME = r"[a-z0-9][a-z0-9._]{2,39}"
LINKS = re.compile(
    "|".join(
        (
            r"\b(?:wa\.me/|whatsapp\.com/send/?\?phone=)(?P<tel>\+?\d[\d ()\-]{6,20})",
            r"\b(?:t|telegram)\.me/(?:s/|joinchat/)?(?P<telegram>\+?[a-z0-9_\-]{4,40})",
            r"\bwa\.link/(?P<whatsapp_link>[a-z0-9]{4,20})",
            r"\bchat\.whatsapp\.com/(?P<whatsapp_group>[a-z0-9]{10,40})",
            rf"\b(?:instagram\.com|ig\.me/m)/(?P<instagram>{_NAME})",
            rf"\b(?:twitter|(?<![a-z0-9.\-])x)\.com/(?P<twitter>{_NAME})",
            rf"\b(?:facebook|fb)\.(?:com|me)/(?P<facebook>{_NAME})",
            rf"\btiktok\.com/@(?P<tiktok>{_NAME})",
            rf"\bline\.me/(?:r/)?ti/p/[~@]?(?P<line>{_NAME})",
            rf"\blinktr\.ee/(?P<linktree>{_NAME})",
            r"\bdiscord\.gg/(?P<discord>[a-z0-9]{4,30})",
        )
    ),
    re.ASCII,
)
_SERVICES = {
    "telegram": ("telegram", "tele", "telegrem", "telgram", "tg"),
    "instagram": ("instagram", "insta", "ig"),
    "twitter": ("twitter", "twit", "twt"),
    "facebook": ("facebook", "fb"),
    "tiktok": ("tiktok",),
    "line": ("line",),
    "michat": ("michat",),
    "wechat": ("wechat",),
    "discord": ("discord",),
    "snapchat": ("snapchat", "snap"),
    "signal": ("signal",),
    "kik": ("kik",),
    "threads": ("threads",),
}
SERVICES = {called: service for service, names in _SERVICES.items() for called in names}
_HANDLE = re.compile(
    rf"\b({'|'.join(SERVICES)})\b(?:[ ]?(?:id|username|akun))?([ ]{{0,3}}[:=>@\-]{{1,2}}[ ]{{0,3}}@?|[ ]{{1,3}})"
    rf"({_NAME})(?![a-z0-9]*+(?:[./][a-z]*+)?/)",
    re.ASCII,
)  # Possessive, to prevent backtracking.
_MAIL = re.compile(
    r"(?<![a-z0-9._%+\-])([a-z0-9][a-z0-9._%+\-]{0,63})@((?:[a-z0-9\-]{1,63}\.){1,5}[a-z]{2,24})\b", re.ASCII
)
HOST = re.compile(
    r"(?<![a-z0-9@._\-])(?P<scheme>https?://)?(?P<www>www\.)?"
    r"(?P<host>(?:[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\.){1,5}(?P<end>[a-z]{2,9}))(?![a-z0-9\-])(?P<path>/[^\s]?)?",
    re.ASCII,
)
SURE_ENDS = frozenset(("com", "net", "org", "biz", "xyz", "icu", "sbs", "cfd", "asia"))
"""Top-level domains that are not words: anything may precede the dot."""
ENDS = (
    SURE_ENDS
    | set(DOT_SPELLED)
    | frozenset(
        (
            "info",
            "io",
            "co",
            "cc",
            "to",
            "tv",
            "my",
            "sg",
            "us",
            "uk",
            "de",
            "nl",
            "jp",
            "kr",
            "cn",
            "ru",
            "app",
            "dev",
            "top",
            "pro",
            "live",
            "shop",
            "store",
            "club",
            "fun",
            "win",
            "bet",
            "games",
            "game",
            "casino",
            "poker",
            "space",
            "website",
            "web",
            "press",
            "life",
            "world",
            "today",
            "lol",
            "ink",
            "ly",
            "bio",
            "page",
            "click",
            "monster",
            "quest",
            "work",
            "tech",
            "cloud",
            "agency",
            "group",
            "team",
            "rocks",
            "buzz",
            "gdn",
            "mobi",
            "name",
            "art",
            "be",
            "la",
            "pw",
            "ws",
        )
    )
)
"""The other top-level domains: a missing space after a full stop looks the same, so more evidence is needed."""
_DOTS_MEAN_NOTHING = ("gmail.com", "googlemail.com")


@dataclass(frozen=True)
class Contact:
    """One contact: canonical form, masked form, and span in the text."""

    value: str
    masked: str
    start: int
    end: int


def contacts_in(text: str) -> tuple[Contact, ...]:
    """Each distinct contact at its first place, in text order. Accepts any string, in linear time."""
    read = visible(text)
    return once_each(
        Contact(contact.value, contact.masked, *read.span(contact.start, contact.end))
        for contact in found_in(read.text)
    )


def found_in(visible_text: str) -> list[Contact]:
    """Every occurrence of a contact in a `visible` text, with places in that text."""
    read = Visible(visible_text, range(len(visible_text)), range(1, len(visible_text) + 1))
    joined = read
    if _SPELLED_OUT.search(visible_text):
        joined = joined_parts(read)
    found = [
        *_numbers(read),
        *links_at(joined, LINKS.finditer(joined.text) if "." in joined.text else ()),
        *mails_in(joined),
        *handles_in(joined),
    ]
    hosts = HOST.finditer(joined.text) if "." in joined.text else ()
    return in_order([*found, *sites_at(joined, hosts, found)])


def joined_parts(read: Visible) -> Visible:
    """The text with dots, slashes and at signs that are spelled out or stand apart in their usual form."""
    return read.with_replaced(_AT, "@").with_replaced(_DOT, ".").with_replaced(_SLASH, "/")


def in_order(found: Iterable[Contact]) -> list[Contact]:
    """The contacts by place, the longer one first."""
    return sorted(found, key=lambda contact: (contact.start, -contact.end, contact.value))


def once_each(found: Iterable[Contact]) -> tuple[Contact, ...]:
    """The first occurrence of each value."""
    first: dict[str, Contact] = {}
    for contact in found:
        first.setdefault(contact.value, contact)
    return tuple(first.values())


def _numbers(read: Visible) -> Iterator[Contact]:
    for number in numbers_in(read):
        yield Contact(f"tel:{number.value}", number.masked, *read.span(number.start, number.end))


def links_at(read: Visible, matches: Iterable[re.Match[str]]) -> Iterator[Contact]:
    """The contacts of these matches of `LINKS`."""
    for match in matches:
        service = (match.lastgroup or "").replace("_", "-")
        written, span = match[match.lastgroup or 0], read.span(*match.span())
        dialled = service == "tel" or written.startswith("+")  # t.me/+62… opens a chat with a telephone number.
        number = _dialled(written) if dialled else None
        if number:
            yield Contact(f"tel:{number[0]}", number[1], *span)
        elif service != "tel" and written.strip("._-+"):  # A name of punctuation only would match everyone.
            yield _named(service, written, *span)


def _dialled(written: str) -> tuple[str, str] | None:
    digits = re.sub(r"\D", "", written)
    return as_number(digits, international=not digits.startswith("0"))


def _named(service: str, name: str, start: int, end: int) -> Contact:
    """The contact of that name on a service."""
    name = name.rstrip("._-")
    return Contact(f"{service}:{name}", f"{service} {name[:2]}***{name[-1:]}", start, end)


def handles_in(read: Visible) -> Iterator[Contact]:
    """Handles such as `IG: mawar.22` and `tele @mawar`.

    After a mere space the name must not look like a word ("line yang" is none).
    """
    for match in _HANDLE.finditer(read.text):
        called, sign, name = match.groups()
        name = name.rstrip("._")
        if len(name) >= 4 and (sign.strip() or re.search(r"[0-9_.]", name)) and name not in SERVICES:
            yield _named(SERVICES[called], name, *read.span(match.start(), match.start(3) + len(name)))


def mails_in(read: Visible) -> Iterator[Contact]:
    """Addresses such as `mawar@contoh.com`."""
    for match in _MAIL.finditer(read.text) if "@" in read.text else ():
        local, domain = match.groups()
        if domain in _DOTS_MEAN_NOTHING:
            local, domain = local.partition("+")[0].replace(".", ""), "gmail.com"
        yield Contact(f"mail:{local}@{domain}", f"{local[:1]}***@{domain}", *read.span(*match.span()))


def sites_at(read: Visible, matches: Iterable[re.Match[str]], found: Iterable[Contact]) -> Iterator[Contact]:
    """Web addresses not matched by a specific service: those of these matches of `HOST`.

    A path, a scheme, a digit, a hyphen or two dots are evidence for one.
    """
    taken = sorted((contact.start, contact.end) for contact in found)
    furthest = list(accumulate((end for _, end in taken), max, initial=0))
    for match in matches:
        host, end = match["host"], match["end"]
        sure = end in SURE_ENDS or match["scheme"] or match["www"] or match["path"] or host.count(".") > 1
        if end not in ENDS or host.replace(".", "").isdigit() or not (sure or re.search(r"[0-9\-]", host)):
            continue
        start, stop = read.span(*match.span())
        if furthest[bisect_left(taken, (stop, 0))] <= start:  # No contact that starts before its end overlaps it.
            yield Contact(f"link:{host}", host, start, stop)
