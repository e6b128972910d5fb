"""Links, addresses and handles of a text of which it is known what it may contain: equal to `contacts`, sooner done.

The patterns of `contacts` are tried only where they can begin to match: a link or a web address has a dot before a
top-level domain, which is quickly found, and begins at the beginning of the word there.
"""

import re
from collections.abc import Iterator

from jaga.screening.contacts.contacts import (
    DOT_SPELLED,
    ENDS,
    HOST,
    LINKS,
    Contact,
    handles_in,
    in_order,
    joined_parts,
    links_at,
    mails_in,
    sites_at,
)
from jaga.screening.text.visible import Visible

HOST_NAME, MAIL, HANDLE, SPELLED_OUT, UNREAD = (1 << bit for bit in range(5))
"""What a text may contain: a dot before a top-level domain, an address, a handle, a sign that is spelled out, a number
that only the readable definition reads."""
_NAMES = HOST_NAME | MAIL | HANDLE
_SPELLED = "|".join(DOT_SPELLED)
_APART = re.compile(
    r"[\[({<\s.,/](?:(?<=[\[({<])\s?(?:at|et|dot|titik|\.)\s?[\])}>]"
    rf"|(?<=\s)(?:/|(?:dot|titik)\s{{1,3}}(?:{_SPELLED})\b|\.\s{{0,3}}(?:{_SPELLED})\b)"
    r"|(?<=[.,])\s{1,3}(?:me|com|ee|gg)\s{0,3}/|(?<=/)\s)",
    re.ASCII,
)
"""Whether `joined_parts` changes the text."""
_DOT = re.compile(r"\.([a-z]{2,9})(?![a-z0-9\-])", re.ASCII)
LINKED = frozenset(
    (
        "wa",
        "whatsapp",
        "t",
        "telegram",
        "instagram",
        "ig",
        "twitter",
        "x",
        "facebook",
        "fb",
        "tiktok",
        "line",
        "linktr",
        "discord",
    )
)
"""The words before the last dot of a host in `LINKS`."""
_LONGEST_LINKED = max(map(len, LINKED))
_IN_WORDS = "abcdefghijklmnopqrstuvwxyz0123456789_"
_IN_HOSTS = f"{_IN_WORDS}@.-"
_SCHEMES = ("https://", "http://")


def names_in(visible_text: str, may: int, numbers: list[tuple[int, int]]) -> list[Contact]:
    """`found_in` without telephone numbers that are not links; these are given by their places.

    `may` has the bits of what the text may contain as it stands.
    """
    read = Visible(visible_text, range(len(visible_text)), range(1, len(visible_text) + 1))
    if _APART.search(visible_text):
        read, may = joined_parts(read), _NAMES
    dots = [match.start() for match in _DOT.finditer(read.text) if match[1] in ENDS] if may & HOST_NAME else []
    found = [*links_at(read, _links(read.text, dots))] if dots else []
    if may & MAIL:
        found += mails_in(read)
    if may & HANDLE:
        found += handles_in(read)
    if dots:
        taken = [Contact("", "", start, end) for start, end in numbers]
        found += sites_at(read, _hosts(read.text, dots), [*found, *taken])
    return in_order(found)


def _links(text: str, dots: list[int]) -> Iterator[re.Match[str]]:
    """The matches of `LINKS`, given the dots before top-level domains."""
    end = 0
    for dot in dots:
        before = text[max(0, dot - _LONGEST_LINKED - 1) : dot]
        word = before[len(before.rstrip(_IN_WORDS)) :]
        if word not in LINKED:
            continue
        start = dot - len(word)
        for begin in (start - len("chat."), start) if text.endswith("chat.", 0, start) else (start,):
            match = LINKS.match(text, begin) if begin >= end else None
            if match:
                yield match
                end = match.end()


def _hosts(text: str, dots: list[int]) -> Iterator[re.Match[str]]:
    """The matches of `HOST` whose end is a top-level domain, given the dots before these; others may be left out."""
    end = seen = 0
    for dot in dots:
        start = seen + len(text[seen:dot].rstrip(_IN_HOSTS))
        if start == seen > 0:
            continue  # The word is the one of the dot before.
        seen = dot
        scheme = next((one for one in _SCHEMES if text.endswith(one, 0, start)), "")
        begins = (start - len(scheme), start) if scheme else (start,)
        if text.endswith("/", 0, begins[0]):  # The address before may have taken the first character of this one.
            yield from (match for match in HOST.finditer(text, end) if match.start() >= end)
            return
        for begin in begins:
            match = HOST.match(text, begin) if begin >= end else None
            if match:
                yield match
                end = match.end()
