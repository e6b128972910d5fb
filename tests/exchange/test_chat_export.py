"""Chat exports in the formats of the apps."""

import json
import time
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.core.errors import InvalidInput
from jaga.exchange.chat_export import LONGEST_LINE, MOST_BYTES, MOST_MESSAGES, ChatLine, read_export


def read(content: bytes, words: str = "", most: int = 60) -> tuple[ChatLine, ...]:
    return read_export(content, words, most)


ANDROID = (
    "25/11/26 21.05 - Pesan dan panggilan terenkripsi.\n25/11/26 21.05 - Sari: ada promo: murah\nbaris dua\n"
    "25/11/26 21.06 - Budi Baru: tidak\n"
)
ENGLISH = "11/25/26, 9:05\u202fPM - Sari: hi\n11/25/26, 9:06\u202fPM - You: no\n"
IPHONE = (
    "[25/11/26 21.05.33] Sari: \u200efoto tidak disertakan\r\n\u200e[25/11/26 21.06.00] +62 812-0000-0000: halo\r\n"
)
TELEGRAM = {
    "name": "Grup",
    "messages": [
        {"id": 1, "type": "service", "actor": "Sari", "action": "create_group"},
        {
            "id": 2,
            "type": "message",
            "date": "2026-11-25T21:05:00",
            "from": "Sari",
            "text": ["lihat ", {"type": "link", "text": "contoh.test"}, "\nya"],
        },
        {"id": 3, "type": "message", "date": "2026-11-25T21:06:00", "from": "Budi", "text": "tidak"},
    ],
}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (ANDROID, ["25/11/26 21.05 Sari: ada promo: murah baris dua", "25/11/26 21.06 Budi Baru: tidak"]),
        (ENGLISH, ["11/25/26, 9:05 PM Sari: hi", "11/25/26, 9:06 PM You: no"]),
        (IPHONE, ["25/11/26 21.05.33 Sari: foto tidak disertakan", "25/11/26 21.06.00 +62 812-0000-0000: halo"]),
        (json.dumps(TELEGRAM), ["2026-11-25T21:05:00 Sari: lihat contoh.test ya", "2026-11-25T21:06:00 Budi: tidak"]),
        (
            json.dumps({"chats": {"list": [TELEGRAM]}}),
            ["2026-11-25T21:05:00 Sari: lihat contoh.test ya", "2026-11-25T21:06:00 Budi: tidak"],
        ),
        (json.dumps([{"sender": "Sari", "body": "hai", "timestamp": 5}]), ["5 Sari: hai"]),
    ],
)
def test_messages_are_found_with_who_wrote_them(content: str, said: list[str]) -> None:
    """The app's own notices are not messages; times are kept as written."""
    assert [line.line() for line in read(content.encode())] == said


def test_other_encodings_of_text_are_read() -> None:
    """A byte order mark is not part of the first message."""
    for encoding in ("utf-8-sig", "utf-16"):
        assert len(read(ANDROID.encode(encoding))) == 2


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unknown_format"),
        (b"surat biasa\n", "unknown_format"),
        (b"PK\x03\x04", "zipped"),
        (b"\xff\xfe\x00", "unknown_format"),
        (b"\x89PNG", "unknown_format"),
        (b"[" * 100_000, "unknown_format"),
        (b"{}", "unknown_format"),
        (b'{"messages": 5}', "unknown_format"),
        (b"x" * (MOST_BYTES + 1), "too_large"),
        (b'[{"from": "a", "text": ' + b"[" * 480 + b"]" * 480 + b"}]", "unknown_format"),
    ],
)
def test_what_is_no_export_is_refused_with_what_to_do(content: bytes, code: str) -> None:
    """With a remedy for each, and never a crash."""
    with pytest.raises(InvalidInput) as refused:
        read(content)
    assert [(error.field, error.code) for error in refused.value.errors] == [("chat", code)]


def test_the_newest_that_fit_are_shown() -> None:
    """By a word or by author, in the order of the chat."""
    content = json.dumps(
        {
            "messages": [
                {"from": "Sari" if number % 2 else "Budi", "text": f"pesan {number}", "date": ""} for number in range(9)
            ]
        }
    ).encode()
    assert [line.text for line in read(content, "sari", 2)] == ["pesan 5", "pesan 7"]
    assert [line.text for line in read(content, " Pesan 3", 5)] == ["pesan 3"]
    assert read(content, "tidak ada", 5) == ()


@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")),
        st.recursive(
            st.none() | st.integers() | st.text(max_size=5),
            lambda one: (
                st.lists(one, max_size=4)
                | st.dictionaries(st.sampled_from(["messages", "chats", "list", "from", "text"]), one, max_size=4)
            ),
        ).map(lambda value: json.dumps(value).encode()),
    )
)
def test_whatever_is_sent_is_read_or_refused(content: bytes) -> None:
    """A hostile file is refused without a crash; a line is one line of limited length that can be stored."""
    try:
        lines = read(content)
    except InvalidInput:
        return
    for line in lines:
        assert "\n" not in line.line()
        assert "\x00" not in line.line()
        assert len(line.line().encode()) <= 4 * LONGEST_LINE


def _filled(unit: str) -> bytes:
    """A file of this content, as large as allowed."""
    return (unit.encode() * (MOST_BYTES // len(unit.encode()) + 1))[:MOST_BYTES]


HOSTILE = {
    "short messages": _filled("1/1/26 1.11 a: b\n"),
    "empty lines": _filled("\n"),
    "one line": _filled("a"),
    "one message": b"1/1/26 1.11 a: b\n" + _filled("c\n")[: MOST_BYTES - 20],
    "dates that are none": _filled("1111/11/1111, 111111 1\n"),
    "spaces": _filled("1/1/1" + " " * 3000 + "a\n"),
    "marks": _filled("\u200e\u200f\n"),
    "small objects": b"[" + _filled("{},")[: MOST_BYTES - 10] + b"{}]",
    "brackets": _filled("["),
    "long numbers": b"[" + _filled("1" * 4000 + ",")[: MOST_BYTES - 10] + b"1]",
    "one text": b'[{"from": "a", "text": "' + _filled("\\u0041")[: MOST_BYTES - 60] + b'"}]',
    "parts": b'[{"from": "a", "text": [' + _filled('"a",')[: MOST_BYTES - 40] + b'"a"]}]',
    "many names": ("{" + ",".join(f'"{number}":1' for number in range(390_000)) + "}").encode(),
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_no_file_costs_much(content: bytes) -> None:
    """Whatever a stranger puts into 5 MB; one of these kept a processor busy for minutes."""
    began = time.process_time()
    _refused_or_read(content)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("name", ["short messages", "empty lines", "many names"])
def test_no_file_takes_much_memory(name: str) -> None:
    """Limited by the size of the file: 60 MB in the worst case, if keys of an object have to be kept."""
    tracemalloc.start()
    _refused_or_read(HOSTILE[name])
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * MOST_BYTES + 10_000_000


def _refused_or_read(content: bytes) -> None:
    try:
        read(content, "kata yang tidak ada")
    except InvalidInput:
        return


def test_reading_stops_at_the_newest_messages() -> None:
    """Older matches beyond this number are not searched; the newest is found."""
    others = b"25/11/26 21.05 Budi: pesan\n" * MOST_MESSAGES
    sari = b"25/11/26 21.05 Sari: halo\n"
    assert read(sari + others, "sari") == ()
    assert len(read(sari + others + sari, "sari")) == 1
    objects = ",".join(json.dumps({"from": name, "text": "x"}) for name in ["Sari", *["Budi"] * MOST_MESSAGES])
    assert read(f"[{objects}]".encode(), "sari") == ()


def test_a_long_message_is_cut_and_not_lost() -> None:
    """The beginning is kept, however many lines it has."""
    (line,) = read(b"25/11/26 21.05 Sari: awal\n" + b"lanjut\n" * 5000)
    assert line.text.startswith("awal lanjut")
    assert len(line.text) <= LONGEST_LINE
