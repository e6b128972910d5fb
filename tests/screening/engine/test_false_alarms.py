"""The false-alarm filter: what it may lower, what it confirms and what never, its file, and the shipped one."""

import base64
import json
import shutil
import zlib
from dataclasses import replace
from functools import cache
from importlib.resources import as_file
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from jaga.app.commands.policy import policy
from jaga.policy.letters import LabelledText
from jaga.policy.release import check_release, load_release, read_release, shipped_folder
from jaga.screening.engine.false_alarms import FalseAlarmFilter, decoded, encoded, learnt_from
from jaga.screening.engine.proving import filter_faults, prove_texts
from jaga.screening.engine.screen import screen_texts
from jaga.screening.models.classifier import BadModel, Classifier, block_of
from jaga.screening.models.grams import WINDOW
from jaga.screening.rules.sentences import NEARLY

RELEASE = load_release()
OFFER, ASKED = "kamar siap malam ini, tarif per jam, minat japri", "ada yang tahu tarif kamar per jam untuk rapat warga"
RULES = {rule.key for rule in RELEASE.screening_rules if rule.nearly is not None}
TEXTS = [
    LabelledText(f"{number}", text + f" nomor {word}", "s", "r", category)
    for text, category in ((OFFER, "gambling"), (ASKED, None))
    for number, word in enumerate(("satu", "dua", "tiga", "empat", "lima", "enam", "tujuh"))
]


@cache
def models() -> tuple[Classifier, ...]:
    """What a filter learns from `TEXTS`. It is learnt by the first test, since every process of the tests imports
    this.
    """
    return tuple(learnt_from(TEXTS))


def lowered(texts: list[str], score: float, *, spared: bool = False, **bounds: float) -> tuple[list[float], list[bool]]:
    """What a filter that has learnt `TEXTS` makes of these texts with this score."""
    used = FalseAlarmFilter(models(), **{"flagged_from": 0.5, "below": 0.5, "up_to": 0.9} | bounds)  # type: ignore[arg-type]
    raw = [text.encode() for text in texts]
    scores, filtered = used.lowered(
        np.frombuffer(b"".join(raw), np.uint8),
        np.cumsum([0, *map(len, raw)], dtype=np.int64),
        np.full(len(texts), score),
        np.full(len(texts), spared),
    )
    return scores.tolist(), filtered.tolist()


def test_a_flagged_text_that_reads_as_harmless_loses_its_flag_and_an_offer_keeps_it() -> None:
    """Its score stays above zero, in proportion to the probability."""
    (offer, asked), filtered = lowered([OFFER, ASKED], 0.7)
    assert filtered == [False, True]
    assert offer == 0.7
    assert 0 < asked < 0.5


@pytest.mark.parametrize(
    ("score", "spared", "text"),
    [(0.49, False, ASKED), (0.9, False, ASKED), (0.7, True, ASKED), (0.7, False, "zzz"), (0.7, False, "")],
)
def test_what_it_never_lowers(score: float, spared: bool, text: str) -> None:
    """What is not flagged, has a high score, is victim-first or of a spared category, or says nothing that it knows."""
    assert lowered([text], score, spared=spared) == ([score], [False])


def test_harmless_words_behind_an_offer_do_not_dilute_it() -> None:
    """The model judges windows, and the worst one counts."""
    assert lowered([OFFER + " " * WINDOW + (ASKED + " ") * 30], 0.7)[1] == [False]


def test_its_file_gives_the_same_model_and_anything_else_is_refused() -> None:
    """Also what would unpack to more than a model can have."""
    text = encoded(models())
    assert [one.packed() for one in decoded(text)] == [one.packed() for one in models()]
    assert [one.category for one in models()] == ["offence", "gambling"]
    content = zlib.decompress(base64.b64decode(text))
    head, _, arrays = content.partition(b"\n")
    for bad in (
        b"",
        b"{}\n",
        head + b"\n" + arrays[:-1],
        b"[]\n" + arrays,
        head.replace(b"slope", b"slop") + b"\n" + arrays,
        json.dumps(json.loads(head) | {"models": []}).encode() + b"\n" + arrays,
        json.dumps(json.loads(head) | {"models": [{"category": "x", "intercept": "nan", "slope": "1"}] * 2}).encode()
        + b"\n"
        + arrays,
        head + b"\n" + b"\xff" * len(arrays),
        content + b"\0" * (1 << 22),
    ):
        with pytest.raises(BadModel):
            decoded(base64.b64encode(zlib.compress(bad)).decode())
    for bad_text in ("", "!", text[:-8], "AAAA"):
        with pytest.raises(BadModel):
            decoded(bad_text)


def test_the_same_texts_teach_the_same_model_in_any_order() -> None:
    """So that a reviewer of a release can learn it again."""
    assert [one.packed() for one in learnt_from(TEXTS[::-1])] == [one.packed() for one in models()]


def test_the_shipped_filter_knows_the_shipped_texts_and_every_category_of_them() -> None:
    """`jaga policy check` holds its texts' hash against the folder; here, that it judges most of them as they say."""
    texts = [one for file in read_release().texts for _, one in file.texts][::29]
    assert RELEASE.filter_model is not None
    models = decoded(RELEASE.filter_model)
    assert [one.category for one in models] == ["offence", *sorted({one.category for one in texts if one.category})]
    odds = Classifier(models, 0.5).log_odds(block_of([one.text for one in texts]))
    both = odds[:, 0] + odds[:, 1:].max(axis=1)
    assert np.mean((both > 0) == np.array([one.category is not None for one in texts])) > 0.9


def test_the_engine_says_what_was_filtered_and_leaves_the_signals_in_place() -> None:
    """Of the shipped texts it takes the flag from mistakes of the rules, never from a category that is spared.

    It flags what nearly fulfils a rule, with the words and a sentence that says so.
    """
    texts = [one for file in read_release().texts for _, one in file.texts if one.mistaken or one.missed]
    alone = screen_texts([one.text for one in texts], RELEASE, filtered=False)
    both = screen_texts([one.text for one in texts], RELEASE)
    changed = [(one, rules, found) for one, rules, found in zip(texts, alone, both, strict=True) if rules != found]
    lowered = [(one, rules, found) for one, rules, found in changed if found.filtered]
    raised = [(one, rules, found) for one, rules, found in changed if not found.filtered]
    assert lowered
    for one, rules, found in lowered:
        assert (one.category, found.signals, found.victim_first) == (None, rules.signals, False)
        assert found.score < RELEASE.screening.flagged_from <= rules.score < RELEASE.screening.filter_up_to
        assert max(found.signals, key=lambda signal: signal.weight).category not in RELEASE.screening.filter_spares
    assert len(raised) > len(texts) / 10
    for one, rules, found in raised:
        assert one.category is not None
        assert rules.score < RELEASE.screening.flagged_from <= found.score
        (added, *_) = [signal for signal in found.signals if signal not in rules.signals]
        assert (added.msgid, added.params["rule"] in RULES, bool(added.params["found"])) == (NEARLY, True, True)


def test_a_policy_value_ends_what_it_confirms() -> None:
    """`nearly_from: 1` flags nothing that the rules do not flag."""
    missed = [one.text for file in read_release().texts for _, one in file.texts if one.missed]
    never = replace(RELEASE, screening=replace(RELEASE.screening, nearly_from=1.0), hash="1" * 64)
    assert not [one for one in screen_texts(missed, never) if one.score >= RELEASE.screening.flagged_from]


def test_a_release_without_the_file_has_no_filter() -> None:
    """Then the rules alone decide what is flagged."""
    assert not any(
        one.filtered
        for one in screen_texts([one.text for one in TEXTS], replace(RELEASE, filter_model=None, hash="0" * 64))
    )


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """The shipped release with few texts."""
    with as_file(shipped_folder()) as shipped:
        folder = Path(shutil.copytree(shipped, tmp_path / "release", ignore=shutil.ignore_patterns("texts")))
    (folder / "texts").mkdir()
    (folder / "texts" / "a.jsonl").write_text(
        "".join(
            json.dumps(
                {
                    "id": f"a{at}",
                    "style": "s",
                    "region": "r",
                    "text": one.text,
                    "missed": True,
                    "category": one.category,
                }
                if one.category
                else {"id": f"a{at}", "style": "s", "region": "r", "text": one.text}
            )
            + "\n"
            for at, one in enumerate(TEXTS)
        )
    )
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


def test_the_check_refuses_a_harmless_text_that_the_filter_flags(release: Path) -> None:
    """Here with a rule that one word nearly fulfils, and a text with the words of the offences."""
    rules, screening, texts = (release / name for name in ("rules/gambling.yaml", "screening.yaml", "texts/a.jsonl"))
    harmless = {"id": "h", "style": "s", "region": "r", "text": "siap malam ini, minat japri, nomor togel enam"}
    texts.write_text(texts.read_text() + json.dumps(harmless) + "\n")
    rules.write_text(rules.read_text().replace("nearly: 13", "nearly: 2"))
    screening.write_text(screening.read_text().replace("nearly_from: 0.72", "nearly_from: 0.5"))
    CliRunner().invoke(policy, ["learn-filter", str(release)])
    found = [one for one in prove_texts(release) if "nearly fulfils a rule" in one.what]
    assert [(one.file, one.line) for one in found] == [("texts/a.jsonl", 15)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("nearly: 13", "nearly: 18", "lower than their `least`"),
        ("weight: 0.5\n    nearly", "weight: 0.4\n    nearly", "flags nothing"),
    ],
)
def test_what_nearly_needs(release: Path, old: str, new: str, said: str) -> None:
    """Fewer points than the rule's, and a weight that flags."""
    file = release / "rules" / "gambling.yaml"
    file.write_text(file.read_text().replace(old, new))
    assert said in " ".join(one.what for one in check_release(release) if one.file == "rules/gambling.yaml")


def test_too_few_texts_teach_nothing(release: Path) -> None:
    """Said in a sentence."""
    (release / "texts" / "a.jsonl").write_text("")
    done = CliRunner().invoke(policy, ["learn-filter", str(release)])
    assert (done.exit_code, "too few texts" in done.output) == (1, True)
