"""Which characters stand for which letters: one `fold` per code point, so results map back to their source.

NFKD and case folding reduce mathematical, circled, full-width and superscript letters; Unicode's confusables table, the
tables here and finally a character's name ("LATIN SMALL LETTER O WITH STROKE") handle the rest.

Characters that look like a letter or digit of ASCII, by that letter or digit: Unicode 16.0's own table.

Made by tools/confusables.py from the data of Unicode Technical Standard 39; do not edit. `letters` has what it lacks.
Without those that a compatibility decomposition covers. Unicode data files: copyright © 1991-2024 Unicode, Inc.,
Unicode License v3 (https://www.unicode.org/license.txt).
"""

import re
import unicodedata
from functools import lru_cache

LETTERS = {
    "2": "Ƨ Ϩ ᒿ Ꙅ ꛯ Ꝛ 𜳲 ",
    "3": "Ʒ Ȝ З Ӡ Ⳍ Ꝫ Ɜ 𑣊 𖼻 𜳳 ",
    "4": "Ꮞ 𑢯 𜳴 ",
    "5": "Ƽ 𑢻 𜳵 ",
    "6": "б Ꮾ Ⳓ 𑣕 𜳶 ",
    "7": "𐓒 𑣆 𜳷 ",
    "8": "Ȣ ȣ 𐌚 𜳸 𞣋 ",
    "9": "Ⳋ Ꝯ 𑢬 𑣌 𑣖 𜳹 ",
    "a": "ɑ Α α А а Ꭺ ᗅ ꓮ 𐊠 𖽀 𜳖 ",
    "aa": "Ꜳ ꜳ ",
    "ae": "Æ æ Ӕ ӕ ",
    "ao": "Ꜵ ꜵ ",
    "au": "Ꜷ ꜷ ",
    "av": "Ꜹ ꜹ Ꜻ ꜻ ",
    "ay": "Ꜽ ꜽ ",
    "b": "Ƅ Β В Ь Ꮟ Ᏼ ᑲ ᖯ ᗷ ꓐ Ꞵ 𐊂 𐊡 𐌁 𜳗 ",
    "bl": "Ы ",
    "c": "С с Ꮯ ᴄ Ⲥ ⲥ ꓚ ꮯ 𐊢 𐌂 𐐕 𐐽 𐔜 𑣲 𜳘 ",
    "d": "ԁ Ꭰ Ꮷ ᑯ ᗞ ᗪ ꓒ ꓓ 𜳙 ",
    "dz": "ʣ ",
    "e": "Ε Е е ҽ Ꭼ ⴹ ꓰ ꬲ 𐊆 𑢦 𑢮 𜳚 ",
    "f": "Ϝ ք ᖴ ẝ ꓝ Ꞙ ꞙ ꬵ 𐊇 𐊥 𐔥 𑢢 𑣂 𜳛 ",
    "g": "ƍ ɡ Ԍ ց Ꮐ Ᏻ ᶃ ꓖ 𜳜 ",
    "h": "Η Н һ հ Ꮋ Ꮒ ᕼ Ⲏ ꓧ 𐋏 𜳝 ",
    "i": "ı Ɩ ɩ ɪ Ι ι І і Ӏ ӏ Ꭵ Ⲓ ꙇ ꭵ 𑣃 ",
    "j": "Ϳ ϳ Ј ј Ꭻ ᒍ ꓙ Ʝ 𜳟 ",
    "k": "Κ К Ꮶ ᛕ Ⲕ ꓗ 𐔘 𜳠 ",
    "l": "ǀ ו ן ا ߊ Ꮮ ᒪ ᛁ Ⳑ ⵏ ꓡ ꓲ 𐊊 𐌉 𐌠 𐐛 𐔦 𑢣 𑢲 𖼖 𖼨 𜳞 𜳡 𜳱 𞣇 ",
    "ll": "ǁ װ ",
    "lo": "Ю ",
    "ls": "ʪ ",
    "lz": "ʫ ",
    "m": "Μ Ϻ М Ꮇ ᗰ ᛖ Ⲙ ꓟ 𐊰 𐌑 𑜀 𜳢 ",
    "n": "Ν ո ռ Ⲛ ꓠ 𐔓 𜳣 ",
    "o": "Ο ο σ О о Օ օ ס ه ھ ہ ە ଠ ഠ ဝ ჿ ዐ ᴏ ᴑ Ⲟ ⲟ ⵔ 〇 ꓳ ꬽ 𐊒 𐊫 𐐄 𐐬 𐓂 𐓪 𐔖 𑢵 𑣈 𑣗 𜳤 𜳰 ",
    "oe": "Œ œ ",
    "oo": "Ꚙ ꚙ Ꝏ ꝏ ",
    "p": "Ρ ρ Р р Ꮲ ᑭ Ⲣ ⲣ ꓑ 𐊕 𜳥 ",
    "q": "ԛ գ զ ⵕ 𜳦 ",
    "r": "Ʀ г Ꭱ Ꮢ ᖇ ᴦ ⲅ ꓣ ꭇ ꭈ ꮁ 𐒴 𖼵 𜳧 ",
    "s": "ƽ Ѕ ѕ Տ Ꮥ Ꮪ ꓢ ꜱ ꮪ 𐊖 𐐠 𐑈 𑣁 𖼺 𜳨 ",
    "t": "Τ Т Ꭲ Ⲧ ꓔ 𐊗 𐊱 𐌕 𑢼 𖼊 𜳩 ",
    "tf": "ꝷ ",
    "ts": "ʦ ",
    "u": "ʋ υ Ս ս ሀ ᑌ ᴜ ꓴ ꞟ ꭎ ꭒ 𐓎 𐓶 𑢸 𑣘 𖽂 𜳪 ",
    "ue": "ᵫ ",
    "uo": "ꭣ ",
    "v": "ν Ѵ ѵ ט Ꮩ ᐯ ᴠ ⴸ ꓦ ꛟ ꮩ 𐔝 𑜆 𑢠 𑣀 𖼈 𜳫 ",
    "w": "ɯ ѡ Ԝ ԝ ա Ꮃ Ꮤ ᴡ ꓪ ꮃ 𑜊 𑜎 𑜏 𑣯 𜳬 ",
    "x": "Χ Х х ᕁ ᕽ ᚷ Ⲭ ⵝ ꓫ Ꭓ 𐊐 𐊴 𐌗 𐌢 𐔧 𑣬 𜳭 ",
    "y": "ɣ ʏ Υ γ У у Ү ү ყ Ꭹ Ꮍ ᶌ ỿ Ⲩ ꓬ ꭚ 𐊲 𑢤 𑣜 𖽃 𜳮 ",
    "z": "Ζ Ꮓ ᴢ ꓜ ꮓ 𐋵 𑢩 𑣄 𜳯 ",
}
"""Letters and numbers."""
SYMBOLS = {
    "3": "𝈆 ",
    "7": "𝈒 ",
    "a": "⍺ ",
    "c": "🝌 ",
    "e": "℮ ⋿ ",
    "f": "𝈓 ",
    "i": "⍳ ",
    "l": "׀ ∣ ⏽ 𝈪 ",
    "p": "⍴ ",
    "r": "𝈖 ",
    "t": "⊤ ⟙ 🝨 ",
    "u": "∪ ⋃ ",
    "v": "∨ ⋁ 𝈍 ",
    "x": "× ᙭ ᙮ ╳ ⤫ ⤬ ⨯ ",
}
"""Symbols, which mean a letter only among letters."""


_LOOKALIKES = (
    # Missing in Unicode's table: letters of other alphabets used for Latin ones, in lower case.
    "вb ғf ԍg нh ӏl кk ԟk мm пn ԛq гr тt цu ѵv ԝw уy ӡz "
    "αa βb ϲc δd εe ηn ιi κk λl μu νv οo ρp σo ςs τt υu ωw χx γy ζz ϳj "
    "օo սu հh ոn ցg զq աw եt "
    # Latin letters whose name has no single letter or a misleading one.
    "ðd þp ŋn ɑa ǝe əe ƅb ɩi ƨs ǀl ʌv ʍw ʎy ɥh ƽs ꭓx ꞵb ɣy ʊu ʃs ʒz ĸk ƿp ƛl "
    # Signs that are letters everywhere.
    "ℹi ∂d ∑e ∪u ∩n √v"
)
_GROUPS = {
    "🆎": "ab",
    "🆑": "cl",
    "🆒": "cool",
    "🆓": "free",
    "🆔": "id",
    "🆕": "new",
    "🆖": "ng",
    "🆗": "ok",
    "🆘": "sos",
    "🆙": "up",
    "🆚": "vs",
    "🆋": "ic",
    "🆌": "pa",
    "🆍": "sa",
    "🆏": "wc",
    "🆊": "p",
    "æ": "ae",
    "œ": "oe",
    "ɶ": "oe",
    "ʣ": "dz",
    "ʦ": "ts",
    "ʤ": "dz",
    "ʧ": "ts",
    "🔞": "18",
    "🔟": "10",
    "🄪": "s",
}
_BLOCKS = {
    0x249C: "parenthesized",
    0x1F110: "parenthesized capital",
    0x1F130: "squared",
    0x1F150: "negative circled",
    0x1F170: "negative squared",
    0x1F1E6: "regional indicator",
}
"""Code points starting 26 consecutive letters from A, without a decomposition or with one in brackets."""
_SIGNS = {
    "o": "⭕⚪⚫🔴🔵🟠🟡🟢🟣🟤⚽🏀🌕🌑🚫◯○●◉◎",
    "x": "❌✖❎✗✘╳",
    "t": "✝✞✟†",
    "e": "€",
    "c": "¢",
    "$": "💲",
    "|": "❘❙❚│┃║¦",
}


def _sign(letter: str) -> str:
    """The control character for a sign that means this letter *among letters* and is decoration elsewhere.

    Folded texts contain no control characters otherwise. Upright strokes are `|`; letters whose control character is
    white space have none.
    """
    if letter in "il|":
        return "|"
    return chr(ord(letter) & 0x1F) if letter in "abcdefghnopqrstuvwxyz" else "$" if letter == "$" else " "


def _table() -> dict[str, str]:
    table = {
        char: letter
        for letter, chars in LETTERS.items()
        for char in chars.split()
        if unicodedata.bidirectional(char) not in ("R", "AL")
    }  # Arabic words stay words.
    table |= {char: _sign(letter) for letter, chars in SYMBOLS.items() for char in chars.split()}
    table |= {char: _sign(letter) for letter, chars in _SIGNS.items() for char in chars}
    table |= {pair[0]: pair[1:] for pair in _LOOKALIKES.split()} | _GROUPS
    return table | {
        chr(start + offset): chr(ord("a") + offset)
        for start in _BLOCKS
        for offset in range(26)
        if chr(start + offset) not in _GROUPS
    }


TABLE = _table()
EITHER = "\u01c0"
"""Latin letter dental click: an upright stroke, read as i or l. `1` and `|` become it inside words."""
LEET = {
    "0": "o",
    "1": EITHER,
    "3": "e",
    "4": "a",
    "5": "s",
    "6": "g",
    "7": "t",
    "8": "b",
    "9": "g",
    "@": "a",
    "$": "s",
    "!": "i",
    "|": EITHER,
}
LEET |= {_sign(letter): letter for letter in "abcdefghnopqrstuvwxyz"}
"""What a digit or sign means *inside a word*; elsewhere it is a price, punctuation or decoration."""
ONLY_INSIDE, NOT_LAST = "!|", "@$" + _sign("e")
"""Signs that end or start sentences, and signs that only start a disguised word."""
_NAMED = re.compile(r"LATIN (?:[A-Z]+ )*LETTER (?:[A-Z-]+ )*?([A-Z])(?: WITH .*)?")


@lru_cache(maxsize=65536)
def fold(char: str) -> str:
    """The letters and digits one code point stands for; "" if invisible, " " for a separator."""
    if char.isascii() and not char.isprintable():
        return " "
    return "".join(map(_fold_part, unicodedata.normalize("NFKD", char)))


def _fold_part(part: str) -> str:
    """A character without a decomposition. Its capital may resemble another letter than its small form (Greek eta)."""
    if part in TABLE:
        return TABLE[part]
    named = _NAMED.fullmatch(unicodedata.name(part, ""))
    small = named[1].lower() if named else part.casefold()
    return "".join(map(_plain, unicodedata.normalize("NFKD", small)))


def _plain(part: str) -> str:
    """A character in lower case, without a decomposition."""
    category = unicodedata.category(part)
    if part in TABLE:
        return TABLE[part]
    if category[0] == "N" and (value := unicodedata.numeric(part, 0.5)).is_integer():
        return str(int(value))
    if category[0] == "M" or category == "Cf":  # Accents, frames, variation selectors, zero width, soft hyphen, tags.
        return ""
    return part if category[0] == "L" or part in LEET else " "
