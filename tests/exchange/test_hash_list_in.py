"""Hash lists: every format of the usual tools, and a reason for each invalid line."""

import json
import pickle
import random
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.examples import example_count

from jaga.exchange import hash_list_in
from jaga.exchange.hash_list_in import NO_COLUMN, NO_HASH, NOT_HALF, HashFile, HashFileUnusable, read_hash_list


def made(number: int) -> str:
    """An invented hash with half its bits set, like PDQ hashes."""
    bits = [1] * 128 + [0] * 128
    random.Random(number).shuffle(bits)
    return f"{int(''.join(map(str, bits)), 2):064x}"


A, B, C = made(1), made(2), made(3)
EXPECTED = b"".join(sorted(map(bytes.fromhex, (A, B, C))))


def read(folder: Path, content: str | bytes) -> HashFile:
    path = folder / "hashes"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_hash_list(path)


GOOD = {
    "lines": f"{A}\n{B.upper()}\n\n# a remark\n{C}",
    "what a hasher of photos prints": f"{A},100,one.jpg\n{B},87,two.jpg\n{C},93,three.jpg\n",
    "with names": f"hash={A},norm=128,delta=0\nhash={B}\nhash={C},idx=3\n",
    "threatexchange's local file": f"pdq {A}\r\npdq {B}\r\npdq {C}\r\nvideo_md5 {'0' * 32}\n",
    "threatexchange dataset -P -s pdq": f"{A} FetchedSignalMetadata()\n{B} x\n{C} y\n",
    "threatexchange dataset -P --csv": "collab,signal_type,signal_str,category,tags\n"
    + "".join(f"Contoh,pdq,{one},INVESTIGATION_SEED,a b\n" for one in (A, B, C))
    + f"Contoh,video_md5,{'0' * 32},X,\n",
    "semicolons and a mark": f"\ufeffname;Hash;quality\none;{A};80\ntwo;{B};\nthree;{C};100\n",
    "a list": json.dumps([A, B, C]),
    "descriptors": json.dumps(
        {
            "data": [{"id": "1", "type": "HASH_PDQ", "indicator": one} for one in (A, B, C)]
            + [{"id": "2", "type": "HASH_MD5", "indicator": "0" * 32}],
            "paging": {},
        }
    ),
    "json lines": "\n".join(json.dumps({"pdq": one, "quality": 99}) for one in (A, B, C)),
    "hashes under a name": json.dumps({"hashes": [{"hash_type": "pdq", "value": one} for one in (A, B, C)]}),
}


@pytest.mark.parametrize("form", GOOD)
def test_each_form_is_read(tmp_path: Path, form: str) -> None:
    """The same three hashes from each format; other types of signals are skipped."""
    got = read(tmp_path, GOOD[form])
    assert (got.hashes, got.faults) == (EXPECTED, ())
    assert got.ignored == ("md5" in GOOD[form].lower())
    assert got.size == 3


def test_bad_lines_are_named(tmp_path: Path) -> None:
    """By number and reason; the valid ones are returned."""
    got = read(tmp_path, f"{A}\nnot a hash\n{B[:-1]}\n{'0' * 64}\n{B}\n{A}\n")
    assert [(fault.number, fault.sentence) for fault in got.faults] == [(2, NO_HASH), (3, NO_HASH), (4, NOT_HALF)]
    assert got.faults[2].english().startswith("This is not a PDQ hash: 0 of its 256 bits")
    assert (got.size, got.repeated) == (2, 1)
    got = read(tmp_path, f"name,hash\none,{A}\ntwo,\n")
    assert [(fault.number, fault.sentence) for fault in got.faults] == [(3, NO_COLUMN)]
    got = read(tmp_path, json.dumps([A, 7, {"other": "x"}]))
    assert [(fault.number, fault.sentence) for fault in got.faults] == [(2, NO_HASH), (3, NO_COLUMN)]


def test_plain_pictures_are_left_out(tmp_path: Path) -> None:
    """If the list gives the quality: a plain hash would be near every plain picture."""
    got = read(tmp_path, f"hash,quality\n{A},49\n{B},50\n{C},0\n")
    assert (got.size, got.plain) == (1, 2)


def test_numbers_that_python_reads_not_end_in_a_clear_error(tmp_path: Path) -> None:
    """An invalid quality is skipped; a number with thousands of digits makes the JSON file unusable."""
    got = read(tmp_path, f"hash,quality\n{A},²\n{B},{'1' * 5000}\n{C},49\n")
    assert (got.size, got.plain) == (2, 1)
    with pytest.raises(HashFileUnusable, match="too long"):
        read(tmp_path, '[{"pdq": "' + A + '", "quality": ' + "1" * 5000 + "}]")


def test_hashes_of_another_kind_are_refused(tmp_path: Path) -> None:
    """SHA-256 has as many digits; only the number of bits distinguishes them."""
    others = "\n".join(sha256(bytes([number])).hexdigest() for number in range(200))
    with pytest.raises(HashFileUnusable, match="SHA-256, perhaps"):
        read(tmp_path, others)
    assert read(tmp_path, "\n".join(made(number) for number in range(200))).size == 200


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (pickle.dumps({"index": [A]}), "pickle"),
        (b"\x1f\x8b\x08", "packed"),
        (b"PK\x03\x04", "packed"),
        (b"\xff\xfe\x00\x00bad", "UTF-8"),
        (b'{"other": 1}', "neither a list"),
        (b"[1, 2", "Expecting"),
        (b"[" * 100_000, "recursion|Expecting"),
    ],
)
def test_what_is_no_list_is_refused_with_a_remedy(tmp_path: Path, content: bytes, why: str) -> None:
    """A pickle is never opened, since it could execute code."""
    with pytest.raises(HashFileUnusable, match=why) as refused:
        read(tmp_path, content)
    assert "one hash a line" in refused.value.english()


def test_too_many_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So a file cannot fill the memory."""
    monkeypatch.setattr(hash_list_in, "MOST", 2)
    with pytest.raises(HashFileUnusable, match="more than 2"):
        read(tmp_path, f"{A}\n{B}\n{C}\n")


def test_an_empty_file_has_no_hash(tmp_path: Path) -> None:
    """The importing command reports it."""
    assert read(tmp_path, "").size == 0


@settings(max_examples=example_count(60), deadline=None)
@given(
    st.one_of(
        st.binary(max_size=400),
        st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace")),
        st.lists(
            st.sampled_from([A, B, "hash", "pdq ", ",", "\n", '"', "[", "{", "}", "]", ":", "hash="]), max_size=30
        ).map(lambda parts: "".join(parts).encode()),
    )
)
def test_any_file_is_read_or_refused(content: bytes) -> None:
    """Never another error."""
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        try:
            got = read(Path(folder), content)
        except HashFileUnusable:
            return
        assert len(got.hashes) % 32 == 0
