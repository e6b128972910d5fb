"""The block kernel finds exactly what the reference definition finds, text by text."""

import gzip
import json
import random
from collections.abc import Sequence
from itertools import islice, product
from pathlib import Path

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.screening.contacts.contacts import found_in
from jaga.screening.contacts.kernel import KINDS, contacts_of_block
from jaga.screening.contacts.numbering import home_plan
from jaga.screening.text.block import TextBlock, slow_block
from jaga.screening.text.visible import visible

_PIECES = (
    "0812",
    "0000",
    "1111",
    "+62",
    "62",
    "812",
    "(0)",
    "081200001111",
    "0",
    "8",
    "1",
    "2",
    "o8I2",
    "oo",
    "nol",
    "delapan",
    "satu",
    "dua",
    "sebelas",
    "kosong8satu2",
    "eight",
    "one",
    "０８１２",
    "8️⃣",
    "❽",
    "0062",
    "+65 6123 4567",
    "0014155552671",
    "+1",
    "021",
    "555",
    "wa",
    "hp",
    "no",
    "rek",
    "rp",
    "invoice",
    "call",
    "08-12-2026",
    "2025-08-12",
    "10:30:45",
    "08:15",
    "08.15",
    "09.45",
    "19.30",
    "700k",
    "|",
    "||",
    "tele",
    "Telegram",
    "ig",
    "line",
    "id",
    "username",
    "akun",
    "mawar_22",
    "mawar.22",
    "mawar22",
    "yang",
    "t.me/mawar_22",
    "t (dot) me / Mawar_22",
    "wa.me/6281200001111",
    "t.me/+6281200001111",
    "mawar@contoh.test",
    "mawar (at) contoh [dot] com",
    "slot-contoh",
    "dot",
    "titik",
    "com",
    "contoh.com",
    "contoh.co.id",
    "https://contoh.info/a",
    "www.contoh.id",
    "bandar88.top",
    "selesai.info",
    "x.com/mawar",
    "linktr.ee/mawar22",
    "twitter.com/mawar_22.",
    "pic.twitter.com/ab1",
    "instagram.com/p/a",
    "fb.me/mawar",
    "http://www.a-b.co/x",
    "//",
    "www.",
    "a.com.x",
    "(diy)",
    " . ",
    "me",
    "@",
    "@mawar",
    ":",
    "=",
    ">",
    "-",
    "/",
    ".",
    ",",
    "(",
    ")",
    "[at]",
    "<et>",
    "{.}",
    "🔥",
    "⚪",
    "漢",
    "é",
    "\u200b",
    "ﬁ",
    "㏇",
    "½",
    "🆔",
    "_",
    "+",
    "$",
    "\0",
    "\udc80",
    "a" * 40,
)
_GAPS = ("", "", " ", " ", " ", "  ", "\n", "-", ".", ". ", " - ", "/", "    ", "|", "_", "\t", "*")


def by_definition(text: str) -> list[tuple[str, int, int]]:
    """The result of `found_in`, with spans of the original."""
    read = visible(text)
    return [(one.value, *read.span(one.start, one.end)) for one in found_in(read.text)]


def span_of(block: TextBlock, row: int, first: int, last: int) -> tuple[int, int]:
    """The place of a hit in its text, as a half-open span of code points."""
    text = block.source[block.starts[row] : block.starts[row + 1]].tobytes()
    begin, end = (int(block.origin[block.folds[row] + place]) for place in (first, last - 1))
    return tuple(
        len(text[:place].decode("utf-8", "surrogatepass")) + one  # type: ignore[return-value]
        for place, one in ((begin, 0), (end, 1))
    )


def by_block(texts: Sequence[str], block: TextBlock | None = None) -> list[list[tuple[str, int, int]]]:
    """The kernel's result for each text."""
    block = block or slow_block(texts)
    found = contacts_of_block(block)
    rows: list[list[tuple[str, int, int]]] = [[] for _ in texts]
    for hit, (row, key, first, last) in enumerate(zip(*(one.tolist() for one in found.hits), strict=True)):
        value = found.value(hit)
        assert KINDS[key] == value.partition(":")[0]
        rows[row].append((value, *span_of(block, row, first, last)))
    return rows


def said(seed: int, most: int) -> str:
    """A text made of pieces of contacts and near-contacts."""
    lot = random.Random(seed)
    return "".join(lot.choice(_PIECES) + lot.choice(_GAPS) for _ in range(lot.randint(0, most)))


def test_made_texts_are_read_alike() -> None:
    """Thousands of texts made of parts of contacts, in blocks."""
    texts = [said(seed, 12) for seed in range(example_count(2_500))]
    expected = [by_definition(text) for text in texts]
    assert sum(map(bool, expected)) > len(texts) * 0.3, "there is little to be found"
    for text, one, other in zip(texts, by_block(texts), expected, strict=True):
        assert one == other, text


@settings(max_examples=example_count(80), deadline=None)
@given(
    st.lists(
        st.one_of(
            st.text(alphabet=st.characters(), max_size=60),
            st.lists(st.sampled_from([*_PIECES, *_GAPS]), max_size=14).map("".join),
        ),
        max_size=6,
    )
)
def test_any_texts_are_read_alike(texts: list[str]) -> None:
    """Arbitrary strings, with lone surrogates and NULs."""
    assert by_block(texts) == [by_definition(text) for text in texts]


@given(st.lists(st.sampled_from("0123456789oilzsb| -.:/+()\n"), min_size=8, max_size=40).map("".join))
def test_rows_of_digits_are_read_alike(text: str) -> None:
    """Numbers, prices, dates and times made of digits and signs alone."""
    assert by_block([text]) == [by_definition(text)]


@given(st.from_regex(r"(0|8|08|021|6[12]|1[57]|00[178]|[2-9][0-9]{2})?[0-9]{3,11}", fullmatch=True))
def test_the_plan_is_the_librarys(digits: str) -> None:
    """For any digits after the country code, the automaton agrees with the phonenumbers library."""
    plan = home_plan()

    def state(read: str) -> int:
        at = 0
        for digit in read:
            at = int(plan.next[at, int(digit)])
        return at

    own = digits
    if digits[0] == "0" and not (plan.general[state(digits)] and not plan.general[state(digits[1:])]):
        own = digits[1:]
    parsed = phonenumbers.parse(f"+62{digits}")
    valid = phonenumbers.is_valid_number(parsed)
    assert bool(plan.valid[state(own)]) == valid
    if valid:
        assert phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) == f"+62{own}"


def test_every_link_is_tried_where_it_begins() -> None:
    """Each service's address, alone and where an address before it takes a part of it."""
    links = (
        "wa.me/6281200001111",
        "whatsapp.com/send?phone=6281200001111",
        "t.me/s/mawar22",
        "telegram.me/mawar22",
        "wa.link/abcd12",
        "chat.whatsapp.com/abcdefghij12",
        "instagram.com/mawar22",
        "ig.me/m/mawar22",
        "twitter.com/mawar22",
        "x.com/mawar22",
        "facebook.com/mawar22",
        "fb.me/mawar22",
        "tiktok.com/@mawar22",
        "line.me/ti/p/~mawar22",
        "linktr.ee/mawar22",
        "discord.gg/mawar22",
        "contoh.com/a",
    )
    around = (
        "{}",
        "https://{}",
        "www.{}",
        "x{}",
        "_{}",
        "a.{}",
        "contoh.satu/{}",
        "contoh.com/{}",
        "t.me/abcd.{}",
        "contoh.com/https://{}",
        "0812-0000-1111.{}",
        "081200001111 {} ig: mawar_22",
        "{0}{0}",
        "{0}/{0}",
        "é\n{} / a",
        "http://https://{}",
        "mawar@{}",
        "{}.xn--a",
        "a-{}",
    )
    texts = [one.format(link) for link in links for one in around]
    expected = [by_definition(text) for text in texts]
    assert all(expected[row] for row in range(0, len(texts), len(around)))
    for text, one, other in zip(texts, by_block(texts), expected, strict=True):
        assert one == other, text


def test_slashes_and_dots_that_stand_apart_are_read_alike() -> None:
    """Between any two words, of which some are parts of addresses and most are not."""
    words = ("bo", "situs88.com", "instagram.com", "t.me", "http:", "me", "ya", "com")
    apart = (" / ", "/ ", "   /", "/", " . ", ". ", " .")
    texts = [
        f"{one}{gap}{two}{other}{three}"
        for one, gap, two, other, three in product(words, apart, words, apart, ("mawar22", "com", "", "m/mawar.22"))
    ]
    expected = [by_definition(text) for text in texts]
    assert len(texts) * 0.1 < sum(map(bool, expected)) < len(texts) * 0.9
    for text, one, other in zip(texts, by_block(texts), expected, strict=True):
        assert one == other, text


def test_no_text_and_empty_texts_have_none() -> None:
    """A block without texts, and a block of empty texts."""
    assert by_block([]) == []
    assert by_block(["", " ", ""]) == [[], [], []]


@pytest.mark.parametrize(
    "text",
    ["0812 " * 10_000, "081200001111 " * 5_000, "tele @mawar22 contoh.com " * 1_000, "8" * 50_000, "nol" * 15_000],
)
def test_a_text_longer_than_any_message_is_read_alike(text: str) -> None:
    """`bench.screening.hostile_texts` says how long it takes."""
    assert by_block([text]) == [by_definition(text)]


def test_collected_texts_are_read_alike() -> None:
    """Five hundred texts of each development collection, if the collections are present beside the project."""
    folder = Path(__file__).parents[4] / "shared" / "data" / "text"
    files = sorted(folder.glob("*.jsonl.gz"))
    if not files:
        pytest.skip("the collected texts are not here")
    for file in files:
        with gzip.open(file, "rt") as lines:
            texts = [json.loads(line)["text"] for line in islice(lines, 500)]
        assert by_block(texts) == [by_definition(text) for text in texts], file.name
