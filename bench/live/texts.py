"""The invented texts of `texts.yaml`, with their slots filled by chance."""

import random
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Generic, TypeVar

import yaml

Drawn = TypeVar("Drawn")
_SLOT = re.compile(r"\{(\w+)\}")
_TOWNS = (
    "Tegal",
    "Cirebon",
    "Madiun",
    "Kediri",
    "Jambi",
    "Palu",
    "Kupang",
    "Ambon",
    "Bogor",
    "Depok",
    "Malang",
    "Padang",
    "Pontianak",
    "Ternate",
    "Banyuwangi",
    "Serang",
    "Solo",
    "Manado",
    "Bengkulu",
    "Mataram",
)
_NAMES = ("Rara", "Dimas", "Yanti", "Bela", "Fajar", "Gilang", "Nisa", "Tomi", "Wening", "Arif", "Lestari", "Joko")
_SITES = ("melatihoki", "kuda", "rajawali", "anggrek", "sultanmain", "pelangi", "naga", "bintang", "permata", "koi")


@dataclass(frozen=True)
class Advert:
    """A text that the policy's categories are about, and how it is written."""

    text: str
    category: str
    style: str


class Texts:
    """All texts, drawn with `dice`."""

    def __init__(self, dice: random.Random) -> None:
        found: dict[str, Any] = yaml.safe_load((Path(__file__).parent / "texts.yaml").read_text())
        self._dice = dice
        self._openings: list[str] = found["everyday"]["openings"]
        self._endings: list[str] = found["everyday"]["endings"]
        self._near = _Deck(found["near"], dice)
        self._warnings = _Deck(found["warning"], dice)
        self._adverts = _Deck(
            [Advert(one["text"], part["category"], one["style"]) for part in found["adverts"] for one in part["texts"]],
            dice,
        )
        self.copied = Advert(found["copied"]["text"], found["copied"]["category"], "copied")

    def everyday(self) -> str:
        """What most people write; one in five is near to what rules look for."""
        if self._dice.random() < 0.2:
            return self._filled(self._near.next())
        parts = [self._dice.choice(self._openings)]
        if self._dice.random() < 0.6:
            parts.append(self._dice.choice(self._endings))
        return self._filled(" ".join(parts))

    def warning(self) -> str:
        """News, a warning or a lesson about what is advertised."""
        return self._filled(self._warnings.next())

    def advert(self) -> Advert:
        """An advert; each is drawn once before one is drawn again."""
        drawn = self._adverts.next()
        return Advert(self._filled(drawn.text), drawn.category, drawn.style)

    def _filled(self, text: str) -> str:
        return _SLOT.sub(lambda slot: self._value(slot[1]), text)

    def _value(self, name: str) -> str:
        dice = self._dice
        values = {
            "hp": f"0812-0000-{dice.randrange(10_000):04d}",
            "tg": f"@{dice.choice(_NAMES).lower()}{dice.randrange(99)}x",
            "link": f"https://{dice.choice(_SITES)}{dice.randrange(99)}.example",
            "situs": f"https://{dice.choice(_NAMES).lower()}.example",
            "kota": dice.choice(_TOWNS),
            "jam": str(dice.randrange(5, 23)),
            "n": str(dice.randrange(2, 10)),
            "harga": str(dice.randrange(2, 19) * 50),
            "nama": dice.choice(_NAMES),
            "merek": f"{dice.choice(_SITES)}{dice.randrange(10, 999)}",
        }
        return values[name]


class _Deck(Generic[Drawn]):
    """Draws each item once before any comes again."""

    def __init__(self, items: list[Drawn], dice: random.Random) -> None:
        self._items, self._dice, self._left = items, dice, list[Drawn]()

    def next(self) -> Drawn:
        if not self._left:
            self._left = self._dice.sample(self._items, len(self._items))
        return self._left.pop()
