"""A tolerant UTF-8 decoder: accepts any bytes and never reads past the end."""

import numba

BAD = -1


@numba.njit(cache=True, inline="always")
def read(source, at, end):  # type: ignore[no-untyped-def]
    """The code point at byte `at` (before `end`) and its length in bytes, or `BAD` and 1.

    Strict as RFC 3629: each byte of an overlong form, a surrogate or a number above U+10FFFF is bad.
    """
    lead = int(source[at])
    if lead < 0x80:
        return lead, 1
    if lead < 0xC2 or lead > 0xF4:
        return BAD, 1
    length = 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4
    if at + length > end:
        return BAD, 1
    point = lead & (0x7F >> length)
    for offset in range(1, length):
        byte = int(source[at + offset])
        if byte & 0xC0 != 0x80:
            return BAD, 1
        point = point << 6 | byte & 0x3F
    if length == 3 and (point < 0x800 or 0xD800 <= point < 0xE000):
        return BAD, 1
    if length == 4 and not 0x10000 <= point < 0x110000:
        return BAD, 1
    return point, length
