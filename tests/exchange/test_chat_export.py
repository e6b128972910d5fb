"""Chat exports, as the apps write them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.errors import InvalidInput
from jaga.exchange.chat_export import LONGEST_LINE, MOST_BYTES, find, read_export

ANDROID = "25/11/26 21.05 - Pesan dan panggilan terenkripsi.\n25/11/26 21.05 - Sari: ada promo: murah\nbaris dua\n" \
    "25/11/26 21.06 - Budi Baru: tidak\n"
ENGLISH = "11/25/26, 9:05\u202fPM - Sari: hi\n11/25/26, 9:06\u202fPM - You: no\n"
IPHONE = "[25/11/26 21.05.33] Sari: \u200efoto tidak disertakan\r\n" \
    "\u200e[25/11/26 21.06.00] +62 812-0000-0000: halo\r\n"
TELEGRAM = {"name": "Grup", "messages": [
    {"id": 1, "type": "service", "actor": "Sari", "action": "create_group"},
    {"id": 2, "type": "message", "date": "2026-11-25T21:05:00", "from": "Sari",
     "text": ["lihat ", {"type": "link", "text": "contoh.test"}, "\nya"]},
    {"id": 3, "type": "message", "date": "2026-11-25T21:06:00", "from": "Budi", "text": "tidak"},
]}


@pytest.mark.parametrize(("content", "said"), [
    (ANDROID, ["25/11/26 21.05 Sari: ada promo: murah baris dua", "25/11/26 21.06 Budi Baru: tidak"]),
    (ENGLISH, ["11/25/26, 9:05 PM Sari: hi", "11/25/26, 9:06 PM You: no"]),
    (IPHONE, ["25/11/26 21.05.33 Sari: foto tidak disertakan", "25/11/26 21.06.00 +62 812-0000-0000: halo"]),
    (json.dumps(TELEGRAM), ["2026-11-25T21:05:00 Sari: lihat contoh.test ya", "2026-11-25T21:06:00 Budi: tidak"]),
    (json.dumps({"chats": {"list": [TELEGRAM]}}),
     ["2026-11-25T21:05:00 Sari: lihat contoh.test ya", "2026-11-25T21:06:00 Budi: tidak"]),
    (json.dumps([{"sender": "Sari", "body": "hai", "timestamp": 5}]), ["5 Sari: hai"]),
])
def test_messages_are_found_with_who_wrote_them(content: str, said: list[str]) -> None:
    """What the app itself says is no message; times stay as they were written."""
    assert [line.said() for line in read_export(content.encode())] == said


def test_other_encodings_of_text_are_read() -> None:
    """A byte order mark is no part of the first message."""
    for encoding in ("utf-8-sig", "utf-16"):
        assert len(read_export(ANDROID.encode(encoding))) == 2


@pytest.mark.parametrize(("content", "code"), [
    (b"", "unknown_format"), (b"surat biasa\n", "unknown_format"), (b"PK\x03\x04", "zipped"),
    (b"\xff\xfe\x00", "unknown_format"), (b"\x89PNG", "unknown_format"), (b"[" * 100_000, "unknown_format"),
    (b"{}", "unknown_format"), (b'{"messages": 5}', "unknown_format"), (b"x" * (MOST_BYTES + 1), "too_large"),
    (b'[{"from": "a", "text": ' + b"[" * 480 + b"]" * 480 + b"}]", "unknown_format"),
])
def test_what_is_no_export_is_refused_with_what_to_do(content: bytes, code: str) -> None:
    """Never a fault, and each with its own remedy."""
    with pytest.raises(InvalidInput) as refused:
        read_export(content)
    assert [(error.field, error.code) for error in refused.value.errors] == [("chat", code)]


def test_the_newest_that_fit_are_shown() -> None:
    """By a word or by who wrote it, in the order of the chat."""
    lines = read_export(json.dumps({"messages": [
        {"from": "Sari" if number % 2 else "Budi", "text": f"pesan {number}", "date": ""} for number in range(9)
    ]}).encode())
    assert [line.text for line in find(lines, "sari", 2)] == ["pesan 5", "pesan 7"]
    assert [line.text for line in find(lines, " Pesan 3", 5)] == ["pesan 3"]
    assert find(lines, "tidak ada", 5) == ()


@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
                 st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda one: st.lists(one, max_size=4)
                              | st.dictionaries(st.sampled_from(["messages", "chats", "list", "from", "text"]), one,
                                                max_size=4)).map(lambda value: json.dumps(value).encode())))
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    """A hostile file is a refusal, never a fault; a line is one line, of bounded length, that can be stored."""
    try:
        lines = read_export(content)
    except InvalidInput:
        return
    for line in lines:
        assert "\n" not in line.said()
        assert "\x00" not in line.said()
        assert len(line.said().encode()) <= 4 * LONGEST_LINE
