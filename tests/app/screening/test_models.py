"""Trained models that are used for a file: their signals, and that the result does not depend on who screens."""

import hashlib
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from tests.app.screening.files import in_small_blocks, run, write_lines
from tests.casework.screening.test_model_registry import AD, LESSONS, TALK, second
from tests.factories import CATEGORY, World, make_world

from jaga.app.commands.screening import files as command
from jaga.app.commands.screening.lists import screening
from jaga.app.screening.blocks import Settings
from jaga.app.screening.page import packed_small
from jaga.app.screening.run import finished, screen_file
from jaga.app.screening.workers import BlockWorkers, InProcessWorker, Processes
from jaga.policy.release import load_release
from jaga.screening.engine.screen import screen_texts
from jaga.screening.models.classifier import BadModel, Model, unpacked
from jaga.screening.models.learning import examples_of, learn
from jaga.screening.text.signals import combined
from jaga.signals.verbs import model_registry, model_training
from jaga.signals.verbs.model_scores import likely_signals, with_signal
from jaga.store.vault import unseal

SAID = [f"halo semua, {AD}", TALK, "open bo " + AD, "0812-3456-7890", "ａｖａｉｌ ready include vip", ""] * 40


@pytest.fixture(scope="module")
def model() -> Model:
    return learn(examples_of(LESSONS), CATEGORY)


def own_settings(*models: Model, language: str | None = None) -> Settings:
    return Settings(load_release().hash, "text", "id", language, models=packed_small(one.packed() for one in models))


def result_of(path: Path, settings: Settings, workers_class: type[InProcessWorker] | None = None) -> bytes:
    result = path.with_name("result.parquet")

    def working() -> BlockWorkers:
        return InProcessWorker(settings) if workers_class is None else Processes(2, settings, path)

    screen_file(path, result, settings, working)
    return result.read_bytes()


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    in_small_blocks(monkeypatch, 4_000)
    return write_lines(tmp_path / "a.jsonl", SAID)


@pytest.fixture
def world(db: None, settings: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"  # type: ignore[attr-defined]
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)
    return make_world()


@pytest.mark.django_db
def test_a_file_is_told_what_triage_would_say(world: World, path: Path) -> None:
    """Texts get the same signal and sentence as in triage, under the model's category. A word that a stronger signal of
    that category also names counts once.
    """
    row = model_training.learn_from_decisions(CATEGORY, actor=second(world)).row
    model_registry.approve_model(row.pk, actor=world.supervisor)
    release, own = load_release(), unpacked(unseal(row.sha256, None))
    result_of(path, own_settings(own, language="en"))
    found = pq.read_table(path.with_name("result.parquet"))
    likely = likely_signals({(CATEGORY, text) for text in SAID}, release)
    alone = [
        with_signal(screened, likely.get((CATEGORY, text)))
        for text, screened in zip(SAID, screen_texts(SAID, release), strict=True)
    ]
    together = [combined((signal, False) for signal in one.signals) for one in alone]
    assert found["score"].to_pylist() == pytest.approx([one.score for one in together])
    assert sum(one.score < other.score for one, other in zip(together, alone, strict=True)) == 40
    assert found["victim_first"].to_pylist() == [one.victim_first for one in alone]
    reasons = [[signal.msgid % signal.params for signal in one.signals] for one in alone]
    assert [sorted(row) for row in found["reasons"].to_pylist()] == [sorted(row) for row in reasons]
    versions = {
        signal["version"] for row in found["signals"].to_pylist() for signal in row if signal["source"] == "model"
    }
    assert versions == {f"{CATEGORY}:{own.sha256[:16]}"}


def test_two_processes_say_the_same_as_one(path: Path, model: Model) -> None:
    """The result is the same bit for bit, and different without the model."""
    alone = result_of(path, own_settings(model))
    assert result_of(path, own_settings(model), InProcessWorker) == alone
    assert result_of(path, own_settings()) != alone


def test_what_names_a_result_names_its_models(path: Path, model: Model) -> None:
    """The result is identified by the hashes of its model files, regardless of their order and repetition."""
    settings, result = own_settings(model, model), path.with_name("result.parquet")
    result_of(path, settings)
    about = json.loads(result.with_name("result.parquet.json").read_text())["made_of"]
    assert about["models"] == [model.sha256] == [hashlib.sha256(model.packed()).hexdigest()]
    assert finished(path, result, own_settings(model))
    assert not finished(path, result, own_settings())


def test_a_file_that_is_no_model_is_refused(tmp_path: Path, path: Path) -> None:
    """A file that is not a model is refused before anything is screened."""
    with pytest.raises(BadModel):
        packed_small([b"no model"])
    bad = tmp_path / "a.model"
    bad.write_bytes(b"no model")
    done = run(path, "--model", bad)
    assert done.returncode == 2
    assert f"--model {bad}: this is no trained model" in done.stderr


def test_the_command_takes_a_model_of_a_file(path: Path, model: Model, tmp_path: Path) -> None:
    """`--model FILE` works without an installation, in a process of its own."""
    file, result = tmp_path / "a.model", tmp_path / "b.parquet"
    file.write_bytes(model.packed())
    done = run(path, "--model", file, "--out", result)
    assert done.returncode == 0, done.stderr
    assert {
        signal["version"]
        for row in pq.read_table(result)["signals"].to_pylist()
        for signal in row
        if signal["source"] == "model"
    } == {f"{CATEGORY}:{model.sha256[:16]}"}


@pytest.mark.django_db
def test_the_models_in_use_are_asked_where_the_installation_is(
    world: World, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--models` uses the models in use, not proposed ones. A saved model gives the same result elsewhere."""
    from contextlib import nullcontext

    monkeypatch.setattr("jaga.app.services.database.database", nullcontext)
    for module in ("screening.files", "screening.models"):
        monkeypatch.setattr(f"jaga.app.commands.{module}.open_records", lambda: None)
    row = model_training.learn_from_decisions(CATEGORY, actor=second(world)).row

    def screened(name: str, *options: str) -> bytes:
        result = tmp_path / name
        done = CliRunner().invoke(command.screen, [str(path), "--out", str(result), *options], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        assert ("No trained model is in use" in done.output) is (options == ("--models",) and not in_use)
        return result.read_bytes()

    in_use = False
    without = screened("a.parquet")
    assert screened("b.parquet", "--models") == without
    model_registry.approve_model(row.pk, actor=world.supervisor)
    in_use = True
    asked = screened("c.parquet", "--models")
    assert asked != without
    saved = tmp_path / "saved.model"
    done = CliRunner().invoke(screening, ["save-model", str(row.pk), str(saved)], catch_exceptions=False)
    assert done.exit_code == 0
    assert screened("d.parquet", "--model", str(saved)) == asked
