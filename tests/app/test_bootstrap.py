"""`tools/bootstrap.py`: what it refuses, in one line with a remedy, and that a second call finds its stamp."""

import importlib.util
import os
import shutil
import sys
from collections import namedtuple
from pathlib import Path
from types import ModuleType

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
_Usage = namedtuple("_Usage", "total used free")


@pytest.fixture
def bootstrap() -> ModuleType:
    spec = importlib.util.spec_from_file_location("bootstrap", CHECKOUT / "tools" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused_with_its_version(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch,
                                                    version: tuple[int, int]) -> None:
    """Too old and too new interpreters are named, with what to install; ours is accepted."""
    bootstrap.check_python()
    monkeypatch.setattr(sys, "version_info", (*version, 1))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Stop, match=r"3\.11 to 3\.13.*install Python"):
        bootstrap.check_python()


def test_a_missing_pip_is_refused_with_the_package(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pip the person is told which package brings it."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.Stop, match="python3-pip"):
        bootstrap.check_pip()


def test_a_nearly_full_disk_is_refused_before_anything_is_fetched(bootstrap: ModuleType,
                                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal says how much is free and how much is needed."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(10**10, 10**10, 4 * 10**8))
    with pytest.raises(bootstrap.Stop, match=r"0\.4 GB.*1\.5 GB"):
        bootstrap.check_room()


def test_a_normal_user_is_told_the_command_for_missing_packages(bootstrap: ModuleType,
                                                                monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may not install packages gets the exact command; with everything there, nothing is said."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    bootstrap.system_packages()
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/usr/bin/apt-get" if name == "apt-get" else None)
    with pytest.raises(bootstrap.Stop, match="sudo apt-get install -y --no-install-recommends chromium prosody"):
        bootstrap.system_packages()


def test_daemons_stay_off_while_packages_are_installed(bootstrap: ModuleType, tmp_path: Path) -> None:
    """The policy file exists during the installation only; an existing one is left as it is."""
    policy = tmp_path / "policy-rc.d"
    bootstrap.quiet_services.policy = policy
    with bootstrap.quiet_services():
        assert os.access(policy, os.X_OK)
    assert not policy.exists()
    policy.write_text("theirs")
    with bootstrap.quiet_services():
        pass
    assert policy.read_text() == "theirs"


def test_a_stamp_holds_until_the_requirements_change(bootstrap: ModuleType, tmp_path: Path,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment is ready while its requirements are the ones that it was built from; the tests' include ours."""
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    (tmp_path / "requirements").mkdir()
    for name in ("run", "test"):
        (tmp_path / "requirements" / f"{name}.txt").write_text(f"{name}==1\n")
    built = bootstrap.Environment(".venv", "test")
    assert not built.ready()
    (built.folder / "bin").mkdir(parents=True)
    built.python.touch()
    built.stamp.write_text(built.key("test"))
    assert built.ready()
    assert bootstrap.Environment(".venv", "run", ("test",)).ready()
    assert not bootstrap.Environment(".venv", "run").ready()
    (tmp_path / "requirements" / "test.txt").write_text("test==2\n")
    assert not built.ready()
