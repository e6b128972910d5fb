"""Which characters stand for which letters: what Unicode's own decomposition lacks, and what advertisers use.

One `fold` a code point, so that each result maps back to its source. NFKD and case folding come first and already turn
mathematical, circled, full-width and superscript letters into plain ones; the tables here do the rest.
"""

import unicodedata
from functools import lru_cache

_LOOKALIKES = (
    # Cyrillic, Greek, Armenian and Cherokee letters that look like a Latin one, all in their folded (lower) case.
    "аa ьb вb сc ԁd еe ғf ԍg һh нh іi ӏl јj кk ԟk мm пn оo рp ԛq гr ѕs тt цu ѵv ԝw хx уy ү y ӡz "
    "αa βb ϲc δd εe ηn ιi κk λl μu νv οo ρp σo ςs τt υu ωw χx γy ζz ϳj "
    "օo սu հh ոn ցg զq աw եt "
    # Latin letters that NFKD leaves whole.
    "øo ɵo ɔo đd ðd ħh łl ŧt ıi ɩi ɑa ɐa ɓb ƅb ɖd ɗd ɛe ǝe əe ɠg ɡg ɦh ɨi ɟj ƙk ɭl ɫl ɯm ɱm ɲn ɳn ŋn ƞn ƥp ʠq ɹr ɾr ɽr "
    "ʂs ƭt ʈt ʉu ʋv ʌv ʍw ʎy ƴy ȥz ʐz ƶz ƀb ȼc ǥg ɉj ɋq ɍr ɏy þp "
    # Small capitals.
    "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ǫq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz "
    # Lisu capitals, which fonts draw exactly as the Latin ones.
    "ꓐb ꓑp ꓓd ꓔt ꓖg ꓗk ꓙj ꓚc ꓜz ꓝf ꓟm ꓠn ꓡl ꓢs ꓣr ꓦv ꓧh ꓪw ꓫx ꓬy ꓮa ꓰe ꓲi ꓳo ꓴu "
    # Emoji and signs that are letters wherever they stand.
    "🅾o 🅿p 🅰a 🅱b ℹi ∂d ∑e ∪u ∩n √v"
)
_GROUPS = {"🆎": "ab", "🆑": "cl", "🆒": "cool", "🆓": "free", "🆔": "id", "🆕": "new", "🆖": "ng", "🆗": "ok",
           "🆘": "sos", "🆙": "up", "🆚": "vs", "æ": "ae", "œ": "oe", "ɶ": "oe", "ʣ": "dz", "ʦ": "ts", "🔞": "18"}
_BLOCKS = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6, 0xE0041, 0xE0061)
"""Squared, negative circled, negative squared, regional indicator and tag letters: 26 each, from A."""


def _table() -> dict[str, str]:
    table = {pair[0]: pair[1:] for pair in _LOOKALIKES.split() if len(pair) == 2} | _GROUPS
    for start in _BLOCKS:
        for offset in range(26):
            table.setdefault(chr(start + offset), chr(ord("a") + offset))
    return table


TABLE = _table()
EITHER = "\u01c0"
"""Latin letter dental click: an upright stroke, read as i or as l. `1` and `|` become it inside words."""
LEET = {"0": "o", "1": EITHER, "3": "e", "4": "a", "5": "s", "6": "g", "7": "t", "8": "b", "9": "g",
        "@": "a", "$": "s", "!": "i", "|": EITHER, "€": "e", "¢": "c", "💲": "s", "✝": "t", "❌": "x", "✖": "x"}
LEET |= dict.fromkeys("⭕⚪⚫🔴🔵🟠🟡🟢🟣⚽🏀🌕🚫◯○●", "o")
"""What a digit, sign or emoji means *inside a word*; elsewhere it is a price, punctuation or decoration."""
ONLY_INSIDE, NOT_LAST = "!|", "@$€"
"""Signs that end or begin sentences, and signs that only begin a disguised word."""


@lru_cache(maxsize=65536)
def fold(char: str) -> str:
    """The letters and digits that one code point stands for; "" for what is invisible, " " for what divides words."""
    if char in TABLE:
        return TABLE[char]
    if char in LEET:
        return char
    out = []
    for part in unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold()):
        category = unicodedata.category(part)
        if part in TABLE:
            out.append(TABLE[part])
        elif category == "Nd":
            out.append(str(unicodedata.decimal(part)))
        elif category[0] == "M" or category == "Cf":  # accents, frames, variation selectors, zero width, soft hyphen
            continue
        else:
            out.append(part if category[0] == "L" or part in LEET else " ")
    return "".join(out)
