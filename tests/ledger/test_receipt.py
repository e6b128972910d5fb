"""A receipt's proof as a file: valid, only promised, forged, or changed."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from jaga.app.cli import jaga
from jaga.ledger.checkpoints import SignedPromise, sign_checkpoint, sign_promise
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.extract import write_extract
from jaga.ledger.keys import LedgerSigningKey
from jaga.ledger.publication import EMPTY, HashChain
from jaga.ledger.receipt import ReceiptResult, check_receipt, write_receipt
from jaga.ledger.verify import LedgerRow

AT = datetime(2026, 11, 26, 8, 0, tzinfo=UTC)
KEY, OTHER_KEY = LedgerSigningKey("jaga", b"\x01" * 32), LedgerSigningKey("jaga", b"\x02" * 32)


def entries(count: int) -> list[Entry]:
    return [
        Entry(
            number,
            AT + timedelta(seconds=number),
            "accept_report",
            "public",
            "installation",
            {"report": number, "note": f"rahasia-{number}"},
        )
        for number in range(1, count + 1)
    ]


def promise_of(entry: Entry, key: LedgerSigningKey = KEY) -> SignedPromise:
    return sign_promise(entry.id, entry_hash(entry), entry.at, key)


def proof(count: int = 6, own: int = 3, key: LedgerSigningKey = KEY, promised: int | None = None) -> bytes:
    """The file for entry `own` of a ledger of `count` entries, signed at its end."""
    rows = entries(count)
    chain = HashChain(EMPTY)
    links = chain.append([entry_hash(row) for row in rows])
    checkpoint = sign_checkpoint(chain.head(), AT, key)
    extract = write_extract([LedgerRow(links[own - 1], rows[own - 1])], links[own - 1 :], checkpoint)
    return write_receipt(promise_of(rows[(promised or own) - 1], key), key.public, extract)


PROOF, PROMISE = proof(), write_receipt(promise_of(entries(3)[2]), KEY.public)


def with_sum(text: str) -> bytes:
    """The text with a matching last line, as a forger would make it."""
    return f"{text}\nsha256 {sha256(text.encode()).hexdigest()}\n".encode()


def body(data: bytes) -> str:
    return data.decode().rpartition("\nsha256 ")[0]


@given(st.data())
def test_every_place_of_every_ledger_is_proved(data: st.DataObject) -> None:
    """Whatever the ledger's length and the entry's position, its proof is valid and names that position."""
    count = data.draw(st.integers(1, 12))
    own = data.draw(st.integers(1, count))
    checked = check_receipt(proof(count, own), KEY.public)
    assert (checked.verdict, checked.seq) == (ReceiptResult.VALID, own)


def test_a_promise_alone_is_said_to_be_one() -> None:
    """A valid promise proves no more than itself."""
    assert check_receipt(PROMISE, KEY.public).verdict is ReceiptResult.PROMISED


@settings(max_examples=300)
@given(data=st.sampled_from([PROOF, PROMISE]), where=st.floats(0, 1, exclude_max=True), to=st.integers(0, 255))
def test_any_changed_byte_is_found(data: bytes, where: float, to: int) -> None:
    """Any changed byte of the file is reported as changed."""
    place = int(where * len(data))
    changed = data[:place] + bytes([to]) + data[place + 1 :]
    if changed != data:
        assert check_receipt(changed, KEY.public).verdict is ReceiptResult.CHANGED


@given(data=st.sampled_from([PROOF, PROMISE]), length=st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_off_is_found(data: bytes, length: float) -> None:
    """So is an incomplete file."""
    assert check_receipt(data[: int(length * len(data))], KEY.public).verdict is ReceiptResult.CHANGED


@given(st.binary(max_size=300) | st.text(max_size=300).map(lambda text: with_sum(text)))
def test_any_other_file_is_only_wrong(data: bytes) -> None:
    """No input makes the check crash."""
    assert check_receipt(data, KEY.public).verdict is ReceiptResult.CHANGED


@pytest.mark.parametrize("data", [PROOF, PROMISE])
def test_another_installations_signature_is_forged(data: bytes) -> None:
    """A complete file signed with somebody else's key."""
    assert check_receipt(data, OTHER_KEY.public).verdict is ReceiptResult.FORGED
    assert check_receipt(proof(key=OTHER_KEY), KEY.public).verdict is ReceiptResult.FORGED


def test_a_forger_who_also_mends_the_sum_is_found() -> None:
    """With a matching last line, another time in the promise breaks the signature, and another entry breaks the
    chain.
    """
    moment = "2026-11-26T08:00:03.000000Z"
    assert body(PROMISE).count(moment) == 1
    earlier = with_sum(body(PROMISE).replace(moment, "2026-11-26T07:00:03.000000Z"))
    assert check_receipt(earlier, KEY.public).verdict is ReceiptResult.FORGED
    other = with_sum(body(PROOF).replace("rahasia-3", "rahasia-9"))
    assert check_receipt(other, KEY.public).verdict is ReceiptResult.CHANGED


def test_the_proof_of_another_entry_proves_no_promise() -> None:
    """Two genuine halves that do not belong together."""
    assert check_receipt(proof(own=3, promised=4), KEY.public).verdict is ReceiptResult.CHANGED


def test_of_other_entries_it_holds_hashes_alone() -> None:
    """It contains the words of its own entry, and of no other."""
    proof = PROOF.decode()
    assert "rahasia-3" in proof
    assert not [number for number in (1, 2, 4, 5, 6) if f"rahasia-{number}" in proof]
    assert entry_hash(entries(6)[4]) in proof


def run(path: Path, *more: str) -> tuple[int, str]:
    result = CliRunner().invoke(jaga, ["receipt", "verify", str(path), *more])
    return result.exit_code, result.output


def test_the_command_says_what_it_found_and_what_to_do(tmp_path: Path) -> None:
    """Exit status 0, 3, 4 and 5, with the key as PEM or as one line; a file without its key is not trusted."""
    key, line, wrong = tmp_path / "key.pem", tmp_path / "key.txt", tmp_path / "wrong.pem"
    key.write_bytes(KEY.public_pem())
    line.write_text(KEY.public.text() + "\n")
    wrong.write_bytes(OTHER_KEY.public_pem())
    whole, promised, changed = tmp_path / "whole.txt", tmp_path / "promised.txt", tmp_path / "changed.txt"
    whole.write_bytes(PROOF)
    promised.write_bytes(PROMISE)
    changed.write_bytes(PROOF.replace(b"public", b"pubIic", 1))
    assert run(whole, "--key", str(key)) == (0, run(whole, "--key", str(line))[1])
    assert "place 3 in the ledger" in run(whole, "--key", str(key))[1]
    for file, given_key, status, words in (
        (promised, key, 3, "Get the full proof"),
        (whole, wrong, 4, "do not rely on it"),
        (changed, key, 5, "Get the file again"),
        (whole, None, 0, "not whose it is"),
    ):
        code, output = run(file, *(("--key", str(given_key)) if given_key else ()))
        assert code == status
        assert words in output
    assert run(whole, "--key", str(whole))[0] == 1  # no key at all
