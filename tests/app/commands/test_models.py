"""`jaga screening train`, `models` and related commands, as people type them."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from tests.casework.screening.test_model_correction import LATER, cohort
from tests.casework.screening.test_model_registry import LESSONS, second
from tests.factories import CATEGORY, World, make_world

from jaga.app.commands.screening.lists import screening
from jaga.core.errors import NotPermitted
from jaga.core.terms.reports import ModelState
from jaga.signals.models import LearntModel
from jaga.signals.verbs import model_correction, model_training
from jaga.signals.verbs.model_registry import approve_model


@pytest.fixture
def world(db: None, settings: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"  # type: ignore[attr-defined]
    monkeypatch.setattr(model_training, "lessons_of", lambda category: LESSONS)
    monkeypatch.setattr("jaga.app.commands.screening.models.open_records", lambda: None)
    return make_world()


def run(*typed: str) -> str:
    done = CliRunner().invoke(screening, typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_model_is_learnt_shown_and_decided_on_by_name(world: World, tmp_path: Path) -> None:
    """The evaluation is printed; the curve is a picture with its table; another person puts it into use."""
    picture = tmp_path / "kurva.svg"
    output = run("train", CATEGORY, "--by", "wulan", "--picture", str(picture))
    assert "no model" in output
    assert "Calibration" in output
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    assert picture.with_suffix(".csv").read_text().splitlines()[0] == "threshold,precision,recall"
    row = LearntModel.objects.get()
    assert f"{row.pk}: {CATEGORY}, proposed" in run("models")


def test_a_typed_name_takes_a_model_out_and_never_puts_one_in(world: World, tmp_path: Path) -> None:
    """Putting a model into use needs a signed-in person. Taking it out of use needs a reason and takes effect at
    once.
    """
    assert CliRunner().invoke(screening, ["train", CATEGORY]).exit_code == 2
    assert "no person" in CliRunner().invoke(screening, ["train", CATEGORY, "--by", "siapa"]).output
    run("train", CATEGORY, "--by", "wulan", "--picture", str(tmp_path / "kurva.svg"))
    number = str(LearntModel.objects.get().pk)
    assert CliRunner().invoke(screening, ["approve", number]).exit_code == 2
    with pytest.raises(NotPermitted):
        run("reject", number, "--by", "sinta", "--reason", "Terlalu banyak salah sangka.")
    run("reject", number, "--by", "wulan", "--reason", "Terlalu banyak salah sangka.")
    assert LearntModel.objects.get().state == ModelState.REJECTED


def test_a_correction_is_said_and_proposed_by_name(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the measures of both, the intervals and the two numbers; a second time there is nothing to correct."""
    monkeypatch.setattr(model_correction, "cohort_of", lambda category, after: cohort(*LATER))
    with pytest.raises(model_correction.NoModelInUse):
        run("correct", CATEGORY, "--by", "wulan")
    run("train", CATEGORY, "--by", "wulan", "--picture", str(tmp_path / "kurva.svg"))
    approve_model(LearntModel.objects.get().pk, actor=second(world))
    said = run("correct", CATEGORY, "--by", "wulan")
    assert "By 200 cases that came since the training" in said
    assert "95 % intervals: Brier 0." in said
    row = LearntModel.objects.latest("pk")
    assert f"Proposed as model {row.pk}" in said
    approve_model(row.pk, actor=second(world))
    assert "nothing is corrected" in run("correct", CATEGORY, "--by", "wulan")


def test_an_empty_installation_says_that_it_works_without(world: World) -> None:
    """The product ships no model, and the command says that it works without."""
    assert "No model was learnt yet" in run("models")
