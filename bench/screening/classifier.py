"""The classifier's stages for `bench.screening.engine`; run alone it prints figure, yardsticks and ratio.

python -m bench.screening.classifier [--json FILE]
"""

import hashlib
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import click
import numpy as np

from jaga.screening.models.classifier import Classifier, Model, block_of
from jaga.screening.models.grams import SLOTS
from jaga.screening.models.grams_kernel import features
from jaga.screening.text.block import TEXTS, TextBlock

_ROUNDS = 9
_LETTERS = "bcdfghjklmnprstaiueo"


def stages(models: int = 4) -> dict[str, Callable[[TextBlock], object]]:
    """A name and a function over one block for each stage. The weights are random, which does not change the time."""
    random = np.random.default_rng(46)
    made = [Model("gambling", random.integers(-9000, 9000, SLOTS).astype(np.int16), 1e-4, -1.0) for _ in range(models)]
    one, several = Classifier(made[:1], 0.99999), Classifier(made, 0.99999)
    return {"classifier, 1 model": one.scores, f"classifier, {models} models": several.scores, "features": features}


def texts(count: int) -> list[str]:
    """Generated texts of 87 bytes on average, 18 % of them with letters beyond ASCII. They do not measure quality."""
    random = Random(46)  # noqa: S311 - made texts, the same each time
    words = ["".join(random.choices(_LETTERS, k=random.randint(2, 9))) for _ in range(4000)] + ["77", "138", "0812"]
    made = []
    for _ in range(count):
        text = " ".join(random.choices(words, k=13))
        made.append(text.translate({ord("a"): "𝐚", ord("o"): "ö"}) if random.random() < 0.18 else text)
    return made


def ordinary(read: list[str]) -> Callable[[], object]:
    """The usual implementation: scikit-learn's hashing vectoriser and logistic regression."""
    from sklearn.feature_extraction.text import HashingVectorizer
    from sklearn.linear_model import LogisticRegression

    hashing = HashingVectorizer(analyzer="char", ngram_range=(3, 4), n_features=SLOTS)
    fitted = LogisticRegression().fit(hashing.transform(read[:200]), np.arange(200) % 2)
    return lambda: fitted.predict_proba(hashing.transform(read))


def measure(run: Callable[[], object], count: int) -> float:
    """Texts a second, the median of several runs."""
    run()
    taken = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        run()
        taken.append(time.perf_counter() - start)
    return count / statistics.median(taken)


@click.command()
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path), help="Write the figures there too.")
@click.option("--blocks", default=16, show_default=True, help=f"Of {TEXTS} texts each.")
def main(file: Path | None, blocks: int) -> None:
    """Time each stage over blocks of generated texts."""
    read = texts(blocks * TEXTS)
    parts = [block_of(read[at : at + TEXTS]) for at in range(0, len(read), TEXTS)]
    found = {
        name: measure(lambda run=run: [run(part) for part in parts], len(read))  # type: ignore[misc]
        for name, run in stages().items()
    }
    raw = b"".join(part.source.tobytes() for part in parts)
    found["yardstick: sha256 of the same bytes"] = measure(lambda: hashlib.sha256(raw).digest(), len(read))
    few = read[:TEXTS]
    found["yardstick: scikit-learn, hashing 3-4 and logistic regression"] = measure(ordinary(few), len(few))
    slow = found["yardstick: scikit-learn, hashing 3-4 and logistic regression"]
    click.echo(f"{len(read)} texts, {len(raw) / len(read):.1f} bytes on average")
    for name, rate in found.items():
        click.echo(f"{name:64}{rate / 1e6:8.3f} M texts/s{rate / slow:9.0f} ×")
    if file:
        measured = {"texts": len(read), "bytes": len(raw) / len(read), "texts_per_second": found}
        file.write_text(json.dumps(measured, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
