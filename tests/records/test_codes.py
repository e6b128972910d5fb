"""Codes that people hold: found by a keyed hash only, so a copy of the tables does not reveal them."""

from itertools import pairwise

import pytest
from cryptography.fernet import InvalidToken
from hypothesis import given
from hypothesis import strategies as st

from jaga.store import codes


def test_a_receipt_is_sixteen_digits_and_never_the_same() -> None:
    """Receipts are digits, so that they can be read out on the telephone."""
    made = {codes.new_receipt(number) for number in range(1, 201)}
    assert len(made) == 200
    assert all(len(code) == 16 and code.isdigit() for code in made)


@given(st.integers(1, 10**9 - 1))
def test_a_receipt_is_known_by_its_number_and_shows_it_to_nobody(number: int) -> None:
    """With the key, the receipt's number can be found; without it, receipts reveal nothing about the number, and one
    number gives a new receipt each time.
    """
    one, other = codes.new_receipt(number), codes.new_receipt(number)
    assert one != other
    assert codes.number_in_receipt(one) == codes.number_in_receipt(f" {other[:8]}-{other[8:]}") == number
    assert codes.number_in_receipt(one[:-1]) is None


def test_receipts_of_one_row_are_far_from_each_other() -> None:
    """Consecutive receipts share no more digits than chance gives, so nobody can guess the next one."""
    made = sorted(int(codes.new_receipt(number)) for number in range(1, 2001))
    assert all(sum(code // 10**15 == digit for code in made) > 120 for digit in range(10))
    assert min(b - a for a, b in pairwise(made)) > 10**6


@given(st.from_regex(r"[0-9]{16}", fullmatch=True))
def test_spaces_and_dashes_in_a_receipt_do_not_matter(code: str) -> None:
    """People write codes in groups, with spaces or dashes."""
    grouped = f" {code[:4]}-{code[4:8]} {code[8:12]}–{code[12:]} "
    assert codes.receipt_hash(grouped) == codes.receipt_hash(code)


def test_an_appeal_code_is_derived_and_typed_forgivingly() -> None:
    """The same decision gives the same code, another decision another code; case and dashes do not matter."""
    code = codes.appeal_code(7)
    assert code == codes.appeal_code(7) != codes.appeal_code(8)
    assert codes.appeal_hash(code.lower().replace("-", " ")) == codes.appeal_hash(code)
    assert not set("01IO") & set(code)


def test_each_purpose_has_a_key_of_its_own() -> None:
    """The same material under two purposes has different hashes."""
    made = {
        codes.receipt_hash("1234567812345678"),
        codes.source_key("1234567812345678"),
        codes.officer_key_hash("1234567812345678"),
        codes.appeal_hash("1234567812345678"),
    }
    assert len(made) == 4


@given(st.text())
def test_any_text_has_a_source_key(material: str) -> None:
    """Any text has a source key, also text that the database cannot store."""
    assert len(codes.source_key(material)) == 32
    assert len(codes.source_key(material + "\ud800")) == 32


def test_a_sealed_secret_opens_with_the_key_only() -> None:
    """A sealed value opens with the key, and a changed one does not open."""
    sealed = codes.seal_secret("kata sandi")
    assert b"sandi" not in sealed
    assert codes.open_secret(sealed) == "kata sandi"
    with pytest.raises(InvalidToken):
        codes.open_secret(sealed[:-4] + b"AAAA")
