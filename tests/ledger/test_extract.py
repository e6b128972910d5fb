"""An extract proves its entries offline, and fails when anything in it is changed."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jaga.ledger.checkpoints import sign_checkpoint
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.extract import BadExtract, check_extract, write_extract
from jaga.ledger.keys import LedgerSigningKey
from jaga.ledger.publication import HashChain, Head
from jaga.ledger.verify import LedgerRow

AT = datetime(2026, 3, 20, tzinfo=UTC)
KEY = LedgerSigningKey("jaga.example/ledger", bytes(range(32)))
ENTRIES = [Entry(i, AT, "case.decide", "person:1", f"case:{i % 2}", {"n": i}) for i in range(8)]
LINKS = HashChain().append(entry_hash(entry) for entry in ENTRIES)
ROWS = [LedgerRow(link, entry) for link, entry in zip(LINKS, ENTRIES, strict=True)]
CHECKPOINT = sign_checkpoint(Head(7, LINKS[6].hash), AT, KEY)
GOOD = write_extract(ROWS[2:6:2], LINKS[2:7], CHECKPOINT)


def test_a_fresh_extract_has_no_problem() -> None:
    """Two entries of one case from the middle of the ledger, proved up to the checkpoint."""
    assert check_extract(GOOD, KEY.public_pem()) == []


@given(st.integers(0, len(GOOD) - 1), st.integers(1, 255))
def test_one_flipped_byte_is_found(place: int, flip: int) -> None:
    """Anywhere, except where JSON itself means the same (white space, escapes)."""
    bad = bytearray(GOOD)
    bad[place] ^= flip
    try:
        same = json.loads(bytes(bad)) == json.loads(GOOD)
    except ValueError:
        same = False
    assert same or check_extract(bytes(bad), KEY.public_pem())


def test_another_key_is_refused() -> None:
    """Somebody who writes the extract anew also needs the installation's key."""
    found = check_extract(GOOD, LedgerSigningKey.generate(KEY.name).public_pem())
    assert ["not signed with the key" in problem.english() for problem in found] == [True]
    assert check_extract(GOOD, b"no key")


@pytest.mark.parametrize("bad", [b"", b"[]", b"{}", b"[" * 100_000, b"\xff", b'{"format": 1}', b"null"])
def test_rubbish_is_a_problem_and_no_crash(bad: bytes) -> None:
    """The verifier reads files from strangers."""
    assert len(check_extract(bad, KEY.public_pem())) == 1


@pytest.mark.parametrize(
    "change",
    [
        {"entries": [1]},
        {"chain": [1]},
        {"chain": []},
        {"first": True},
        {"first": 0},
        {"previous": None},
        {"checkpoint": 7},
        {"entries": [{"seq": 3, "entry": {"id": 0.5}}]},
        {"format": "jaga-ledger-extract/2"},
    ],
)
def test_fields_of_a_wrong_kind_are_problems(change: dict[str, object]) -> None:
    """Each field separately."""
    assert check_extract(json.dumps(json.loads(GOOD) | change).encode(), KEY.public_pem())


def test_an_entry_beyond_the_checkpoint_cannot_be_extracted_yet() -> None:
    """Nor one whose link is missing, edited or deleted: an extract can be proved or is not written."""
    for rows, links in (
        ([ROWS[7]], LINKS[7:]),
        ([ROWS[2]], LINKS[3:7]),
        ([ROWS[2]], [LINKS[2], *LINKS[4:7]]),
        ([LedgerRow(LINKS[2], None)], LINKS[2:7]),
        ([LedgerRow(LINKS[2], ENTRIES[3])], LINKS[2:7]),
        ([], LINKS[2:7]),
        ([ROWS[2]], []),
    ):
        with pytest.raises(BadExtract):
            write_extract(rows, links, CHECKPOINT)
