"""How well a model learns from decisions: part of the open data taken for decisions, judged on what it has not seen.

    python -m bench.screening.quality_learnt --data FOLDER [--half report] [--json FILE]

Three questions, each with the baseline in the same run (character 2–5-grams after NFKC, TF-IDF, logistic regression of
scikit-learn): another source (gbennnn → gnafhan), brands that were never learnt, and open-BO tweets without hashtags
and digits. Nothing that nearly copies a judged text is learnt from. The features and the penalty were chosen on the
half `tune` (texts whose SHA-256 begins with an even byte; of the five parts of brands, two); `report` is the rest. The
data speak of Yogyakarta in 2020 and of YouTube, and of nothing else.
"""

import argparse
import csv
import gzip
import hashlib
import json
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from jaga.screening.copies.copies import clusters
from jaga.screening.models.classifier import Classifier, block_of
from jaga.screening.models.grams_kernel import features
from jaga.screening.models.learning import TrainingExample, learn
from jaga.screening.models.measures import measured
from jaga.screening.text.block import fold_char

Row = tuple[str, bool]
Scorer = Callable[[list[Row], list[str]], npt.NDArray[np.float64]]
PARTS = 5
TUNED_ON = (0, 2)  # of the parts of brands
_ROUNDS = 1000
_HIDDEN = re.compile(r"[#@]\w+|\d+|https?://\S+|pic\.twitter\.com/\S+")
_BRAND = re.compile(r"(?<![a-z0-9])([a-z]{4,}) ?\d{2,4}(?![a-z0-9])")
_EVERYWHERE = 2  # honest texts in which a word may stand and still be a brand


@dataclass(frozen=True)
class Task:
    """The training texts and the test texts."""

    name: str
    learnt: list[Row]
    judged: list[Row]


@dataclass(frozen=True)
class Figure:
    """A value with its 95 % interval, by resampling the test texts."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


@dataclass(frozen=True)
class Judged:
    """Model and baseline on one question. `gain_*` is model minus baseline on the same resampled texts."""

    name: str
    texts: int
    positives: int
    f1: Figure
    baseline_f1: Figure
    gain_f1: Figure
    average_precision: Figure
    baseline_average_precision: Figure
    gain_average_precision: Figure
    brier: float
    baseline_brier: float
    calibration_error: float


def learnt(folder: Path, half: str = "report") -> list[Judged]:
    """All questions whose sources exist. `folder` contains `text/*.jsonl.gz`."""
    found = []
    for name, tasks in _questions(folder, half):
        truth = np.concatenate([[label for _, label in task.judged] for task in tasks])
        ours, base = (
            np.concatenate([score(task.learnt, [text for text, _ in task.judged]) for task in tasks])
            for score in (model, baseline)
        )
        found.append(_judged(name, truth, ours, base))
    return found


def model(rows: list[Row], texts: list[str]) -> npt.NDArray[np.float64]:
    """Probabilities of the product's model."""
    made = learn([TrainingExample(text, label) for text, label in rows], "gambling")
    return Classifier([made], 0.5).scores(block_of(texts))[:, 0].astype(np.float64)


def baseline(rows: list[Row], texts: list[str]) -> npt.NDArray[np.float64]:
    """Probabilities of the baseline."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression

    vectors = TfidfVectorizer(
        analyzer="char",
        ngram_range=(2, 5),
        min_df=2,
        sublinear_tf=True,
        preprocessor=lambda text: unicodedata.normalize("NFKC", text).lower(),
    )
    fitted = LogisticRegression(C=10, max_iter=500).fit(
        vectors.fit_transform([text for text, _ in rows]), [label for _, label in rows]
    )
    scores: npt.NDArray[np.float64] = fitted.predict_proba(vectors.transform(texts))[:, 1]
    return scores


def _questions(folder: Path, half: str) -> Iterator[tuple[str, list[Task]]]:
    source, other = read(folder, "judol_gbennnn"), read(folder, "judol_gnafhan")
    if source and other:
        yield "another source: gbennnn → gnafhan", [_apart("", source, _only(other, half))]
    more = read(folder, "judol_muzazr")
    if source and more:
        yield "another source: gbennnn → muzazr", [_apart("", source, _only(more, half))]
        yield "unseen brands: gbennnn and muzazr", list(_brands([*source, *more], folder, half))
    labelled = [(_HIDDEN.sub(" ", text), label) for text, label in read(folder, "openbo_nbc_labeled")]
    if labelled:
        kept = [
            (text, label, half_of(original))
            for (text, label), (original, _) in zip(labelled, read(folder, "openbo_nbc_labeled"), strict=True)
        ]
        own, rest = ([(text, label) for text, label, part in kept if (part == half) is same] for same in (True, False))
        yield "open BO without hashtags and digits: the other half → this", [_apart("", rest, own)]
        hidden = [(_HIDDEN.sub(" ", text), label) for text, label in read(folder, "openbo_nbc_train")]
        if hidden:
            yield "open BO without hashtags and digits: easy tweets → this", [_apart("", hidden, own)]
            yield "open BO without hashtags and digits: both → this", [_apart("", [*hidden, *rest], own)]


def read(folder: Path, name: str) -> list[Row]:
    """The texts and whether people labelled them as an offence; empty if the file does not exist."""
    path = folder / "text" / f"{name}.jsonl.gz"
    if not path.exists():
        return []
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(row["text"], str(row["label"]).startswith("1_")) for row in rows]


def half_of(text: str) -> str:
    """The half of a text, as in `bench.screening.quality`."""
    return "report" if hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % 2 else "tune"


def _only(rows: list[Row], half: str) -> list[Row]:
    return [row for row in rows if half_of(row[0]) == half]


def _apart(name: str, rows: Sequence[Row], judged: list[Row]) -> Task:
    """The texts without near copies of a test text, each text once."""
    kept = list(dict.fromkeys(rows))
    first, slots = features(block_of([text for text, _ in (*kept, *judged)]))
    alike = clusters([slots[first[at] : first[at + 1]].tolist() for at in range(len(kept) + len(judged))])
    later = set(alike[len(kept) :])
    return Task(name, [row for row, cluster in zip(kept, alike, strict=False) if cluster not in later], judged)


def _brands(rows: list[Row], folder: Path, half: str) -> Iterator[Task]:
    """Parts that each test brands which the others do not contain: texts with a tested brand are not used for
    training.
    """
    letters = [_letters(text) for text, _ in rows]
    brands = _brand_names(rows, letters, folder)
    held = [{brand for brand in brands if brand in letters_of} for letters_of in letters]
    part_of = dict[str, int]()
    load = [0] * PARTS
    for brand, count in Counter(
        brand for names, (_, label) in zip(held, rows, strict=True) if label for brand in sorted(names)
    ).most_common():
        part_of[brand] = load.index(min(load))
        load[part_of[brand]] += count
    for part in range(PARTS):
        if (part in TUNED_ON) != (half == "tune"):
            continue
        own = {brand for brand, place in part_of.items() if place == part}
        judged, rest = list[Row](), list[Row]()
        for (text, label), names, letters_of in zip(rows, held, letters, strict=True):
            mine = names <= own and bool(names) if label else _part(letters_of) == part
            if mine:
                judged.append((text, label))
            elif not names & own:
                rest.append((text, label))
        yield _apart(f"part {part}", rest, judged)


def _part(letters: str) -> int:
    return hashlib.sha256(letters.encode()).digest()[1] % PARTS


def _letters(text: str) -> str:
    return re.sub("[^a-z]", "", "".join(map(fold_char, text)))


def _brand_names(rows: list[Row], letters: Sequence[str], folder: Path) -> list[str]:
    """Known sites, and words before digits in at least three promotions, except those that honest texts use."""
    counts = Counter(
        name for text, label in rows if label for name in set(_BRAND.findall("".join(map(fold_char, text))))
    )
    names = {name for name, count in counts.items() if count >= 3}
    sites = folder / "lexicons" / "situs_judol_gbennnn.csv"
    if sites.exists():
        with sites.open(encoding="utf-8") as lines:
            names |= {site for row in csv.DictReader(lines) if len(site := _letters(row["site"])) >= 4}
    honest = "\n".join(read for read, (_, label) in zip(letters, rows, strict=True) if not label)
    return sorted(name for name in names if honest.count(name) <= _EVERYWHERE)


def _judged(
    name: str, truth: npt.NDArray[np.bool_], ours: npt.NDArray[np.float64], base: npt.NDArray[np.float64]
) -> Judged:
    random = np.random.default_rng(46)
    drawn = [random.integers(0, len(truth), len(truth)) for _ in range(_ROUNDS)]
    parts: dict[str, tuple[float, list[float], float, list[float]]] = {}
    for key, measure in (("f1", f1), ("average_precision", average_precision)):
        parts[key] = (
            measure(truth, ours),
            [measure(truth[rows], ours[rows]) for rows in drawn],
            measure(truth, base),
            [measure(truth[rows], base[rows]) for rows in drawn],
        )
    figures = {}
    for key, (own, owns, other, others) in parts.items():
        figures[key] = _figure(own, owns)
        figures[f"baseline_{key}"] = _figure(other, others)
        figures[f"gain_{key}"] = _figure(own - other, [one - two for one, two in zip(owns, others, strict=True)])
    own_measures = measured(ours.tolist(), truth.tolist(), 0.5)
    return Judged(
        name,
        len(truth),
        int(truth.sum()),
        **figures,
        brier=own_measures.brier,
        baseline_brier=measured(base.tolist(), truth.tolist(), 0.5).brier,
        calibration_error=own_measures.ece,
    )


def _figure(value: float, drawn: list[float]) -> Figure:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Figure(round(value, 4), round(float(low), 4), round(float(high), 4))


def f1(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
    """The F1 score at a probability of one half."""
    found = scores >= 0.5
    both = int((found & truth).sum())
    return 2 * both / max(1, int(found.sum()) + int(truth.sum()))


def average_precision(truth: npt.NDArray[np.bool_], scores: npt.NDArray[np.float64]) -> float:
    """The area under the precision–recall curve: how well texts are ordered, independent of the threshold."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(truth[order])
    ends = np.append(np.diff(scores[order]) != 0, True)  # texts of equal score come together
    hits, places = hits[ends], np.flatnonzero(ends) + 1
    return float((hits / places * np.diff(hits, prepend=0)).sum() / max(1, int(truth.sum())))


def said(found: Sequence[Judged]) -> Iterator[str]:
    """The tables, line by line."""
    for one in found:
        yield f"{one.name} ({one.texts} texts, {one.positives} positive)"
        for label, own, other, gain in (
            ("F1 at 0.5", one.f1, one.baseline_f1, one.gain_f1),
            ("average precision", one.average_precision, one.baseline_average_precision, one.gain_average_precision),
        ):
            yield f"  {label:18} model {own}   baseline {other}   gain {gain}"
        yield (
            f"  Brier score        model {one.brier:.4f}                  baseline {one.baseline_brier:.4f}   "
            f"calibration error {one.calibration_error:.3f}"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--half", choices=("tune", "report"), default="report")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    found = learnt(asked.data, asked.half)
    if not found:
        sys.stderr.write(f"None of the sources is in {asked.data / 'text'}.\n")
        return 1
    sys.stdout.write("\n".join(said(found)) + "\n")
    if asked.json:
        asked.json.write_text(json.dumps([asdict(one) for one in found], indent=1), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
