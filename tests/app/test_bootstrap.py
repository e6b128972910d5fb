"""`tools/bootstrap.py`: what it refuses, in one line with a remedy, and that a second call finds its stamp."""

import importlib.util
import json
import os
import shutil
import subprocess
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
def test_another_python_is_refused_with_its_version(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, version: tuple[int, int]
) -> None:
    """Too old and too new interpreters are refused with their version and what to install; ours is accepted."""
    bootstrap.check_python()
    monkeypatch.setattr(sys, "version_info", (*version, 1))
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Stop, match=r"3\.11 to 3\.13.*install Python"):
        bootstrap.check_python()


def test_a_missing_pip_is_refused_with_the_package(bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The refusal names the package that contains pip."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(bootstrap.Stop, match="python3-pip"):
        bootstrap.check_pip()


def test_a_nearly_full_disk_is_refused_before_anything_is_fetched(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The refusal says how much is free and how much is needed."""
    monkeypatch.setattr(shutil, "disk_usage", lambda path: _Usage(10**10, 10**10, 4 * 10**8))
    with pytest.raises(bootstrap.Stop, match=r"0\.4 GB.*1\.5 GB"):
        bootstrap.check_room()


def test_a_normal_user_is_told_the_command_for_missing_packages(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the right to install packages the exact command is printed; if nothing is missing, nothing is printed."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name, path=None: f"/usr/bin/{name}")
    monkeypatch.setattr(bootstrap, "GO_LIBRARY", CHECKOUT)
    bootstrap.system_packages()
    monkeypatch.setattr(bootstrap, "GO_LIBRARY", CHECKOUT / "missing")
    monkeypatch.setattr(shutil, "which", lambda name, path=None: "/usr/bin/apt-get" if name == "apt-get" else None)
    asked = (
        "sudo apt-get install -y --no-install-recommends chromium chromium-headless-shell bubblewrap ejabberd "
        "erlang-p1-pgsql prosody golang-go litetlog sigsum-go openssh-client snac2 golang-golang-x-mod-dev"
    )
    with pytest.raises(bootstrap.Stop, match=asked):
        bootstrap.system_packages()


def test_daemons_stay_off_while_packages_are_installed(bootstrap: ModuleType, tmp_path: Path) -> None:
    """The policy file exists only during the installation; an existing one is not changed."""
    policy = tmp_path / "policy-rc.d"
    bootstrap.quiet_services.policy = policy
    with bootstrap.quiet_services():
        assert os.access(policy, os.X_OK)
    assert not policy.exists()
    policy.write_text("theirs")
    with bootstrap.quiet_services():
        pass
    assert policy.read_text() == "theirs"


def test_a_stamp_holds_until_the_requirements_change(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An environment is ready as long as it was built from the present requirements; the tests' environment includes
    ours.
    """
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


def test_the_servers_of_the_at_protocol_name_what_they_need(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only they need Node.js and a compiler; if these are missing, the message says what to install."""
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(bootstrap, "GO_LIBRARY", CHECKOUT)
    missing = {"node", "g++"}
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None if name in missing else f"/usr/bin/{name}")
    bootstrap.system_packages()
    with pytest.raises(bootstrap.Stop, match=r"apt-get install -y --no-install-recommends nodejs g\+\+"):
        bootstrap.system_packages(atproto=True)
    with pytest.raises(bootstrap.Stop, match=r"need node; install Node\.js 20"):
        bootstrap.NodeEnvironment(".atproto", "tools/atproto").ready()


def test_the_stamp_of_the_at_protocols_servers_holds_until_their_lock_file_changes(
    bootstrap: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The stamp covers this lock file, this folder and this Node.js."""
    if shutil.which("node") is None:
        pytest.skip("needs Node.js")
    monkeypatch.setattr(bootstrap, "CHECKOUT", tmp_path)
    (tmp_path / "described").mkdir()
    for name in ("package.json", "package-lock.json"):
        (tmp_path / "described" / name).write_text("{}")
    built = bootstrap.NodeEnvironment(".atproto", "described")
    assert not built.ready()
    built.folder.mkdir()
    built.finish()
    assert built.ready()
    (tmp_path / "described" / "package-lock.json").write_text('{"changed": true}')
    assert not built.ready()


def test_the_lock_file_of_the_at_protocols_servers_names_no_registry_and_every_hash() -> None:
    """Any registry can serve the packages, and none can change them."""
    packages = json.loads((CHECKOUT / "tools" / "atproto" / "package-lock.json").read_text())["packages"]
    fetched = {name: package for name, package in packages.items() if name}
    assert len(fetched) > 100
    assert not [name for name, package in fetched.items() if "resolved" in package]
    assert not [name for name, package in fetched.items() if not package.get("integrity", "").startswith("sha512-")]


def test_the_command_of_a_checkout_knows_the_practice_world(bootstrap: ModuleType, tmp_path: Path) -> None:
    """It starts the practice world's entry, which an interpreter of this environment finds beside the package."""
    environment = bootstrap.Environment(".venv", "run")
    environment.folder = tmp_path
    purelib = tmp_path / "lib" / "python3.13" / "site-packages"
    purelib.mkdir(parents=True)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").write_text('#!/bin/sh\necho "$@"\n')
    (tmp_path / "bin" / "python").chmod(0o755)
    environment.put_jaga()
    folders = [Path(line) for line in (purelib / "jaga.pth").read_text().splitlines()]
    started = subprocess.run(
        [tmp_path / "bin" / "jaga", "run", "two words"], capture_output=True, text=True, check=True
    ).stdout
    module = started.removeprefix("-m ").removesuffix(" run two words\n")
    assert folders == [CHECKOUT / "src", CHECKOUT / "practice"]
    assert (folders[1] / f"{module.replace('.', '/')}.py").is_file()
    assert importlib.util.find_spec(module) is not None
