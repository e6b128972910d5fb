"""Linking indicators: what texts, names and pictures of an account have in common with other accounts.

Pure.

An indicator is not a judgement. `likelihood` says how strongly several of them link two accounts, for people to judge.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from jaga.core.terms.screening import IndicatorKind, Likelihood
from jaga.screening.contacts.contacts import contacts_in
from jaga.screening.copies.likeness import LONGEST, bands, letters_of
from jaga.screening.text.visible import visible

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
