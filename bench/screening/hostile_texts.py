"""What a text can cost at most.

    python -m bench.screening.hostile_texts [--bytes N] [--times N] [--only WORD …] [--json FILE]

Each shape of text that somebody might write to keep a worker busy is screened alone, by everything that triage does
with a text of any length: folding, contacts, lexicon, rules, signature, sentences, and a trained model with its words.
(Indicators and clusters read 5,000 characters at most.) The yardstick is an ordinary text of the same length in bytes.
*growth* is the exponent by which the time grows from a quarter of the length to the whole: 1 is linear, 2 is quadratic.
The shapes are made from the shipped release: its phrases, its patterns, its kinds of contacts. The length is the most
that is read of a row of a file; a report has at most 5,000 characters.
"""

import math
import random
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from re import _parser  # type: ignore[attr-defined]
from typing import Any

from bench.harness import Yardstick, benchmark, options
from jaga.policy.release import PolicyRelease, load_release
from jaga.policy.screening_rules import walk
from jaga.screening.base.row_errors import LONGEST_TEXT
from jaga.screening.engine.screen import screen_texts
from jaga.screening.models.classifier import Classifier, explained
from jaga.screening.models.learning import TrainingExample, learn

ORDINARY = (
    "Kak, besok jadi kerja bakti di balai warga jam tujuh pagi? Tolong bawa sapu dan ember ya, nanti ada "
    "sarapan bubur. Kalau hujan kita tunda minggu depan. "
)
LETTERS = "abcdefghijklmnopqrstuvwxyz"
Screen = Callable[[str], object]


@dataclass(frozen=True)
class Cost:
    """One shape's cost: seconds for the whole length and for a quarter of it."""

    name: str
    seconds: float
    quarter: float

    @property
    def growth(self) -> float:
        """The exponent of the growth: 1 is linear."""
        return math.log(self.seconds / self.quarter) / math.log(4)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure each shape and print it beside the yardstick; the slowest at the end."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--bytes", type=int, default=LONGEST_TEXT, help="length of each text (default: %(default)s)")
    parser.add_argument("--times", type=int, default=5, help="the best of so many runs counts (default: %(default)s)")
    parser.add_argument("--only", nargs="*", default=(), metavar="WORD", help="only shapes with one of these words")
    given = parser.parse_args(argv)
    release = load_release()
    screen = screening(release)
    with benchmark("hostile_texts", None, given.json) as bench:
        screen(filled([ORDINARY], 4096))
        ordinary = measured("ordinary", [ORDINARY], given.bytes, given.times, screen)
        found = []
        for name, units in shapes(release):
            if given.only and not any(word in name for word in given.only):
                continue
            cost = measured(name, units, given.bytes, given.times, screen)
            found.append(cost)
            bench.add(
                f"{name} (growth {cost.growth:.2f})",
                1000 * cost.seconds,
                "ms",
                Yardstick(f"an ordinary text of {given.bytes} bytes", 1000 * ordinary.seconds),
                given.times,
            )
        bench.notes["growth"] = {cost.name: round(cost.growth, 2) for cost in found}
        worst = max(found, key=lambda cost: cost.seconds)
        print(
            f"the slowest: {worst.name}, {1000 * worst.seconds:.1f} ms, "
            f"{worst.seconds / ordinary.seconds:.1f} times an ordinary text"
        )
    return 0


def screening(release: PolicyRelease) -> Screen:
    """Everything that triage does with a published text."""
    words = random.Random(17)  # noqa: S311 - invented texts
    examples = [
        TrainingExample(
            " ".join(
                words.sample(
                    ("ready", "avail", "slot", "gacor", "depo", "wd", "vip")
                    if odd
                    else ("kerja", "bakti", "warga", "rapat", "kopi", "resep"),
                    4,
                )
            ),
            bool(odd),
            f"{number} {odd}",
        )
        for number in range(60)
        for odd in (0, 1)
    ]
    classifier = Classifier([learn(examples, "gambling")], release.screening.model_from)

    def screen(text: str) -> object:
        return screen_texts([text], release), explained([text], classifier)

    return screen


def measured(name: str, units: Sequence[str], size: int, times: int, screen: Screen) -> Cost:
    """The best of some runs on `size` bytes of these units in turn, and on a quarter of that."""
    return Cost(
        name,
        *(min(_seconds(partial(screen, filled(units, length))) for _ in range(times)) for length in (size, size // 4)),
    )


def _seconds(call: Callable[[], object]) -> float:
    start = time.thread_time()
    call()
    return time.thread_time() - start


def filled(units: Sequence[str], size: int) -> str:
    """The units in turn, again and again, up to `size` bytes of UTF-8."""
    raw, held = list[str](), 0
    while held < size:
        for unit in units:
            raw.append(unit)
            held += len(unit.encode())
            if held >= size:
                break
    return "".join(raw).encode()[:size].decode(errors="ignore")


def shapes(release: PolicyRelease) -> Iterator[tuple[str, list[str]]]:
    """The units of each shape, by name."""
    phrases = list(
        dict.fromkeys(phrase for entry in release.lexicon for phrase in (entry.phrase, *entry.needs, *entry.exceptions))
    )
    listed = list(dict.fromkeys(word for one in release.word_lists for word in one.words))
    patterns = list(
        dict.fromkeys(
            one.pattern for rule in release.screening_rules for _, one in walk(rule.when) if one.pattern is not None
        )
    )
    every = [*phrases, *listed]
    yield from ((f"one letter: {letter}", [letter]) for letter in "aoi1 .@#(")
    yield from ((f"one letter with spaces: {letter}", [f"{letter} "]) for letter in "ao1.@")
    yield "line ends", ["\n"]
    yield "combining marks on one letter", ["\u0301"]
    yield "letters with three combining marks", [letter + "\u0301\u0327\u0338" for letter in LETTERS]
    yield "letters with zero-width joiners", [letter + "\u200b\u200d" for letter in "openbogacorslot"]
    yield "mixed scripts", list("aаaαаɑoоοօеeсcрpхxуy")
    yield "styled letters", list("𝐨𝐩𝐞𝐧𝓫𝓸𝕤𝕝𝕠𝕥")
    yield "emoji", ["💋", "🔥", "🎰"]
    yield "spaced letters of phrases", [f"{letter} " for phrase in every[:300] for letter in phrase if letter != " "]
    yield "phrases", [f"{phrase} " for phrase in every]
    yield "phrases, each a hundred times", [f"{phrase} " * 100 for phrase in every]
    yield "phrases in hashtags", [f"#{phrase.replace(' ', '')}x " for phrase in every]
    yield "phrases without spaces", [phrase.replace(" ", "") for phrase in every]
    yield "phrases without the last letter", [f"{phrase[:-1]} " for phrase in every]
    yield "phrases with doubled letters", ["".join(2 * char for char in phrase) + " " for phrase in every]
    yield "phrases with signs", [phrase.translate(str.maketrans("oei", "03!")) + "! " for phrase in every]
    yield (
        "entries that need another word",
        [f"{entry.phrase} {' '.join(entry.needs[:1])} " for entry in release.lexicon if entry.needs] or ["-"],
    )
    yield "heads of patterns", [f"{word} " for pattern in patterns for word in _heads(pattern)]
    drawn = [_match(pattern, seed) for pattern in patterns for seed in range(3)]
    yield "matches of patterns", [f"{one} " for one in drawn]
    yield "matches of patterns without the last letter", [f"{one[:-1]} " for one in drawn]
    yield from ((f"matches of one pattern: {pattern[:12]}", [f"{_match(pattern, 1)} "]) for pattern in patterns[::8])
    yield "examples of rules", [f"{text} " for rule in release.screening_rules for text in rule.matches]
    yield "handles", [f"ig: mawar{number:05} " for number in range(2000)]
    yield "handles, almost", [f"ig: mawar{number:05}/ " for number in range(2000)]
    yield "links", [f"situs{number:05}.com " for number in range(2000)]
    yield "links, almost", ["a.", "aa.", "a-a."]
    yield "e-mail addresses", [f"m{number:05}@a.com " for number in range(2000)]
    yield "e-mail addresses, almost", ["a@a."]
    yield "addresses with spelled-out signs", ["a [at] b [dot] com "]
    yield "opened brackets and dots", ["( . ", "[dot", "{ at "]
    yield "telephone numbers", [f"0812{number:08} " for number in range(3000)]
    yield "telephone numbers, almost", [f"0812 {number:03} " for number in range(3000)]
    yield "telephone numbers, one digit at a time", ["0 8 1 2 3 4 5 6 7 8 9 0 "]
    yield "numbers in words", ["kosong delapan satu dua tiga empat lima enam tujuh delapan "]
    yield "digits without a space", ["0812345678"]
    yield "digits and letters that look alike", ["o8I2z5sb|"]
    yield "foreign numbers, almost", [f"+{number % 9 + 1} " for number in _digits(8000)]
    yield "foreign numbers with zeros, almost", [f"0 0 {number} " for number in _digits(8000)]
    yield "home numbers, almost, beside a handle", ["ig: abc12 ", *(f"6 2 {number} " for number in _digits(8000))]
    yield "foreign numbers", [f"+{number:04}5550{number:04} " for number in range(3000)]


def _digits(count: int) -> list[int]:
    """Digits without a period, so that nothing that was read before is kept."""
    chosen = random.Random(2)  # noqa: S311 - invented digits
    return [chosen.randint(0, 9) for _ in range(count)]


def _heads(pattern: str) -> list[str]:
    """The words with which a pattern begins."""
    return re.findall(r"[a-z]{2,}", pattern.replace("\\b", " ").replace("\\d", "1"))[:6]


def _match(pattern: str, seed: int) -> str:
    """A text that the pattern matches; borders and the like are not looked at, so that some do not."""
    return _drawn(_parser.parse(pattern), random.Random(seed))  # noqa: S311 - an invented text


def _drawn(parsed: Any, chosen: random.Random) -> str:
    made = ""
    for kind, what in parsed:
        match str(kind):
            case "LITERAL":
                made += chr(what)
            case "SUBPATTERN":
                made += _drawn(what[-1], chosen)
            case "BRANCH":
                made += _drawn(chosen.choice(what[1]), chosen)
            case "MAX_REPEAT" | "MIN_REPEAT":
                made += "".join(_drawn(what[2], chosen) for _ in range(chosen.randint(what[0], min(what[1], 12))))
            case "IN":
                made += _one_of(what, chosen)
    return made


def _one_of(what: Any, chosen: random.Random) -> str:
    kind, given = chosen.choice([*what])
    return chr(chosen.randint(*given)) if str(kind) == "RANGE" else chr(given) if str(kind) == "LITERAL" else "7"


if __name__ == "__main__":
    sys.exit(main())
