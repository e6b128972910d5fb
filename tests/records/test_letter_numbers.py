"""A letter number written in another way is the same number, and a different number stays different."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import make_world, new_request

from jaga.authorities.models import Order
from jaga.authorities.verbs import orders as requests
from jaga.core.terms.outside import HeldReason
from jaga.people.verbs.api_keys import NotProven
from jaga.store.key_numbers import canonical_number, number_key

NUMBER = "B/17/I/2026"
DISGUISES = {
    "small": "b/17/i/2026",
    "spaces": " B / 17 / I / 2026 ",
    "zero width": "B\u200b/17/I/2026",
    "soft hyphen": "B/1\u00ad7/I/2026",
    "joiner": "B/1\u034f7/I/2026",
    "variation": "B/17\ufe0f/I/2026",
    "tag": "B/17/I/2026\U000e0041",
    "filler": "B/17\u3164/I/2026",
    "blank": "B/17/I\u2800/2026",
    "direction": "\u202eB/17/I/2026",
    "division slash": "B\u221517\u2215I\u22152026",
    "fraction slash": "B\u204417\u2044I\u20442026",
    "big slash": "B\u29f817\u2571I\uff0f2026",
    "kana": "B\u30ce17\u3033I\u4e3f2026",
    "backslash": "B\\17\\I\\2026",
    "dashes": "B\u201317\u2014I\u20102026",
    "hyphens": "B-17-I-2026",
    "minus": "B\u221217\u2212I\u22122026",
    "Cyrillic": "\u0412/17/\u0406/2026",
    "Greek": "\u0392/17/\u0399/2026",
    "Cherokee": "\u13f4/17/I/2026",
    "styled": "\U0001d401/\U0001d7cf7/I/2026",
    "full width": "\uff22\uff0f\uff11\uff17\uff0f\uff29\uff0f\uff12\uff10\uff12\uff16",
    "Arabic digits": "B/\u0661\u0667/I/\u0662\u0660\u0662\u0666",
    "Persian digits": "B/\u06f1\u06f7/I/2026",
    "Devanagari digits": "B/\u0967\u096d/I/2026",
    "circled": "B/\u24607/I/2026",
    "Roman": "B/17/\u2160/2026",
    "letters for digits": "B/l7/I/2O26",
    "stop": "B/17/I/2026.",
    "accent": "B\u0301/17/I/2026",
    "stroke": "B/17\u0337/I/2026",
}
STORED = ("small", "zero width", "soft hyphen", "division slash", "Cyrillic", "Arabic digits")


@pytest.mark.parametrize("disguised", DISGUISES.values(), ids=DISGUISES)
def test_what_looks_alike_is_one_number(disguised: str) -> None:
    """Case, spaces, scripts, digit styles, slashes, dashes and invisible characters do not make a new number."""
    assert canonical_number(disguised) == "b/17/1/2026"
    assert number_key(disguised) == number_key(NUMBER)


def test_other_numbers_stay_others() -> None:
    """Boundaries between parts, letters and digits count; a number without letters or digits is compared by its
    signs.
    """
    numbers = [
        NUMBER,
        "B1/7/I/2026",
        "B/1/7/I/2026",
        "B/18/I/2026",
        "B/17/II/2026",
        "B/17/I/2025",
        "C/17/I/2026",
        "B/171/2026",
        "\u8b66/17/I/2026",
        "///",
        "...",
    ]
    assert len({number_key(number) for number in numbers}) == len(numbers)


@given(st.text(max_size=40))
def test_any_text_has_a_key_and_its_form_is_stable(number: str) -> None:
    """Any text has a key, and normalising it twice gives the same result."""
    assert len(number_key(number)) == 64
    assert canonical_number(canonical_number(number)) == canonical_number(number)


def test_a_disguised_number_is_no_new_letter(db: None, settings: Any, tmp_path: Any) -> None:
    """A disguised number is treated as the number itself: further accounts under it wait for a call, and nothing is
    stored.
    """
    settings.JAGA_EVIDENCE = tmp_path
    world = make_world()
    requests.file_request(new_request(letter_number=NUMBER), actor=world.officer)
    for name in STORED:
        again = new_request(letter_number=DISGUISES[name], account="@lain:localhost")
        with pytest.raises(NotProven) as refused:
            requests.file_request(again, actor=world.officer)
        assert refused.value.reason is HeldReason.REPLAYED_NUMBER
    assert [order.letter_number for order in Order.objects.all()] == [NUMBER]
