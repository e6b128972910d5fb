"""Whether two versions of the engine find the same.

    python -m bench.screening.equal {write,compare} FILE [--texts-folder FOLDER] [--made N]

Screens the texts of a folder, those that ship with the release, hostile ones (`hostile_texts`), and ones made from
these as advertisers disguise theirs: spread out, joined, doubled, with signs, hashtags and other letters. `write`
keeps the results of this checkout in FILE (Arrow), without the release's hash; `compare` compares this checkout with
them, column by column, and ends with 1 at any difference. The tests of the suite hold the engine equal to its readable
definitions on a sample.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from pyarrow import feather

from bench.harness import options
from bench.screening.hostile_texts import filled, shapes
from bench.screening.real_texts import of_folder, shipped
from jaga.policy.release import load_release
from jaga.screening.engine.engine import screen_table
from jaga.screening.engine.released import engine_of
from jaga.screening.text.block import TEXTS

_HOSTILE_BYTES = 3000
_MADE = 100_000
_PIECE = 16  # Texts screened as a table of their own, as live reports are.
_SIGNS = "!|$@#.-_*~ 0134589€🔴💋🔥\u200b\u0301\n"
_STYLES = "𝐚", "𝓪", "𝕒", "ａ", "🅐"


def texts(folder: Path | None, made: int) -> list[str]:
    """All texts, always in the same order. Lone surrogates, which no table of strings holds, are left out."""
    given = [*(of_folder(folder) if folder else ()), *dict.fromkeys(shipped())]
    hostile = [filled(units, _HOSTILE_BYTES) for _, units in shapes(load_release())]
    dice = random.Random("screening_equal")  # noqa: S311 - made texts, no secrets
    return [
        *given,
        *hostile,
        *(_disguised(dice.choice(given), dice) for _ in range(made)),
        *(_disguised(text, dice) for text in hostile),
        "",
        " ",
        "\0",
        "a" * 70_000,
    ]


def _disguised(text: str, dice: random.Random) -> str:
    for _ in range(dice.randint(1, 3)):
        text = dice.choice(_WAYS)(text, dice)
    return text[:4000]


def _spread(text: str, dice: random.Random) -> str:
    sign = dice.choice((" ", "  ", ".", "-", "_", " . ", "\u200b", "*"))
    return " ".join(sign.join(word) if dice.random() < 0.4 else word for word in text.split(" "))


def _joined(text: str, dice: random.Random) -> str:
    return "".join(char for char in text if char != " " or dice.random() < 0.6)


def _doubled(text: str, dice: random.Random) -> str:
    return "".join(char * dice.choice((1, 1, 1, 1, 2, 3, 4)) for char in text)


def _tagged(text: str, dice: random.Random) -> str:
    return " ".join(dice.choice("#@") + word if dice.random() < 0.3 else word for word in text.split(" "))


def _with_signs(text: str, dice: random.Random) -> str:
    return "".join(char + dice.choice(_SIGNS) if dice.random() < 0.1 else char for char in text)


def _leet(text: str, dice: random.Random) -> str:
    table = str.maketrans("oiaestbg", dice.choice(("01435789", "0!4$5789", "0|@35786")))
    return "".join(char.translate(table) if dice.random() < 0.5 else char for char in text)


def _styled(text: str, dice: random.Random) -> str:
    first = dice.choice(_STYLES)
    return "".join(
        chr(ord(first) + ord(char) - 97) if "a" <= char <= "z" and dice.random() < 0.6 else char for char in text
    )


def _shuffled(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    dice.shuffle(words)
    return " ".join(words)


def _cut(text: str, dice: random.Random) -> str:
    first = dice.randrange(len(text) + 1)
    return text[first : first + dice.randint(1, 60)]


def _contacts(text: str, dice: random.Random) -> str:
    words = text.split(" ")
    for _ in range(dice.randint(1, 4)):
        words.insert(dice.randrange(len(words) + 1), dice.choice(_REACHED)(dice))
    return dice.choice((" ", "", ", ", "\n")).join(words) if dice.random() < 0.2 else " ".join(words)


def _number(dice: random.Random) -> str:
    digits = f"08{dice.randrange(10**9, 10**10)}"
    return dice.choice((digits, f"+62{digits[1:]}", f"{digits[:4]}-{digits[4:8]}-{digits[8:]}", " ".join(digits)))


def _address(dice: random.Random) -> str:
    name = dice.choice(
        (
            "mawar",
            "t",
            "wa",
            "instagram",
            "ig",
            "bit",
            "situs88",
            "a-b",
            "chat.whatsapp",
            "www.contoh",
            "linktr",
            "line",
            "x",
            "discord",
            "https://kabar",
            "http://www.t",
            "m.f_b",
            "y--",
            "wa.me/t",
        )
    )
    dot = dice.choice((".", ".", ".", " . ", " dot ", "[dot]", ". ", " .", ",", "(.)", ".."))
    end = dice.choice(("com", "me", "ee", "gg", "id", "co", "co.id", "xyz", "txt", "ly", "link", "com-", "me9"))
    path = dice.choice(
        (
            "",
            "/",
            "/mawar_22",
            "/@mawar.22",
            " / mawar",
            "/+6281234567890",
            "/s/mawar88",
            "/m/mawar",
            "/ti/p/~mawar",
            "/abcdefghij1234567890",
            "?x",
            "/send?phone=6281234567890",
        )
    )
    return name + dot + end + path


def _mail(dice: random.Random) -> str:
    at = dice.choice(("@", "@", " [at] ", "(at)", " @ ", "@@"))
    return dice.choice(("mawar", "m.a+b", "-m", "a%")) + at + dice.choice(("gmail.com", "contoh.co.id", "x", "a-.b.c"))


def _handle(dice: random.Random) -> str:
    return (
        dice.choice(("ig", "tele", "telegram", "line id", "twt", "IG username", "fb", "kik", "xig"))
        + dice.choice((":", " : ", " ", "=@", "@", " -> ", ">>>", "  ", ""))
        + dice.choice(("mawar.22", "mawar", "_mawar", "a1", "mawar22/", "mawar_22.com/", "m" * 45, "ig", "yang"))
    )


_REACHED = (_number, _address, _address, _address, _mail, _handle, _handle)
_WAYS = (_spread, _joined, _doubled, _tagged, _with_signs, _leet, _styled, _shuffled, _cut, _contacts, _contacts)


def screened(given: Sequence[str]) -> pa.Table:
    """The results, with dictionaries written out. Some texts are screened in small tables."""
    engine = engine_of(load_release())
    return pa.concat_tables(
        [_plain(screen_table(pa.table({"text": pa.array(part, pa.large_string())}), engine)) for part in _parts(given)]
    )


def _parts(given: Sequence[str]) -> Iterator[Sequence[str]]:
    small = given[::50]
    yield from (given[first : first + TEXTS] for first in range(0, len(given), TEXTS))
    yield from (small[first : first + _PIECE] for first in range(0, len(small), _PIECE))


def _plain(table: pa.Table) -> pa.Table:
    signals = table["signals"].combine_chunks()
    fields = signals.values.flatten() if signals.offset else [signals.values.field(at) for at in range(7)]
    names = [field.name for field in signals.type.value_type if field.name != "version"]  # The hash of the release.
    written = [
        field.cast(pa.string()) if pa.types.is_dictionary(field.type) else field
        for field, kind in zip(fields, signals.type.value_type, strict=True)
        if kind.name in names
    ]
    listed = pa.ListArray.from_arrays(signals.offsets, pa.StructArray.from_arrays(written, names))
    return pa.table(
        {
            name: listed
            if name == "signals"
            else column.cast(pa.string())
            if pa.types.is_dictionary(column.type)
            else column
            for name, column in zip(table.column_names, table.columns, strict=True)
        }
    )


def differences(before: pa.Table, now: pa.Table) -> Iterator[tuple[str, int]]:
    """The columns and rows that differ; (name, -1) if the tables have another shape."""
    if before.column_names != now.column_names or len(before) != len(now):
        yield ",".join(now.column_names), -1
        return
    for name in now.column_names:
        if not before[name].equals(now[name]):
            pairs = zip(before[name].to_pylist(), now[name].to_pylist(), strict=True)
            yield from ((name, row) for row, (one, other) in enumerate(pairs) if one != other)


def main() -> int:
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("what", choices=("write", "compare"))
    parser.add_argument("file", type=Path)
    parser.add_argument("--texts-folder", type=Path, metavar="FOLDER", help="as of `bench.screening.engine`")
    parser.add_argument("--made", type=int, default=_MADE, help="how many disguised texts (default: %(default)s)")
    given = parser.parse_args()
    all_texts = texts(given.texts_folder, given.made)
    now = screened(all_texts)
    signals = sum(len(chunk.values) for chunk in now["signals"].chunks)
    print(f"{len(now)} results of {len(all_texts)} texts, {signals} signals", flush=True)
    if given.what == "write":
        feather.write_feather(now, given.file)
        return 0
    before = feather.read_table(given.file)
    found = list(differences(before, now))
    listed = [text for part in _parts(all_texts) for text in part]
    for name, row in found[:20]:
        print(f"{name} of row {row}: {listed[row][:300]!r}\n  {before[name][row]}\n  {now[name][row]}")
    print(f"{len(found)} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
