"""The proof of work."""

import itertools

import pytest

from jaga.core.work import is_enough


def solve(challenge: str, bits: int) -> str:
    return next(str(n) for n in itertools.count() if is_enough(challenge, str(n), bits))


def test_an_answer_fits_its_challenge_alone() -> None:
    """What was worked out for one challenge proves nothing for another, nor for more bits than it has."""
    answer = solve("satu", 12)
    assert is_enough("satu", answer, 12)
    assert not is_enough("dua", answer, 12)
    assert not is_enough("satu", answer, 60)


@pytest.mark.parametrize("answer", ["", "-1", " 1", "１", "1e3", "9" * 21, "x"])
def test_what_is_no_number_proves_nothing(answer: str) -> None:
    """Only plain digits, and few of them."""
    assert not is_enough("satu", answer, 0)
