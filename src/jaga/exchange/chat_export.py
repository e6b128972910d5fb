"""Chat exports in: the .txt that WhatsApp writes, and JSON as Telegram and others write it. Pure; nothing is kept.

Times stay as they were written: exports do not say whether 11/12 is in November or in December.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jaga.core.errors import N_, FieldError, InvalidInput

MOST_BYTES = 5 * 1024 * 1024
LONGEST_LINE = 1000
_MARKS = str.maketrans("", "", "\u200e\u200f\u202a\u202c\ufeff\x00")
_HEAD = re.compile(
    r"\[?(?P<when>\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4},?\s+(?:\w{1,6}\s+)?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?"
    r"(?:\s?[AaPp]\.?\s?[Mm]\.?)?)\]?\s*(?:[-\u2013]\s)?(?P<rest>.*)")
_TIMES = ("date", "time", "timestamp", "sent_at")
_NAMES, _TEXTS = ("from", "sender", "author"), ("text", "body", "content")


@dataclass(frozen=True)
class ChatLine:
    """One message of an export."""

    when: str
    who: str
    text: str

    def said(self) -> str:
        """The message on one line, as it is picked and kept."""
        return " ".join(f"{self.when} {self.who}: {self.text}".split())[:LONGEST_LINE]


def read_export(content: bytes) -> tuple[ChatLine, ...]:
    """The messages of an export, oldest first. Raises InvalidInput (`chat`) where it is none that is known."""
    if len(content) > MOST_BYTES:
        raise InvalidInput(FieldError("chat", "too_large", N_("At most 5 MB. Export the chat without media.")))
    if content.startswith(b"PK"):
        raise InvalidInput(FieldError("chat", "zipped", N_(
            "This is a .zip file. Open it first and choose the .txt file in it.")))
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _unknown() from None
    lines = tuple(_json_lines(text) if text.lstrip()[:1] in ("{", "[") and not _HEAD.match(_clean(text.lstrip())[:80])
                  else _text_lines(text))
    if not lines:
        raise _unknown()
    return lines


def find(lines: tuple[ChatLine, ...], words: str, most: int) -> tuple[ChatLine, ...]:
    """The newest `most` messages that hold these words, or were written by whom they name; oldest first."""
    wanted = words.casefold().strip()
    found = [line for line in lines if wanted in line.who.casefold() or wanted in line.text.casefold()]
    return tuple(found[-most:])


def _unknown() -> InvalidInput:
    return InvalidInput(FieldError("chat", "unknown_format", N_(
        "No messages were found in this file. Choose the .txt that WhatsApp exports, or Telegram's result.json.")))


def _clean(text: str) -> str:
    return text.translate(_MARKS).replace("\u202f", " ").replace("\u00a0", " ")


def _text_lines(text: str) -> Iterator[ChatLine]:
    when = who = ""
    said: list[str] = []
    for line in _clean(text).splitlines():
        head = _HEAD.match(line)
        if head is None:
            said.append(line)  # a message of several lines
            continue
        if who:
            yield ChatLine(when, who, " ".join(said).strip())
        when, (who, mark, first) = head["when"], head["rest"].partition(": ")
        who = who.strip() if mark else ""  # what the app itself says has no sender
        said = [first]
    if who:
        yield ChatLine(when, who, " ".join(said).strip())


def _json_lines(text: str) -> Iterator[ChatLine]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise _unknown() from None
    for message in _messages(whole):
        said, who = _plain(_first(message, _TEXTS)), _plain(_first(message, _NAMES))
        if said and who:
            yield ChatLine(_clean(_plain(_first(message, _TIMES))), _clean(who), _clean(" ".join(said.split())))


def _messages(whole: Any) -> Iterator[dict[str, Any]]:
    if isinstance(whole, dict):
        chats = whole.get("chats")
        listed = chats.get("list") if isinstance(chats, dict) else None
        for chat in listed if isinstance(listed, list) else []:
            yield from _messages(chat if isinstance(chat, dict) else {})
        whole = whole.get("messages")
    if isinstance(whole, list):
        yield from (message for message in whole if isinstance(message, dict))


def _first(message: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((message[name] for name in names if message.get(name)), "")


def _plain(value: Any) -> str:
    """Text, or the text of Telegram's list of parts. What UTF-8 cannot hold is replaced."""
    parts = [value]
    if isinstance(value, list):  # a list in a list is no export's, and is left out
        parts = [part.get("text") if isinstance(part, dict) else part for part in value]
    said = "".join(str(part) for part in parts if isinstance(part, str | int | float))
    return said.encode("utf-8", "replace").decode()
