"""What `jaga run` says at its end on a real installation."""

from typing import Any

import pytest
from click.testing import CliRunner
from tests.factories import make_world

from jaga.app.commands import run
from jaga.app.commands.people import admin
from jaga.core.terms.people import OrganisationKind
from jaga.people.models import Organisation


def test_an_empty_installation_is_told_how_to_make_the_first_administrator(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message has the complete command, with the settings of this start but without passwords."""
    monkeypatch.setenv("JAGA_HOME", "/srv/jaga home")
    monkeypatch.setenv("DATABASE_URL", "")
    last = run._way_on().splitlines()[-1]
    assert last.strip() == "PRACTICE=0 JAGA_HOME='/srv/jaga home' .venv/bin/jaga admin create NAME"
    monkeypatch.setenv("DATABASE_URL", "postgresql://jaga:invented-password@localhost/jaga")
    assert "invented-password" not in run._way_on()
    monkeypatch.delenv("JAGA_HOME")
    monkeypatch.delenv("DATABASE_URL")
    assert run._way_on().endswith("\n    PRACTICE=0 .venv/bin/jaga admin create NAME")


def test_an_authoritys_is_told_to_make_its_organisation_first(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """An authority's organisation must be created first; otherwise its first administrator would belong to an
    operator.
    """
    monkeypatch.setenv("JAGA_HOST", "authority")
    monkeypatch.delenv("JAGA_HOME", raising=False)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    organisation, create = run._way_on().splitlines()[-2:]
    assert organisation.split(".venv")[0].split() == ["PRACTICE=0", "JAGA_HOST=authority"]
    assert "admin organisation" in organisation
    assert "--kind ministry" in organisation
    assert create.endswith("jaga admin create NAME")


def test_an_authoritys_people_never_become_an_operators(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only an operator's installation creates the organisation of its first administrator automatically."""
    words = ["create", "ayu", "--name", "Ayu", "--organisation", "Kementerian", "--password-stdin"]
    given = "kunci-panjang-latihan"
    monkeypatch.setenv("JAGA_HOST", "authority")
    refused = CliRunner().invoke(admin, words, input=given)
    assert refused.exit_code == 1
    assert "--kind ministry" in refused.output
    assert not Organisation.objects.exists()
    monkeypatch.setenv("JAGA_HOST", "operator")
    assert CliRunner().invoke(admin, words, input=given).exit_code == 0
    assert Organisation.objects.get().kind == OrganisationKind.OPERATOR


def test_an_installation_with_people_is_not_called_empty(db: None, settings: Any) -> None:
    """With an existing person the message about an empty installation is not shown."""
    make_world()
    assert "admin create" not in run._way_on()
