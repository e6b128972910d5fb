"""Letters as PDF with typst: equal input gives equal bytes on every machine.

Text is passed as data (`sys.inputs`, JSON), never as typst source. No system font is used. Characters the built-in
fonts lack (emoji, most scripts) and those that reorder or hide others (controls, direction marks) are spelled out as
`[U+1F600]`, so that no account name imitates another.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

import typst

from jaga.core.clock import as_utc
from jaga.core.terms.people import Language

_SHOWN = (
    (0x20, 0x7E),
    (0xA0, 0xAC),
    (0xAE, 0x24F),  # Latin.
    (0x391, 0x3A1),
    (0x3A3, 0x3C9),
    (0x400, 0x45F),  # Greek, Cyrillic.
    (0x5D0, 0x5EA),
    (0x621, 0x63A),
    (0x641, 0x64A),
    (0x660, 0x669),  # Hebrew, Arabic: letters and digits.
    (0x2010, 0x2015),
    (0x2018, 0x201E),
    (0x2020, 0x2022),
    (0x2026, 0x2026),
    (0x2030, 0x2030),
    (0x2032, 0x2033),
    (0x2039, 0x203A),
    (0x20AC, 0x20AC),
    (0x2116, 0x2116),
    (0x2122, 0x2122),
    (0x2190, 0x2199),
    (0x2212, 0x2212),
)
"""Code points the built-in fonts can show (inclusive ranges)."""

_SOURCE = rb"""
#let letter = json(bytes(sys.inputs.letter))
#set document(title: letter.number, author: letter.sender, date: auto)
#set text(font: ("Libertinus Serif", "DejaVu Sans Mono"), size: 10.5pt, lang: "id", dir: ltr, hyphenate: false)
#set par(justify: false, leading: 0.58em, spacing: 0.95em)
// A word without a place to break would run off the sheet.
#show regex("\\S{30,}"): long => long.text.clusters().join(box(width: 0pt))
#set page(
  paper: "a4", margin: (x: 2.4cm, top: 2.2cm, bottom: 2.4cm),
  footer: context {
    set text(size: 9pt, fill: luma(90))
    line(length: 100%, stroke: 0.5pt + luma(170))
    grid(columns: (1fr, auto), column-gutter: 1em, letter.number,
      [Halaman/Page #counter(page).display("1 / 1", both: true)])
  },
)
#let lines(said) = {
  for paragraph in said.split("\n\n") {
    par(paragraph.split("\n").map(one => [#one]).join(linebreak()))
  }
}
#text(size: 15pt, weight: "bold", letter.sender)
#v(-0.4em)
#line(length: 100%, stroke: 1pt)
#grid(columns: (auto, 1fr), column-gutter: 1.2em, row-gutter: 0.7em,
  [Nomor/Number], strong(letter.number),
  [Tanggal/Date], [#letter.date_id / #letter.date_en],
  [Kepada/To], letter.recipient)
#for part in letter.parts [
  #v(0.6em)
  #line(length: 100%, stroke: 0.5pt + luma(170))
  #[
    #set text(lang: part.language)
    #block(sticky: true, text(size: 13pt, weight: "bold", part.heading))
    #lines(part.text)
  ]
]
"""


@dataclass(frozen=True)
class LetterPart:
    """The letter in one language."""

    language: Language
    heading: str
    text: str


@dataclass(frozen=True)
class LetterOnPaper:
    """The letter's content. `dated` (aware) is also the PDF's creation time, so equal input gives equal bytes."""

    number: str
    sender: str
    recipient: str
    dated: datetime
    date_id: str
    date_en: str
    parts: tuple[LetterPart, ...]


def letter_pdf(letter: LetterOnPaper) -> bytes:
    """The letter on A4, one language after another. Raises ValueError for a naive `dated`."""
    created = as_utc(letter.dated)
    value = asdict(letter)
    del value["dated"]
    data = json.dumps(_printable(value), ensure_ascii=False)
    made = typst.compile(
        _SOURCE, format="pdf", sys_inputs={"letter": data}, ignore_system_fonts=True, timestamp=int(created.timestamp())
    )
    assert isinstance(made, bytes)  # a list only for pages as pictures, nothing only with an output file
    return made


def _printable(value: object) -> object:
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, dict):
        return {name: _printable(item) for name, item in value.items()}
    assert isinstance(value, tuple | list)
    return [_printable(item) for item in value]


def printable(text: str) -> str:
    """The text with everything spelled out that would not be visible on paper."""
    return "".join(
        char if char == "\n" or _is_shown(ord(char)) else f"[U+{ord(char):04X}]"
        for char in text.replace("\r\n", "\n").expandtabs(4)
    )


def _is_shown(code: int) -> bool:
    return any(first <= code <= last for first, last in _SHOWN)
