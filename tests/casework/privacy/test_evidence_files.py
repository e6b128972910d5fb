"""Plain originals of an older version are encrypted; what was erased stands in no file any more."""

import hashlib
import os
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.casework.screening.test_pictures import shot
from tests.factories import World, in_review
from tests.originals import all_originals

from jaga.app.commands.evidence import evidence
from jaga.casework.people.organisations import claim_installation
from jaga.casework.privacy import evidence_files
from jaga.casework.privacy.erasure import carry_out_erasures, erase
from jaga.casework.privacy.evidence_files import encrypt_plain_files
from jaga.core.actors import CLI, SYSTEM
from jaga.core.terms.people import HostKind
from jaga.records import vault
from jaga.records.key_store.errors import Erased
from jaga.records.models import Evidence


@pytest.fixture(autouse=True)
def installed(db: None) -> None:
    claim_installation(HostKind.OPERATOR, practice=True, actor=CLI)


def plain(content: bytes, settings: Any) -> Path:
    """Store a content as older versions did."""
    sha256 = hashlib.sha256(content).hexdigest()
    path = Path(settings.JAGA_EVIDENCE) / sha256[:2] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def as_before(row: Evidence, settings: Any) -> Path:
    """Its original as an older version left it."""
    content = vault.unseal(row.sha256, row.key_owner())
    vault.erase(row.sha256, row.key_owner())
    return plain(content, settings)


def test_plain_originals_are_encrypted_for_each_owner(world: World, settings: Any, monkeypatch: pytest.MonkeyPatch,
                                                      ) -> None:
    """They can be read before and after; a killed run is ended by the next. What no row names is deleted once it is
    older than any backup; a damaged one stays for a copy from the backup. Nothing goes while the database is not ours.
    """
    for account in ("@mawar:localhost", "@melati:localhost"):
        in_review(account=account, screenshots=(shot(),))
    first, second = Evidence.objects.filter(kind="screenshot").order_by("pk")
    path = as_before(first, settings)
    vault.erase(second.sha256, second.key_owner())
    lost, new = plain(b"no row names it", settings), plain(b"nor this one", settings)
    os.utime(lost, times=(time.time() - 36 * 86_400,) * 2)
    assert vault.unseal(second.sha256, second.key_owner()) == shot().content
    with monkeypatch.context() as wrong:
        wrong.setattr(evidence_files, "is_put_back", lambda: True)
        assert encrypt_plain_files() == 0
    assert lost.exists()
    with monkeypatch.context() as killed:
        killed.setattr(Path, "unlink", lambda self, **_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            encrypt_plain_files()
    assert path.exists()
    encrypt_plain_files()
    assert not path.exists()
    assert (lost.exists(), new.exists()) == (False, True)
    assert not path.parent.exists()
    for row in (first, second):
        assert vault.unseal(row.sha256, row.key_owner()) == shot().content
        assert vault.path_of(row.sha256, row.key_owner()).exists()
    assert encrypt_plain_files() == 0
    damaged = as_before(first, settings)
    damaged.write_bytes(b"damaged")
    assert encrypt_plain_files() == 0
    assert damaged.exists()
    checked = CliRunner().invoke(evidence, ["check"])
    assert checked.exit_code == 1
    assert f"{vault.path_of(first.sha256, first.key_owner())} ({first.case.reference}" in checked.output
    assert "1 originals" in checked.output
    damaged.write_bytes(shot().content)
    assert CliRunner().invoke(evidence, ["check"]).output == "All originals are whole.\n"


def test_an_erased_report_leaves_no_byte_of_its_picture(own_store: Path, world: World, settings: Any, tmp_path: Path,
                                                        ) -> None:
    """Neither its bytes nor a part of them stand in any file of the home folder, also where an older version had left
    it plain; the case's other originals stay. Yesterday's folder, put back, opens it no more and loses it again.
    """
    case = in_review(screenshots=(shot(),))
    picture = Evidence.objects.get(kind="screenshot")
    report = picture.report
    assert report
    kept = vault.seal(b"the case's own", picture.case.key_owner())
    store, yesterday = Path(settings.JAGA_EVIDENCE), tmp_path.parent / f"{tmp_path.name}-yesterday"
    shutil.copytree(store, yesterday)
    as_before(picture, settings)
    chunk = shot().content[8:72]
    assert any(chunk in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    erase(reports=[report.pk], rule="request", actor=SYSTEM)
    assert carry_out_erasures() == 1
    encrypt_plain_files()
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
