"""What a shifted mixture does to a model's probabilities: `python -m bench.calibration [--data FOLDER] [--json FILE]`.

A model is taught by easy texts, half of them offences, and asked about hard ones at other rates. Its probabilities as
they are stand beside those corrected by the older half of the texts (`screening.models.recalibration`) and those
shifted to the rate that expectation and maximisation finds without decisions (Saerens et al., 2002). Measured is the
newer half. The yardstick is the calibration error that a perfectly calibrated model stays under in 95 % of samples of
that size. The texts are invented; with `--data`, easy open-BO tweets teach and labelled ones are asked too.
"""

import random
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from bench.harness import Bench, Yardstick, benchmark, options
from bench.screening.quality_learnt import half_of, read
from jaga.screening.models.classifier import Classifier, block_of
from jaga.screening.models.learning import Correction, TrainingExample, correction_for, learn, rate_shifted
from jaga.screening.models.measures import measured

Row = tuple[str, bool]
Floats = npt.NDArray[np.float64]
RATES = (0.02, 0.05, 0.15, 0.5, 0.8)
_WORDS = ["rumah", "makan", "siang", "kota", "hujan", "kakak", "belajar", "jalan", "pasar", "ikan", "sepeda", "kebun"]
_TRADE = ["gacor", "maxwin", "scatter", "depo", "slot", "bonus", "spin", "cuan"]


def main(argv: Sequence[str] | None = None) -> int:
    """Measure each mixture and print it beside its yardstick."""
    parser = options(__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, help="open research data, with text/openbo_nbc_*.jsonl.gz")
    parser.add_argument("--texts", type=int, default=4000, help="texts of each mixture (default: %(default)s)")
    given = parser.parse_args(argv)
    with benchmark("calibration", None, given.json) as bench:
        taught = invented(600, rate=0.5, easy=True, seed=1)
        for rate in RATES:
            compare(
                bench,
                f"easy texts → hard ones, {100 * rate:.0f} % offences",
                taught,
                invented(given.texts, rate=rate, easy=False, seed=2),
            )
        if given.data:
            easy = list(dict.fromkeys(read(given.data, "openbo_nbc_train")))
            known = {text for text, _ in easy}
            asked = [
                row
                for row in dict.fromkeys(read(given.data, "openbo_nbc_labeled"))
                if row[0] not in known and half_of(row[0]) == "report"
            ]
            if easy and asked:
                random.Random(3).shuffle(asked)  # noqa: S311 - an order, not a secret
                compare(bench, "easy open-BO tweets → labelled ones", easy, asked)
    return 0


def compare(bench: Bench, name: str, taught: Sequence[Row], asked: Sequence[Row]) -> None:
    """The calibration error of the newer half, as it is and corrected in two ways; the other measures in the notes."""
    model = learn([TrainingExample(text, kind, str(place)) for place, (text, kind) in enumerate(taught)], "gambling")
    odds = Classifier([model], 0.5).log_odds(block_of([text for text, _ in asked]))[:, 0]
    truth = np.array([kind for _, kind in asked])
    half = len(asked) // 2
    ways: dict[str, Callable[[], Correction]] = {
        "as it is": Correction,
        "corrected by decisions": lambda: correction_for(odds[:half], truth[:half]),
        "shifted without decisions": lambda: rate_shifted(odds[:half], sum(kind for _, kind in taught) / len(taught)),
    }
    for way, made in ways.items():
        correction = made()
        found = measured(correction.of(odds[half:]).tolist(), truth[half:].tolist(), 0.8)
        bench.add(
            f"{name}: {way}",
            1000 * found.ece,
            "‰",
            Yardstick("by chance", 1000 * (found.ece_by_chance or 0)),
            len(asked) - half,
        )
        bench.notes[f"{name}: {way}"] = {
            "brier": found.brier,
            "brier_interval": found.brier_interval,
            "ece_interval": found.ece_interval,
            "average_precision": found.average_precision,
            "slope": correction.slope,
            "shift": correction.shift,
        }
        print(
            f"    Brier score {found.brier:.4f}, average precision {found.average_precision:.4f}; "
            f"log odds × {correction.slope:.2f} {correction.shift:+.2f}"
        )


def invented(count: int, *, rate: float, easy: bool, seed: int) -> list[Row]:
    """Invented texts, of which `rate` are offences. In easy ones three or four words of the trade tell them; in hard
    ones an offence has some of them, and so have many others.
    """
    chosen = random.Random(seed)  # noqa: S311 - invented texts
    made = []
    for number in range(count):
        kind = chosen.random() < rate
        hard = sum(chosen.random() < (0.45 if kind else 0.2) for _ in range(6))
        trade = hard if not easy else chosen.choice((3, 4)) if kind else 0
        own = chosen.sample(_TRADE, trade) + chosen.sample(_WORDS, 8 - trade)
        chosen.shuffle(own)
        made.append((" ".join([*own, "".join(chosen.choices("bdgklmnprstaiueo", k=7)), str(number % 7)]), kind))
    return made


if __name__ == "__main__":
    sys.exit(main())
