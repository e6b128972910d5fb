"""Near-duplicates among very many texts: small signatures, similarity estimates and lookup keys.

One-permutation MinHash over groups of four letters. Only folded letters count, not prices, numbers, spaces, emoji,
case, disguises or repeated letters. `likeness` compares two texts exactly; this is cheap enough for every text of a
stream. `nearness_kernel` does the same over blocks.

Linking indicators: what texts, names and pictures of an account have in common with other accounts.

Pure.

An indicator is not a judgement. `likelihood` says how strongly several of them link two accounts, for people to judge.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from jaga.core.terms.reports import IndicatorKind, Likelihood
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.copies.copies import LONGEST, bands, letters_of
from jaga.screening.text.visible import plain, visible

FEWEST_STEM_LETTERS = 6
MOST_STEM_LETTERS = 40
_GENERIC = (
    "account|admin|agen|akun|anak|anonim|asli|bandung|bar|bekasi|bispak|bo|bot|cewek|cowok|cinta|cs|dan|depok|fake|fans|"
    "girl|group|grup|guest|id|indo|indonesia|info|jaksel|jakarta|janda|jogja|joki|jual|kak|kota|lovely|malang|medan|"
    "message|micat|michat|my|new|official|online|open|pacar|pijat|poker|promo|real|sayang|semarang|shop|slot|spa|"
    "store|surabaya|tamu|tele|telegram|test|the|user|vcs|wa|whatsapp|yogya|yogyakarta"
)
_GENERIC_STEM = re.compile(f"(?:{_GENERIC})+")  # "openbojakarta" is a name anyone might choose.


@dataclass(frozen=True)
class LinkingIndicator:
    """One linking indicator.

    Equal `value` means the same thing whatever it looked like; hash it, never show it.

    `masked` may be shown. `start` and `end` are its place in the text, both 0 if it was not in one. `bands` look up
    texts, whose values differ even if they are near-duplicates.
    """

    kind: IndicatorKind
    value: str
    masked: str = ""
    start: int = 0
    end: int = 0
    bands: tuple[str, ...] = ()


def contacts_of(text: str) -> tuple[LinkingIndicator, ...]:
    """The contacts in a text.

    Accepts any string, in linear time; of a very long one only the beginning.

    Web links are excluded: linking to the same newspaper or shop does not identify a person.
    """
    return tuple(
        LinkingIndicator(IndicatorKind.CONTACT, contact.value, contact.masked, contact.start, contact.end)
        for contact in contacts_in(text[:LONGEST])
        if not contact.value.startswith("link:")
    )


def wording_of(text: str) -> tuple[LinkingIndicator, ...]:
    """The text itself as an indicator; empty if it is too short to be distinctive."""
    letters = letters_of(text)
    found = bands(letters)
    return (LinkingIndicator(IndicatorKind.TEXT, f"letters:{letters}", "", 0, len(text), found),) if found else ()


def names_of(*names: str) -> tuple[LinkingIndicator, ...]:
    """The patterns of an account's names: `sinta_bo01` and `sinta.bo02` share one."""
    stems = dict.fromkeys(stem for name in names if (stem := handle_stem(name)))
    return tuple(LinkingIndicator(IndicatorKind.HANDLE, f"stem:{stem}", f"{stem[:3]}***") for stem in stems)


def image_of(sha256: str) -> LinkingIndicator:
    """A picture by the hash of its bytes. Other hash types use another prefix, so they never collide."""
    return LinkingIndicator(IndicatorKind.IMAGE, f"sha256:{sha256}", f"{sha256[:8]}…")


def likeness_of(own: bytes, same: Iterable[tuple[bytes, int]]) -> tuple[LinkingIndicator, ...]:
    """A picture by its perceptual hash, so that a re-encoded copy matches.

    Indicators match by equality, but perceptual hashes are only similar. A picture therefore yields its own hash and
    those of the earlier pictures it is the `same` as, each with the number of differing bits.
    """
    return tuple(
        LinkingIndicator(IndicatorKind.IMAGE, f"pdq:{digest.hex()}", f"PDQ {digest.hex()[:8]}… ({bits}/256)")
        for digest, bits in dict([*same, (own, 0)]).items()
    )


def handle_stem(name: str) -> str | None:
    """The name without server, digits and separators; None if the rest is too short, too long or generic."""
    if "/" in name:  # A pasted link: the name is in the account's id.
        return None
    local = re.split(r"[:@]", visible(name[:300]).text.strip().lstrip("@"), maxsplit=1)[0]
    stem = "".join(char for char in local if char.isalpha())
    if not FEWEST_STEM_LETTERS <= len(stem) <= MOST_STEM_LETTERS or _GENERIC_STEM.fullmatch(stem):
        return None
    return stem


def likelihood(strong: Collection[IndicatorKind], weak: Iterable[IndicatorKind]) -> Likelihood | None:
    """How strongly shared indicators link two accounts: one strong or two kinds of weak ones make it likely."""
    kinds = {*strong, *weak}
    if not kinds:
        return None
    return Likelihood.LIKELY if strong or len(kinds) > 1 else Likelihood.POSSIBLE


BINS = 64
ROWS = 4  # Bins per key.
BANDS = BINS // ROWS
GROUP = 4  # Letters, as UTF-8 bytes.
FEWEST_LETTERS = 12
"""A shorter text is a greeting; up to `LONG` letters only nearly equal texts count as copies."""
LONG, ALIKE, ALIKE_SHORT = 40, 0.6, 0.9
MOST_LETTERS = 5000  # Letters examined, from the start.
EMPTY = 0xFFFF  # A bin without any group.
FIRST, SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9
_64 = (1 << 64) - 1
_NO_LETTERS = re.compile(rb"[\x00-\x60\x7b-\x7f]+")
_REPEATED = re.compile(rb"([a-z])\1+")


@dataclass(frozen=True)
class TextSignature:
    """MinHash signature: the smallest hash in each of `BINS`, 16 bits each, and the number of letters."""

    letters: int
    bins: tuple[int, ...]

    @cached_property
    def keys(self) -> tuple[int, ...]:
        """`BANDS` numbers of 56 bits.

        Copies share at least one: nearly always from similarity 0.7, nine times in ten at 0.6, once in six hundred at
        0.1.
        """
        full = filled(self.bins)
        return tuple(key_of(band, full[band * ROWS : (band + 1) * ROWS]) for band in range(BANDS))

    def near(self, other: "TextSignature") -> bool:
        """Whether the two texts are near-duplicates."""
        short = min(self.letters, other.letters) < LONG
        return estimate(self.bins, other.bins) >= (ALIKE_SHORT if short else ALIKE)


@lru_cache(maxsize=4096)
def signature_of(text: str) -> TextSignature | None:
    """The signature, or None if there are too few letters. Any string, in linear time."""
    letters = letters_seen(text)
    return TextSignature(len(letters), signature(letters)) if len(letters) >= FEWEST_LETTERS else None


def letters_seen(text: str) -> bytes:
    """The letters of the text after folding, each run of one letter reduced to one."""
    letters = "".join(map(plain, text)).encode("utf-8", "surrogatepass")
    return _REPEATED.sub(rb"\1", _NO_LETTERS.sub(b"", letters))[:MOST_LETTERS]


def signature(letters: bytes) -> tuple[int, ...]:
    """The smallest hash of the groups in each bin; `EMPTY` if there is none."""
    bins = [EMPTY] * BINS
    for group in {letters[start : start + GROUP] for start in range(len(letters) - GROUP + 1)}:
        mixed = int.from_bytes(group) * FIRST & _64
        mixed = (mixed ^ mixed >> 29) * SECOND & _64
        place, value = mixed >> 58, min(mixed >> 42 & 0xFFFF, EMPTY - 1)
        bins[place] = min(bins[place], value)
    return tuple(bins)


def filled(bins: Sequence[int]) -> list[int]:
    """Fill each empty bin from the next one, altered by the distance, so short texts have complete keys too."""
    full, found, far = list(bins), EMPTY, 0
    for place in range(2 * BINS - 1, -1, -1):
        if bins[place % BINS] != EMPTY:
            found, far = bins[place % BINS], 0
            continue
        far += 1
        if place < BINS:
            full[place] = (found + far * 0x3D4D) & 0xFFFF
    return full


def key_of(band: int, values: Sequence[int]) -> int:
    """A band's lookup key: its position, and its bins' hashes folded to 48 bits."""
    mixed = 0
    for value in values:
        mixed = (mixed ^ value) * FIRST & _64
    return band << 48 | mixed >> 16


def estimate(one: Sequence[int], other: Sequence[int]) -> float:
    """The estimated share of common groups, 0 to 1; exact for equal signatures. ± 0.06 at 0.6."""
    equal = both = 0
    for left, right in zip(one, other, strict=True):
        if left != EMPTY or right != EMPTY:
            both += 1
            equal += left == right
    return equal / both if both else 0.0
