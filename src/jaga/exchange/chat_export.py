"""Chat exports: WhatsApp's .txt, and JSON as written by Telegram and others. Pure; nothing is stored.

The files come from strangers, so cost is bounded: text is read backwards until enough messages match, and JSON is
parsed only if it has no more values than a real export of its size. Times stay as written, since exports do not say
whether 11/12 is in November or December.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from jaga.core.errors import N_, FieldError, InvalidInput

MOST_BYTES = 5 * 1024 * 1024
MOST_MESSAGES = 20_000
"""How many of the newest messages are searched."""
LONGEST_LINE = 1000
_MOST_LINES = 60_000  # Of a text, from its end: a message may have several.
_MOST_VALUES = 400_000  # Of JSON; 5 MB of Telegram's hold about 260,000.
_MOST_PARTS = 100  # Of one message's text.
_LONGEST_HEAD, _LONGEST_NAME = 80, 200
_MARKS = str.maketrans("", "", "\u200e\u200f\u202a\u202c\ufeff\x00")
_HEAD = re.compile(
    r"\[?(?P<when>\d{1,4}[/.\-]\d{1,2}[/.\-]\d{1,4},?\s{1,3}(?:\w{1,6}\s{1,3})?\d{1,2}[.:]\d{2}(?:[.:]\d{2})?"
    r"(?:\s?[AaPp]\.?\s?[Mm]\.?)?)\]?\s{0,3}(?:[-\u2013]\s)?"
)
_TIMES = ("date", "time", "timestamp", "sent_at")
_NAMES, _TEXTS = ("from", "sender", "author"), ("text", "body", "content")


@dataclass(frozen=True)
class ChatLine:
    """One message of an export."""

    when: str
    who: str
    text: str

    def line(self) -> str:
        """The message on one line, as it is selected and stored."""
        return " ".join(f"{self.when} {self.who}: {self.text}".split())[:LONGEST_LINE]

    def fits(self, words: str) -> bool:
        """Whether it contains these case-folded words or its author's name does."""
        return words in self.who.casefold() or words in self.text.casefold()


def read_export(content: bytes, words: str, most: int) -> tuple[ChatLine, ...]:
    """The newest `most` messages that contain these words or whose author's name does; oldest first.

    Searches the newest `MOST_MESSAGES` and the first `LONGEST_LINE` characters of each. Raises InvalidInput (`chat`)
    for an unknown format or a file that is too large.
    """
    newest = _newest_first(content)
    first = next(newest, None)
    if first is None:
        raise _unknown()
    wanted = words.casefold().strip()
    fitting = (line for line in _with(first, newest) if line.fits(wanted))
    return tuple(islice(fitting, most))[::-1]


def _with(first: ChatLine, others: Iterable[ChatLine]) -> Iterator[ChatLine]:
    yield first
    yield from others


def _newest_first(content: bytes) -> Iterator[ChatLine]:
    if len(content) > MOST_BYTES:
        raise InvalidInput(FieldError("chat", "too_large", N_("At most 5 MB. Export the chat without media.")))
    if content.startswith(b"PK"):
        raise InvalidInput(
            FieldError("chat", "zipped", N_("This is a .zip file. Open it first and choose the .txt file in it."))
        )
    try:
        text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise _unknown() from None
    start = text[: _LONGEST_HEAD * 4].lstrip()
    is_json = start[:1] in ("{", "[") and not _HEAD.match(_clean(start)[:_LONGEST_HEAD])
    return islice(_json_lines(text) if is_json else _text_lines(text), MOST_MESSAGES)


def _unknown() -> InvalidInput:
    return InvalidInput(
        FieldError(
            "chat",
            "unknown_format",
            N_(
                "No messages were found in this file. Choose the .txt that WhatsApp exports, or Telegram's result.json."
            ),
        )
    )


def _clean(text: str) -> str:
    return text.translate(_MARKS).replace("\u202f", " ").replace("\u00a0", " ")


def _text_lines(text: str) -> Iterator[ChatLine]:
    # Lines of the message, the last one first; a message with too many is cut.
    continued: deque[str] = deque(maxlen=LONGEST_LINE)
    for raw in islice(_lines_backwards(text), _MOST_LINES):
        line = _clean(raw[: 2 * LONGEST_LINE])
        head = _HEAD.match(line[:_LONGEST_HEAD])
        if head is None:
            continued.append(line)  # Of a message with several lines.
            continue
        who, mark, first = line[head.end() :].partition(": ")
        if mark and who.strip():  # The app's own messages have no sender.
            whole = " ".join((first, *reversed(continued))).strip()
            yield ChatLine(head["when"], who.strip()[:_LONGEST_NAME], whole[:LONGEST_LINE])
        continued.clear()


def _lines_backwards(text: str) -> Iterator[str]:
    end = len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end)
        yield text[start + 1 : end][: 4 * LONGEST_LINE].rstrip("\r")
        end = start if start >= 0 else -1


def _json_lines(text: str) -> Iterator[ChatLine]:
    if text.count(",") + text.count("{") + text.count("[") > _MOST_VALUES:
        raise InvalidInput(
            FieldError("chat", "too_many", N_("This file holds too many messages. Export a shorter part of the chat."))
        )
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        raise _unknown() from None
    for messages in reversed(list(_lists_of_messages(whole))):
        for message in reversed(messages):
            line = _line(message) if isinstance(message, dict) else None
            if line is not None:
                yield line


def _line(message: dict[str, Any]) -> ChatLine | None:
    text, who = _plain(_first(message, _TEXTS)), _plain(_first(message, _NAMES))
    if not text.strip() or not who.strip():
        return None
    return ChatLine(
        _clean(_plain(_first(message, _TIMES))[:_LONGEST_HEAD]),
        _clean(who[:_LONGEST_NAME]),
        _clean(" ".join(text[: 2 * LONGEST_LINE].split()))[:LONGEST_LINE],
    )


def _lists_of_messages(whole: Any) -> Iterator[list[Any]]:
    """The messages of one chat, or of each of several (`chats.list`), in file order."""
    chats = whole.get("chats") if isinstance(whole, dict) else None
    listed = chats.get("list") if isinstance(chats, dict) else None
    for one in (*(listed if isinstance(listed, list) else ()), whole):
        messages = one.get("messages") if isinstance(one, dict) else one if one is whole else None
        if isinstance(messages, list):
            yield messages


def _first(message: dict[str, Any], names: tuple[str, ...]) -> Any:
    return next((message[name] for name in names if message.get(name)), "")


def _plain(value: Any) -> str:
    """A text, or the text of Telegram's list of parts, with lone surrogates replaced."""
    parts = [value]
    if isinstance(value, list):  # No export nests lists; they are ignored.
        parts = [part.get("text") if isinstance(part, dict) else part for part in value[:_MOST_PARTS]]
    text = "".join(str(part)[: 2 * LONGEST_LINE] for part in parts if isinstance(part, str | int | float))
    return text[: 2 * LONGEST_LINE].encode("utf-8", "replace").decode()
