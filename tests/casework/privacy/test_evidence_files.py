"""Originals that cannot be read are named; what was erased stands in no file any more."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.casework.screening.test_pictures import shot
from tests.factories import World, in_review
from tests.originals import all_originals

from jaga.app.commands.evidence import evidence
from jaga.cases.models.reports import Evidence
from jaga.core.actors import CLI, SYSTEM
from jaga.core.terms.people import HostKind
from jaga.people.verbs.people import claim_installation
from jaga.privacy.verbs.erasure import carry_out_erasures, erase
from jaga.store import vault
from jaga.store.key_store.tree import Erased


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)


def test_a_damaged_original_is_named(world: World) -> None:
    """With the place of its file and the case; with the right bytes again all are whole."""
    in_review(screenshots=(shot(),))
    row = Evidence.objects.get(kind="screenshot")
    path = vault.path_of(row.sha256, row.key_owner())
    whole = path.read_bytes()
    path.chmod(0o600)
    for damaged in (b"damaged", None):
        path.write_bytes(damaged) if damaged else path.unlink()
        checked = CliRunner().invoke(evidence, ["check"])
        assert checked.exit_code == 1
        assert f"{path} ({row.case.reference}" in checked.output
        assert "1 originals" in checked.output
    path.write_bytes(whole)
    assert CliRunner().invoke(evidence, ["check"]).output == "All originals are whole.\n"


def test_an_erased_report_leaves_no_byte_of_its_picture(
    own_store: Path,
    world: World,
    settings: Any,
    tmp_path: Path,
) -> None:
    """Neither its bytes nor a part of them stand in any file of the home folder; the case's other originals stay.
    Yesterday's folder, put back, opens it no more and loses it again.
    """
    case = in_review(screenshots=(shot(),))
    picture = Evidence.objects.get(kind="screenshot")
    report = picture.report
    assert report
    kept = vault.seal(b"the case's own", picture.case.key_owner())
    store, yesterday = Path(settings.JAGA_EVIDENCE), tmp_path.parent / f"{tmp_path.name}-yesterday"
    shutil.copytree(store, yesterday)
    chunk = shot().content[8:72]
    erase(reports=[report.pk], rule="request", actor=SYSTEM)
    assert carry_out_erasures() == 1
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(chunk in path.read_bytes() or picture.sha256[:12] in path.name for path in files)
    with pytest.raises(Erased):
        vault.unseal(picture.sha256, picture.key_owner())
    assert (vault.unseal(kept, picture.case.key_owner()), picture.case_id) == (b"the case's own", case)
    assert shot().content not in all_originals()
    shutil.rmtree(store)
    shutil.copytree(yesterday, store)
    with pytest.raises(Erased):
        vault.unseal(picture.sha256, picture.key_owner())
    assert vault.sweep_erased() >= 1
    assert shot().content not in all_originals()
