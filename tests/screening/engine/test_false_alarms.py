"""The false-alarm filter: what it may lower and what never, its file, and the shipped one."""

import base64
import json
import shutil
import zlib
from dataclasses import replace
from importlib.resources import as_file
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from jaga.app.commands.policy import policy
from jaga.policy import check_release, load_release
from jaga.policy.labelled_texts import LabelledText
from jaga.policy.release import read_release
from jaga.policy.shipped import shipped_folder
from jaga.screening.engine.false_alarms import FalseAlarmFilter, decoded, encoded, learnt_from
from jaga.screening.engine.proving import filter_faults
from jaga.screening.engine.ruled import screen_texts
from jaga.screening.models.classifier import BadModel, Classifier, block_of
from jaga.screening.models.grams import WINDOW

RELEASE = load_release()
OFFER, ASKED = "kamar siap malam ini, tarif per jam, minat japri", "ada yang tahu tarif kamar per jam untuk rapat warga"
TEXTS = [LabelledText(f"{number}", text + f" nomor {word}", "s", "r", category)
         for text, category in ((OFFER, "gambling"), (ASKED, None))
         for number, word in enumerate(("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh"))]
MODEL = learnt_from(TEXTS)


def lowered(texts: list[str], score: float, *, spared: bool = False, **bounds: float) -> tuple[list[float], list[bool]]:
    """What a filter that has learnt `TEXTS` makes of these texts with this score."""
    used = FalseAlarmFilter(MODEL, **{"flagged_from": 0.5, "below": 0.5, "up_to": 0.9} | bounds)  # type: ignore[arg-type]
    raw = [text.encode() for text in texts]
    scores, filtered = used.lowered(np.frombuffer(b"".join(raw), np.uint8),
                                    np.cumsum([0, *map(len, raw)], dtype=np.int64), np.full(len(texts), score),
                                    np.full(len(texts), spared))
    return scores.tolist(), filtered.tolist()


def test_a_flagged_text_that_reads_as_harmless_loses_its_flag_and_an_offer_keeps_it() -> None:
    """Its score stays above zero, in proportion to the probability."""
    (offer, asked), filtered = lowered([OFFER, ASKED], 0.7)
    assert filtered == [False, True]
    assert offer == 0.7
    assert 0 < asked < 0.5


@pytest.mark.parametrize(("score", "spared", "text"), [
    (0.49, False, ASKED), (0.9, False, ASKED), (0.7, True, ASKED), (0.7, False, "zzz"), (0.7, False, "")])
def test_what_it_never_lowers(score: float, spared: bool, text: str) -> None:
    """What is not flagged, has a high score, is victim-first or of a spared category, or says nothing that it knows."""
    assert lowered([text], score, spared=spared) == ([score], [False])


def test_harmless_words_behind_an_offer_do_not_dilute_it() -> None:
    """The model judges windows, and the worst one counts."""
    assert lowered([OFFER + " " * WINDOW + (ASKED + " ") * 30], 0.7)[1] == [False]


def test_its_file_gives_the_same_model_and_anything_else_is_refused() -> None:
    """Also what would unpack to more than a model can have."""
    text = encoded(MODEL)
    assert decoded(text).packed() == MODEL.packed()
    content = zlib.decompress(base64.b64decode(text))
    head, _, arrays = content.partition(b"\n")
    for bad in (b"", b"{}\n", head + b"\n" + arrays[:-1], b"[]\n" + arrays,
                head.replace(b"slope", b"slop") + b"\n" + arrays,
                json.dumps(json.loads(head) | {"slope": "nan"}).encode() + b"\n" + arrays,
                head + b"\n" + b"\xff" * len(arrays), content + b"\0" * (1 << 21)):
        with pytest.raises(BadModel):
            decoded(base64.b64encode(zlib.compress(bad)).decode())
    for bad_text in ("", "!", text[:-8], "AAAA"):
        with pytest.raises(BadModel):
            decoded(bad_text)


def test_the_same_texts_teach_the_same_model_in_any_order() -> None:
    """So that a reviewer of a release can learn it again."""
    assert learnt_from(TEXTS[::-1]).packed() == MODEL.packed()


def test_the_shipped_filter_was_learnt_from_the_shipped_texts() -> None:
    """Learnt again it judges them alike; the last bits depend on the processor."""
    texts = [one for file in read_release().texts for _, one in file.texts]
    block = block_of([one.text for one in texts[::7]])
    assert RELEASE.filter_model is not None
    shipped, again = (Classifier([model], 0.5).scores(block) for model in (decoded(RELEASE.filter_model),
                                                                            learnt_from(texts)))
    assert np.abs(shipped - again).max() < 0.01


def test_the_engine_says_what_was_filtered_and_leaves_the_signals_in_place() -> None:
    """Of the shipped texts it takes the flag from mistakes of the rules, never from a category that is spared."""
    texts = [one for file in read_release().texts for _, one in file.texts]
    alone = screen_texts([one.text for one in texts], RELEASE, filtered=False)
    both = screen_texts([one.text for one in texts], RELEASE)
    changed = [(one, rules, found) for one, rules, found in zip(texts, alone, both, strict=True) if rules != found]
    assert changed
    for _, rules, found in changed:
        assert (found.filtered, found.signals, found.victim_first) == (True, rules.signals, False)
        assert found.score < RELEASE.screening.flagged_from <= rules.score < RELEASE.screening.filter_up_to
        strongest = max(found.signals, key=lambda signal: signal.weight)
        assert strongest.category not in RELEASE.screening.filter_spares
    mistaken = sum(one.category is None for one, _, _ in changed)
    assert mistaken >= len(changed) / 2
    assert len(changed) - mistaken <= 0.01 * sum(one.category is not None for one in texts)


def test_a_release_without_the_file_has_no_filter() -> None:
    """Then the rules alone decide what is flagged."""
    assert not any(one.filtered for one in screen_texts([one.text for one in TEXTS], replace(RELEASE, filter_model=None,
                                                                                              hash="0" * 64)))


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The shipped release with few texts."""
    with as_file(shipped_folder()) as shipped:
        folder = Path(shutil.copytree(shipped, tmp_path / "release", ignore=shutil.ignore_patterns("texts")))
    (folder / "texts").mkdir()
    (folder / "texts" / "a.jsonl").write_text("".join(
        json.dumps({"id": f"a{at}", "style": "s", "region": "r", "text": one.text, "missed": True,
                    "category": one.category} if one.category else
                   {"id": f"a{at}", "style": "s", "region": "r", "text": one.text}) + "\n"
        for at, one in enumerate(TEXTS)))
    return folder


def test_a_filter_that_learnt_other_texts_or_cannot_be_read_is_a_fault(release: Path) -> None:
    """`jaga policy learn-filter` mends both."""
    file = release / "filter.yaml"
    (problem,) = check_release(release)
    assert (problem.file, problem.line) == ("filter.yaml", 2)
    assert "learn-filter" in problem.remedy
    done = CliRunner().invoke(policy, ["learn-filter", str(release)])
    assert done.exit_code == 0, done.output
    assert f"learnt from {len(TEXTS)} texts, 7 of them offences" in done.output
    assert check_release(release) == []
    assert list(filter_faults(load_release(release))) == []
    file.write_text(file.read_text().replace("model: ", "model: AAAA"))
    assert [one.file for one in filter_faults(load_release(release))] == ["filter.yaml"]


def test_too_few_texts_teach_nothing(release: Path) -> None:
    """Said in a sentence."""
    (release / "texts" / "a.jsonl").write_text("")
    done = CliRunner().invoke(policy, ["learn-filter", str(release)])
    assert (done.exit_code, "too few texts" in done.output) == (1, True)
