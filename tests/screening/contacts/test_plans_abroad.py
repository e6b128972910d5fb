"""Numbers of other countries are read as the library reads them, mostly without it."""

import random
from collections.abc import Iterator

import phonenumbers

from jaga.screening.contacts.numbers import MOST_DIGITS, as_number, lengths_abroad

_CODES = [str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE if code != 62]


def _by_library(digits: str) -> str | None:
    try:
        parsed = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
    valid = phonenumbers.is_valid_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if valid else None


def _examples() -> Iterator[str]:
    """One number of each kind and region."""
    for code in map(int, _CODES):
        for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]:
            found = (
                [phonenumbers.example_number_for_non_geo_entity(code)]
                if region == "001"
                else [
                    phonenumbers.example_number_for_type(region, kind) for kind in phonenumbers.PhoneNumberType.values()
                ]
            )
            yield from (f"{one.country_code}{phonenumbers.national_significant_number(one)}" for one in found if one)


def test_other_countries_numbers_are_those_of_the_library() -> None:
    """Examples of all regions, with prefixes, without their first digits, longer, shorter, with another digit; and any
    digits after a code.
    """
    dice, examples = random.Random(7), list(_examples())

    def varied(number: str) -> str:
        code = next(one for one in _CODES if number.startswith(one))
        place = dice.randrange(len(code), len(number))
        return dice.choice(
            (
                code + dice.choice(("0", "1", "8", "00", "06", "9", "15", "044")) + number[len(code) :],
                number[: dice.randint(8, 15)] + str(dice.randrange(1000)),
                code + number[len(code) + dice.randint(1, 3) :],
                number[:place] + dice.choice("0123456789") + number[place + 1 :],
                dice.choice(_CODES) + str(dice.randrange(10**5, 10**12)),
            )
        )[:MOST_DIGITS]

    valid = 0
    for digits in (*examples, *(varied(dice.choice(examples)) for _ in range(6000))):
        number, expected = as_number(digits, international=True), _by_library(digits)
        assert (number and number[0]) == expected, digits
        assert not number or len(digits) > MOST_DIGITS or len(digits) in lengths_abroad(digits[:3]), digits
        valid += expected is not None
    assert valid > 2500
