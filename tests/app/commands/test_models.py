"""`jaga screening train`, `models`, `approve` and the rest, as people type them."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from tests.casework.test_learnt import LESSONS
from tests.factories import CATEGORY, World, make_world

from jaga.app.commands.screening import screening
from jaga.casework import learning, learnt
from jaga.core.errors import NotPermitted
from jaga.core.terms import ModelState
from jaga.records.models import LearntModel


@pytest.fixture
def world(db: None, settings: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    settings.JAGA_EVIDENCE = tmp_path / "evidence"  # type: ignore[attr-defined]
    monkeypatch.setattr(learning, "lessons_of", lambda category: LESSONS)
    monkeypatch.setattr("jaga.app.commands.models.open_records", lambda: None)
    return make_world()


def run(*typed: str) -> str:
    done = CliRunner().invoke(screening, typed, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_model_is_learnt_shown_and_decided_on_by_name(world: World, tmp_path: Path) -> None:
    """The evaluation is printed; the curve is a picture with its table; another person puts it into use."""
    picture = tmp_path / "kurva.svg"
    said = run("train", CATEGORY, "--by", "wulan", "--picture", str(picture))
    assert "knowing nothing" in said
    assert "Calibration" in said
    assert ElementTree.parse(picture).getroot().tag.endswith("svg")
    assert picture.with_suffix(".csv").read_text().splitlines()[0] == "threshold,precision,recall"
    row = LearntModel.objects.get()
    assert f"{row.pk}: {CATEGORY}, proposed" in run("models")
    with pytest.raises(learnt.OwnModel):
        run("approve", str(row.pk), "--by", "wulan")
    with pytest.raises(NotPermitted):
        run("approve", str(row.pk), "--by", "sinta")
    assert CliRunner().invoke(screening, ["approve", str(row.pk)]).exit_code == 2
    assert "no person" in CliRunner().invoke(screening, ["approve", str(row.pk), "--by", "siapa"]).output


def test_from_the_shell_a_supervisor_decides_by_name(world: World, tmp_path: Path) -> None:
    """In use, out of use, and back."""
    run("train", CATEGORY, "--picture", str(tmp_path / "kurva.svg"))
    number = str(LearntModel.objects.get().pk)
    for step, state in ((("approve",), ModelState.APPROVED),
                        (("retire", "--reason", "Terlalu banyak salah sangka."), ModelState.RETIRED),
                        (("reinstate",), ModelState.APPROVED)):
        run(step[0], number, "--by", "wulan", *step[1:])
        assert LearntModel.objects.get().state == state


def test_an_empty_installation_says_that_it_works_without(world: World) -> None:
    """The product ships no model."""
    assert "No model was learnt yet" in run("models")
