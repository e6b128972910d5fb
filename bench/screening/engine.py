"""How many texts a second one core screens: each stage and the whole, beside what is unavoidable and what is usual.

    python -m bench.screening.engine [--texts N] [--phrases N] [--rules N] [--texts-folder FOLDER] [--real]
        [--json FILE]

One pinned core; each figure is the median of ten equal parts of the texts. The texts are made (see `made_texts`), which
hold few digits and links; the engine of the shipped release is measured on real ones as well (`real_texts`), those
of a folder or else those that ship with the release. `--real` measures only these.
A stage adds itself to `STAGES`, and to `engine` what belongs to the whole.
"""

import hashlib
import multiprocessing
import os
import random
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import ahocorasick  # type: ignore[import-not-found]
import hyperscan
import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray
from sklearn.feature_extraction.text import HashingVectorizer  # type: ignore[import-untyped]

from bench.harness import Bench, Run, Yardstick, benchmark, each, options
from bench.screening import made_texts, real_texts
from bench.screening.made_texts import BUSY, CALM, Mix
from jaga.policy.release import load_release
from jaga.screening.contacts.kernel import contacts_of_block
from jaga.screening.copies.nearness_kernel import marks_of_block
from jaga.screening.engine.engine import Engine, StageInput, screen_table
from jaga.screening.engine.lexicon import Lexicon
from jaga.screening.engine.released import RuleStage
from jaga.screening.engine.spoken import ContactColumn, SignatureColumn
from jaga.screening.models.classifier import Classifier, Model
from jaga.screening.models.grams import SLOTS
from jaga.screening.rules.rule_set import RuleSet
from jaga.screening.rules.rules import Rules
from jaga.screening.text.block import TEXTS
from jaga.screening.text.fold import fold_block

_PARTS = 10
_SEED = 20261127
_MILLION = 1e6
_TOGETHER = 5.0  # seconds that the processes run beside each other


@dataclass(frozen=True)
class Made:
    """The texts, phrases and rules of one run."""

    texts: list[str]
    lexicon: Lexicon
    patterns: list[str]
    rules: RuleSet
    models: Classifier

    @classmethod
    def of(cls, mix: Mix, texts: int, phrases: int, rules: int) -> "Made":
        chance = random.Random(_SEED)  # noqa: S311 - invented texts, not secrets
        entries = made_texts.lexicon(chance, phrases)
        patterns = made_texts.patterns(chance, rules)
        lexicon = Lexicon(entries, "made")
        made = made_texts.texts(
            chance, texts, mix, [entry.phrase for entry in entries], [pattern.example for pattern in patterns]
        )
        return cls(
            made,
            lexicon,
            [pattern.written for pattern in patterns],
            RuleSet(Rules(made_texts.rules(chance, patterns, lexicon.written)), lexicon.written),
            models(),
        )

    @cached_property
    def table(self) -> pa.Table:
        return pa.table({"text": pa.array(self.texts, pa.large_string())})

    @cached_property
    def parts(self) -> list["Part"]:
        """The texts in blocks, with the results of all stages before the measured one."""
        return [Part.of(batch["text"], self) for batch in self.table.to_batches(max_chunksize=TEXTS)]


@dataclass(frozen=True)
class Part:
    """One block on its way through the stages."""

    source: NDArray[np.uint8]
    starts: NDArray[np.int64]
    given: StageInput

    @classmethod
    def of(cls, column: pa.Array, made: Made) -> "Part":
        _, offsets, data = column.buffers()
        starts = np.frombuffer(offsets, np.int64, len(column) + 1, column.offset * 8)
        source, starts = np.frombuffer(data, np.uint8)[starts[0] : starts[-1]], starts - starts[0]
        block, _ = fold_block(source, starts)
        return cls(
            source,
            starts,
            StageInput(block, made.lexicon.phrases.find(block), contacts_of_block(block), pa.table({"text": column})),
        )


def models(count: int = 4) -> Classifier:
    """One model for each category with models. The weights are random, which does not change the time."""
    chance = np.random.default_rng(_SEED)
    return Classifier(
        [
            Model(f"category-{number}", chance.integers(-9000, 9000, SLOTS).astype(np.int16), 1e-4, -1.0)
            for number in range(count)
        ],
        0.99999,
    )


class MadeRules(RuleStage):
    """The generated rules in the form of the release's."""

    def __init__(self, rules: RuleSet) -> None:
        super().__init__(rules, load_release())


def engine(made: Made) -> Engine:
    """All stages together."""
    return Engine(
        phrases=made.lexicon.phrases,
        contacts=contacts_of_block,
        stages=(made.lexicon, MadeRules(made.rules), made.models),
        columns=(ContactColumn(), SignatureColumn()),
    )


STAGES: dict[str, Callable[[Made], Callable[[Part], object]]] = {
    "fold": lambda made: lambda part: fold_block(part.source, part.starts),
    "phrases": lambda made: lambda part: made.lexicon.phrases.find(part.given.block),
    "lexicon": lambda made: lambda part: made.lexicon.signals(part.given),
    "contacts": lambda made: lambda part: contacts_of_block(part.given.block),
    "rules": lambda made: partial(_rules, MadeRules(made.rules)),
    "classifier, 4 models": lambda made: lambda part: made.models.signals(part.given),
    "signature": lambda made: lambda part: marks_of_block(part.given.block),
}
"""Each stage by name: what it does with one block after the stages before it. New stages are added here."""


def _rules(stage: MadeRules, part: Part) -> object:
    return stage.signals(part.given)


def literals(made: Made) -> Callable[[Part], object]:
    """Hyperscan, searching only for the phrases in their plain form, once over the whole block."""
    database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
    written = list(dict.fromkeys(kind.key for kind in made.lexicon.kinds))
    database.compile(
        [re.escape(phrase).encode() for phrase in written],
        ids=list(range(len(written))),
        flags=[hyperscan.HS_FLAG_CASELESS] * len(written),
    )
    hits: list[int] = []
    return lambda part: database.scan(part.source.tobytes(), lambda *hit: hits.append(hit[0]))


def lower_case(made: Made) -> Callable[[Part], object]:
    """The time polars needs for lower case: one simple column operation over Arrow's buffers."""
    return lambda part: pl.DataFrame(part.given.rows)["text"].str.to_lowercase()


YARDSTICKS: dict[str, Callable[[Made], Callable[[Part], object]]] = {
    "sha256 of the same bytes": lambda made: lambda part: hashlib.sha256(part.source.data).digest(),
    "polars to_lowercase": lower_case,
    "hyperscan, literals only": literals,
}


def ordinary(made: Made) -> Callable[[str], object]:
    """A careful pipeline of ordinary libraries, text by text: what Jaga would be without its own kernels."""
    automaton = ahocorasick.Automaton()
    for kind in made.lexicon.kinds:
        automaton.add_word(kind.key, kind.key)
    automaton.make_automaton()
    patterns = [re.compile(pattern) for pattern in made.patterns]
    vectorizer = HashingVectorizer(analyzer="char", ngram_range=(3, 5), n_features=1 << 18)
    weights = np.random.default_rng(_SEED).normal(size=1 << 18)

    def screen(text: str) -> object:
        folded = unicodedata.normalize("NFKD", text).casefold()
        folded = "".join(char for char in folded if unicodedata.category(char) not in ("Mn", "Me", "Cf"))
        found = [*automaton.iter(folded)]
        matched = [pattern for pattern in patterns if pattern.search(folded)]
        return found, matched, vectorizer.transform([folded]) @ weights

    return screen


def speed(call: Callable[[Part], object], parts: Sequence[Part]) -> float:
    """Millions of texts in a second of processor time: the median of `_PARTS` runs over one share each."""
    for part in parts[:2]:
        call(part)
    shares = np.array_split(np.arange(len(parts)), _PARTS)
    return median(_rate(call, [parts[number] for number in share]) for share in shares if len(share))


def _rate(call: Callable[[Part], object], parts: Sequence[Part]) -> float:
    began = time.process_time()
    for part in parts:
        call(part)
    return sum(map(len, (part.given.rows for part in parts))) / (time.process_time() - began) / _MILLION


def whole(made: Made) -> Callable[[Part], object]:
    """From one table to another."""
    built = engine(made)
    return lambda part: screen_table(part.given.rows, built)


def one_by_one(made: Made) -> Run:
    """Single texts, each as a table of its own, as live reports arrive."""
    built = engine(made)
    tables = [pa.table({"text": [text]}) for text in made.texts[:2000]]
    each(lambda number: screen_table(tables[number], built), 200)
    return each(lambda number: screen_table(tables[number % len(tables)], built), 10_000)


def pinned(core: int) -> None:
    os.sched_setaffinity(0, {core})


def _worker(core: int, options: tuple[Mix, int, int, int], ready: Any, rates: Any) -> None:
    """One of several processes: screens its texts for some seconds once all are ready."""
    pinned(core)
    made = Made.of(*options)
    call, parts = whole(made), made.parts
    speed(call, parts)
    ready.wait()
    texts, began = 0, time.perf_counter()
    while time.perf_counter() - began < _TOGETHER:
        for part in parts[:10]:
            call(part)
            texts += len(part.given.rows)
    rates.put(texts / (time.perf_counter() - began) / _MILLION)


def together(cores: Sequence[int], made: tuple[Mix, int, int, int]) -> float:
    """Millions of texts in a second of wall time, with one process on each of these cores."""
    context = multiprocessing.get_context("spawn")
    ready, rates = context.Barrier(len(cores)), context.Queue()
    workers = [context.Process(target=_worker, args=(core, made, ready, rates)) for core in cores]
    for worker in workers:
        worker.start()
    found = [rates.get() for _ in workers]
    for worker in workers:
        worker.join()
    return float(sum(found))


_PEAK = 'int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024'
_STARTED = """
import random, sys, time
sys.modules["scipy"] = None  # only the tests bring it, and numba would load it
began = time.perf_counter()
import pyarrow as pa
from jaga.screening.engine.engine import Engine, screen_table
from jaga.screening.engine.lexicon import Lexicon
loaded = time.perf_counter()
from bench.screening import made_texts, real_texts
entries = made_texts.lexicon(random.Random(1), {phrases})
made = time.perf_counter()
stage = Lexicon(entries, "made")
screen_table(pa.table({{"text": ["né"]}}), Engine(phrases=stage.phrases, stages=(stage,)))
print(loaded - began + time.perf_counter() - made, {peak})
"""


_RELEASE_STARTED = """
import sys, time
sys.modules["scipy"] = None
began = time.perf_counter()
from jaga.policy import load_release
from jaga.screening.engine.screen import screen_texts
screen_texts(["né, wa 0812-3456-7890"], load_release())
print(time.perf_counter() - began, {peak})
"""


def starts(script: str) -> list[tuple[float, float]]:
    """Seconds from starting a process to its first answer, with everything compiled in the cache, and its memory in
    MiB: five times, after one run that fills the cache, Python's own cache included.
    """
    with TemporaryDirectory() as folder:
        surroundings = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        runs = [
            subprocess.run(
                [sys.executable, "-c", script],
                check=True,
                capture_output=True,
                text=True,
                env={**surroundings, "PYTHONPYCACHEPREFIX": folder},
            )
            for _ in range(6)
        ]
    return [(float(seconds), float(size)) for seconds, size in (run.stdout.split() for run in runs[1:])]


def measure_mix(bench: Bench, mix: Mix, texts: int, phrases: int, rules: int) -> Made:
    """Measure each stage, all stages together and the yardsticks on one mix of texts."""
    made = Made.of(mix, texts, phrases, rules)
    size = sum(part.source.size for part in made.parts) / texts
    beyond = sum(not text.isascii() for text in made.texts) / texts
    print(f"{mix.name}: {texts} texts of {size:.1f} bytes, {beyond:.0%} beyond ASCII, {phrases} phrases", flush=True)
    yardsticks = {name: Yardstick(name, speed(make(made), made.parts)) for name, make in YARDSTICKS.items()}
    sha = yardsticks["sha256 of the same bytes"]
    for name, make in STAGES.items():
        bench.add(f"{mix.name}: {name}", speed(make(made), made.parts), "M/s", sha, texts)
    total = speed(whole(made), made.parts)
    for yardstick in (*yardsticks.values(), ordinary_speed(made)):
        bench.add(f"{mix.name}: whole", total, "M/s", yardstick, texts)
    return made


def ordinary_speed(made: Made) -> Yardstick:
    call, some = ordinary(made), made.texts[:2000]
    began = time.process_time()
    for text in some:
        call(text)
    return Yardstick("ordinary libraries", len(some) / (time.process_time() - began) / _MILLION)


def main() -> None:
    parser = options("How many texts a second one core screens.")
    parser.add_argument("--texts", type=int, default=1_000_000)
    parser.add_argument("--phrases", type=int, default=5000)
    parser.add_argument("--rules", type=int, default=200)
    parser.add_argument(
        "--texts-folder",
        type=Path,
        metavar="FOLDER",
        help="real texts: files *.jsonl or *.jsonl.gz, "
        "an object with `text` on each line (default: the release's own texts)",
    )
    parser.add_argument("--real", action="store_true", help="measure real texts only")
    arguments = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))
    pinned(cores[-1])
    with benchmark("screening", None, arguments.json) as bench:
        real_texts.measure(bench, arguments.texts_folder)
        if arguments.real:
            return
        made = measure_mix(bench, CALM, arguments.texts, arguments.phrases, arguments.rules)
        single = one_by_one(made)
        bench.add_times("one text", single, hashed(made), "sha256 of it", tail=True)
        measure_mix(bench, BUSY, arguments.texts // 4, arguments.phrases, arguments.rules)
        if len(cores) > 1:
            share = CALM, min(arguments.texts, 100_000), arguments.phrases, arguments.rules
            bench.add(
                "whole, on two cores",
                together(cores[:2], share),
                "M/s",
                Yardstick("on one", together(cores[-1:], share)),
                share[1],
            )
        bare = Yardstick("python -c pass", bare_start())
        for name, script in (
            ("start from the cache", _STARTED.format(phrases=arguments.phrases, peak=_PEAK)),
            ("start with the shipped release", _RELEASE_STARTED.format(peak=_PEAK)),
        ):
            begun = starts(script)
            bench.add(name, median(seconds for seconds, _ in begun), "s", bare, len(begun))
        bench.notes["memory"] = f"{median(size for _, size in begun):.0f} MiB in one process after its first text"
        print(f"  memory: {bench.notes['memory']}")


def hashed(made: Made) -> Run:
    return each(lambda number: hashlib.sha256(made.texts[number % 2000].encode()).digest(), 10_000)


def bare_start() -> float:
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
