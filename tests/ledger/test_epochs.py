"""A restored ledger that declares it: what the verifier says about the gap, and about an invented one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from jaga.ledger.checkpoints import (
    BadNote,
    Checkpoint,
    check_epoch,
    read_epoch,
    sign_checkpoint,
    sign_epoch,
    write_epoch,
)
from jaga.ledger.entries import Entry, entry_hash
from jaga.ledger.keys import BadSignature, LedgerSigningKey
from jaga.ledger.publication import HashChain, Head
from jaga.ledger.verify import LedgerRow, VerificationReport, verify

KEY, OTHER = LedgerSigningKey("jaga", b"k" * 32), LedgerSigningKey("jaga", b"o" * 32)
BEGAN = datetime(2026, 11, 29, 8, 0, tzinfo=UTC)
BEFORE, AFTER = BEGAN - timedelta(hours=1), BEGAN + timedelta(hours=1)


class Ledger:
    """Entries linked one by one, and the head after each."""

    def __init__(self) -> None:
        self.rows: list[LedgerRow] = []
        self.chain = HashChain()

    def add(self, verb: str = "file_report", **payload: object) -> Head:
        entry = Entry(len(self.rows) + 1, BEFORE, verb, "system", "installation", payload)
        (link,) = self.chain.append([entry_hash(entry)])
        self.rows.append(LedgerRow(link, entry))
        return self.chain.head()

    def back(self, size: int) -> "Ledger":
        """The contents of a backup of that size."""
        older = Ledger()
        older.rows = self.rows[:size]
        older.chain = HashChain(Head(size, self.rows[size - 1].link.hash))
        return older

    def begin(self, *, proven: int = 0, key: LedgerSigningKey = KEY, head: Head | None = None) -> Head:
        note = write_epoch(sign_epoch(2, head or self.chain.head(), proven, BEGAN, key))
        return self.add("begin_epoch", note=note)

    def checked(self, *kept: Checkpoint, at_least: int = 0) -> VerificationReport:
        signed = sign_checkpoint(self.chain.head(), AFTER, KEY)
        return verify(self.rows, [signed], [KEY.public], kept=kept, at_least=at_least)


@pytest.fixture
def put_back() -> tuple[Ledger, Ledger]:
    """A ledger of seven entries, and the backup of its first four."""
    whole = Ledger()
    for number in range(7):
        whole.add(report=number)
    return whole, whole.back(4)


def kept(ledger: Ledger, size: int, at: datetime = BEFORE, key: LedgerSigningKey = KEY) -> Checkpoint:
    return sign_checkpoint(Head(size, ledger.rows[size - 1].link.hash), at, key)


def test_a_gap_that_was_said_is_noted_and_its_checkpoints_with_it(put_back: tuple[Ledger, Ledger]) -> None:
    """Also while the new ledger is shorter than the lost one; checkpoints from before the backup are compared as
    usual.
    """
    lost, ledger = put_back
    ledger.begin(proven=7)
    early = ledger.checked(kept(lost, 3), kept(lost, 6), kept(lost, 7), at_least=7)
    for number in range(5):
        ledger.add(report=100 + number)
    late = ledger.checked(kept(lost, 3), kept(lost, 6), kept(lost, 7), at_least=7)
    for found in (early, late):
        assert found.ok, found.problems
        page = [note.english() for note in found.notes]
        assert "Epoch 2 begins" in page[0]
        assert "after entry 4" in page[0]
        assert "at least to entry 7" in page[0]
        assert ["entry 6 is of the part that was lost" in page[1], "entry 7 is of the part" in page[2]] == [True, True]
        assert found.kept == 1


def test_without_a_word_it_is_a_problem_as_ever(put_back: tuple[Ledger, Ledger]) -> None:
    """Without a declared restore nothing is excused."""
    lost, ledger = put_back
    for number in range(5):
        ledger.add(report=100 + number)
    assert not ledger.checked(kept(lost, 6)).ok


def test_nobody_without_the_key_can_say_it(put_back: tuple[Ledger, Ledger]) -> None:
    """Somebody who can only write to the database may invent the entry: it is detected, and excuses nothing."""
    lost, ledger = put_back
    ledger.begin(proven=7, key=OTHER)
    ledger.add()
    found = ledger.checked(kept(lost, 6))
    page = " ".join(problem.english() for problem in found.problems)
    assert "our key did not sign" in page
    assert "a checkpoint was signed at entry 6" in page or "rewritten" in page
    assert not found.notes


def test_a_true_word_moved_to_another_place_is_none(put_back: tuple[Ledger, Ledger]) -> None:
    """A note signed over other entries, for example copied from an earlier restore, excuses nothing."""
    lost, ledger = put_back
    ledger.begin(proven=7, head=Head(3, lost.rows[2].link.hash))
    assert "our key did not sign" in ledger.checked(kept(lost, 6)).problems[0].english()


def test_a_checkpoint_of_after_the_epoch_is_compared(put_back: tuple[Ledger, Ledger]) -> None:
    """The gap excuses checkpoints signed before it was declared, and none signed later."""
    lost, ledger = put_back
    ledger.begin(proven=7)
    for number in range(5):
        ledger.add(report=100 + number)
    assert "rewritten" in ledger.checked(kept(lost, 6, at=AFTER)).problems[0].english()


def test_the_note_has_one_spelling_and_a_signature() -> None:
    """It is read as it was written; another spelling, or a changed number, is invalid."""
    epoch = sign_epoch(2, Head(4, "a" * 64), 7, BEGAN, KEY)
    assert read_epoch(write_epoch(epoch)) == epoch
    with pytest.raises(BadSignature):
        check_epoch(replace(epoch, size=5), KEY.public)
    for wrong in ("", "jaga\n", write_epoch(epoch).replace("\n4\n", "\n04\n")):
        with pytest.raises(BadNote):
            read_epoch(wrong)
