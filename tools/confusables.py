"""Write src/jaga/screening/text/confusables.py: the characters that Unicode says look like ASCII letters or digits.

    python3 tools/confusables.py > src/jaga/screening/text/confusables.py

Reads Unicode's table (Technical Standard 39) through ICU's spoof checker, a system library on nearly every Linux, so
that nothing is downloaded. Run it again after a new Unicode version.
"""

import ctypes
import ctypes.util
import re
import sys
import unicodedata
from collections import defaultdict
from textwrap import wrap
from typing import Any

HEAD = '''"""Characters that look like a letter or digit of ASCII, by that look: Unicode {version}'s own table.

Made by tools/confusables.py from the data of Unicode Technical Standard 39; do not edit. `letters` has what it lacks.
Only what no compatibility decomposition says already. Unicode data files: copyright © 1991-2024 Unicode, Inc.,
Unicode License v3 (https://www.unicode.org/license.txt).
"""
'''
SETS = {"LETTERS": "Letters and numbers.", "SYMBOLS": "Symbols, which mean a letter only among letters."}


class Icu:
    """The spoof checker of the installed ICU."""

    def __init__(self) -> None:
        name = ctypes.util.find_library("icui18n") or sys.exit("no libicui18n here: install Debian's libicu")
        self._library, self._version = ctypes.CDLL(name), name.rpartition(".")[2]
        status = ctypes.c_int(0)
        opened = self._function("uspoof_open", ctypes.c_void_p)
        self._checker = ctypes.c_void_p(opened(ctypes.byref(status)))
        self._skeleton = self._function("uspoof_getSkeletonUTF8", ctypes.c_int32)

    def _function(self, name: str, result: type[ctypes.c_void_p] | type[ctypes.c_int32]) -> Any:
        found = getattr(self._library, f"{name}_{self._version}")
        found.restype = result
        return found

    def skeleton(self, char: str) -> str:
        """What a character looks like according to Unicode; itself if like no other."""
        raw, room, status = char.encode(), ctypes.create_string_buffer(256), ctypes.c_int(0)
        size = self._skeleton(self._checker, 0, raw, len(raw), room, 256, ctypes.byref(status))
        if status.value > 0:
            sys.exit(f"ICU refused {char!r}: error {status.value}")
        return room.raw[:size].decode()

    def unicode_version(self) -> str:
        library = ctypes.CDLL(ctypes.util.find_library("icuuc"))
        parts = (ctypes.c_uint8 * 4)()
        getattr(library, f"u_getUnicodeVersion_{self._version}")(parts)
        return f"{parts[0]}.{parts[1]}"


def looks() -> dict[str, dict[str, list[str]]]:
    """Letters and symbols that look like one to three ASCII letters or one digit, grouped by that look."""
    icu = Icu()
    found: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in SETS}
    for point in (*range(0x80, 0xD800), *range(0xE000, 0xE0000)):
        char = chr(point)
        category = unicodedata.category(char)
        if category in ("Nd", "Co") or category[0] in "MZ" or unicodedata.normalize("NFKD", char) != char:
            continue
        skeleton = icu.skeleton(char)
        if re.fullmatch("[A-Za-z]{1,3}|[0-9]", skeleton):
            symbol = category[0] in "SP"  # a category this Python does not know is a letter of a newer Unicode
            if not symbol or len(skeleton) == 1:
                found["SYMBOLS" if symbol else "LETTERS"][_plain(category, skeleton)].append(char)
    return found


def _plain(category: str, skeleton: str) -> str:
    """Unicode uses `l` for all upright strokes and `rn` for m."""
    return "i" if skeleton == "l" and category == "Lu" else skeleton.lower().replace("rn", "m")


def main() -> None:
    print(HEAD.format(version=Icu().unicode_version()))
    found = looks()
    for name, meaning in SETS.items():
        print(f"{name} = {{")
        for skeleton, chars in sorted(found[name].items()):
            lines = wrap(" ".join(chars), 100)
            print(f'    "{skeleton}": ' + "\n         ".join(f'"{line} "' for line in lines) + ",")
        print(f'}}\n"""{meaning}"""')


main()
