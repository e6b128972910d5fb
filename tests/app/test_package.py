"""What `pip install` makes of the checkout: all that is needed is declared, and all that is needed is in it."""

import ast
import os
import re
import resource
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "jaga"
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
OPTIONAL = {"distributed"}
"""Imported where somebody has it: screening with Dask, which the benchmarks try."""
BROUGHT = {"asgiref": "django", "psycopg_pool": "psycopg[pool]", "pydantic_core": "pydantic", "llvmlite": "numba",
           "annotated_types": "pydantic", "httpcore": "httpx"}


def _imported(folder: Path) -> set[str]:
    """The first names of all modules that the files below the folder import."""
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.partition(".")[0])
    return names - {"jaga"} - sys.stdlib_module_names


def _declared(lines: Iterator[str] | list[str]) -> set[str]:
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines)
    return {name[0].lower().replace("_", "-") for name in names if name}


def test_every_package_that_the_code_imports_is_declared() -> None:
    """`pip install .` brings them; the one list is requirements/run.in."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert "dependencies" in told["project"]["dynamic"]
    assert told["tool"]["setuptools"]["dynamic"]["dependencies"] == {"file": ["requirements/run.in"]}
    declared = _declared((ROOT / "requirements/run.in").read_text().splitlines())
    known = packages_distributions()
    lacking = {name for name in _imported(SOURCE) - OPTIONAL - set(BROUGHT)
               if not {one.lower().replace("_", "-") for one in known.get(name, [name])} & declared}
    assert lacking == set()


def test_the_client_alone_declares_what_it_imports() -> None:
    """It holds `jaga.client` and `jaga.core`; whatever they import is of the standard library or declared."""
    told = tomllib.loads((ROOT / "clients/python/pyproject.toml").read_text())
    assert set(told["tool"]["setuptools"]["packages"]) == {"jaga", "jaga.client", "jaga.core"}
    assert _imported(SOURCE / "client") | _imported(SOURCE / "core") <= set(told["project"]["dependencies"])
    outside = {module for path in [*(SOURCE / "client").glob("*.py"), *(SOURCE / "core").glob("*.py")]
               for module in re.findall(r"^\s*(?:from|import) jaga\.(\w+)", path.read_text(), re.MULTILINE)}
    assert outside <= {"client", "core"}


def test_help_comes_at_once() -> None:
    """Half a second of processor time, on a machine that does other things meanwhile."""
    subprocess.run([sys.executable, "-m", "jaga.app.cli", "--help"], capture_output=True, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "jaga.app.cli", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def _built(project: Path, place: Path) -> Path:
    """The package's wheel, unpacked; built of a copy, so that nothing of it lies in the checkout."""
    done = subprocess.run([sys.executable, "-c", BUILD, str(place)], cwd=project, capture_output=True, text=True,
                          check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "installed")
    return place / "installed"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git would give, without what was built beside them."""
    place = tmp_path_factory.mktemp("copy") / "jaga"
    names = ["pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements", "src", "clients"]
    subprocess.run(["tar", "--exclude=__pycache__", "--exclude=*.egg-info", "--exclude=*.mo", "-cf",
                    str(place.with_suffix(".tar")), *names], cwd=ROOT, check=True)
    place.mkdir()
    subprocess.run(["tar", "-xf", str(place.with_suffix(".tar"))], cwd=place, check=True)
    return place


def test_the_package_holds_what_an_installation_needs(copy: Path, tmp_path: Path) -> None:
    """Every file of the source but Python's own leftovers; translations compiled; and it runs from there."""
    installed = _built(copy, tmp_path)
    wanted = {str(path.relative_to(copy / "src")) for path in (copy / "src" / "jaga").rglob("*") if path.is_file()}
    found = {str(path.relative_to(installed)) for path in (installed / "jaga").rglob("*") if path.is_file()}
    assert wanted - found == set()
    assert found - wanted == {"jaga/locale/id/LC_MESSAGES/django.mo"}
    (told,) = installed.glob("jaga-*.dist-info/METADATA")
    assert re.search(r"^Requires-Dist: django", told.read_text(), re.MULTILINE | re.IGNORECASE)
    # As installed: the checkout's own source is not on the path, and nothing is written beside the package.
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("JAGA_HOME", None)
    code = ("from jaga.app import config, translations; print(config.PACKAGE); print(config.home());"
            "print(translations.catalogue('id').is_file())")
    asked = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True,
                           check=True)
    assert asked.stdout.split() == [str(installed / "jaga"), str(tmp_path / "var" / "practice"), "True"]


def test_the_package_brings_no_invented_world(copy: Path, tmp_path: Path) -> None:
    """The command works without it; a practice is refused in words, before anything is started."""
    installed = _built(copy, tmp_path)
    assert not list(installed.rglob("*practice*.py"))
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1",
                   "JAGA_HOME": str(tmp_path / "home"), "PRACTICE": "1", "DATABASE_URL": ""}

    def jaga(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([sys.executable, "-m", "jaga.app.cli", *words], cwd=tmp_path, env=environment,
                              capture_output=True, text=True, check=False)

    told = jaga("--help")
    assert told.returncode == 0, told.stderr
    assert "practice" not in told.stdout
    refused = jaga("run")
    assert (refused.returncode, "no_practice_world" in refused.stderr) == (1, True), refused.stderr


def test_no_line_of_the_package_imports_the_invented_world() -> None:
    """One door finds it, by its folder."""
    naming = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if "jaga_practice" in path.read_text()}
    assert naming == {"app/world.py"}


def test_the_client_can_be_installed_alone(copy: Path, tmp_path: Path) -> None:
    """Its wheel has three packages, and they can be imported with nothing else of Jaga there."""
    installed = _built(copy / "clients" / "python", tmp_path)
    assert {path.name for path in (installed / "jaga").iterdir()} == {"__init__.py", "py.typed", "client", "core"}
    code = "from jaga.client import Jaga, read_news; import jaga.client; print(jaga.client.__file__)"
    asked = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False,
                           env={**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1"}, cwd=tmp_path)
    assert asked.stdout.startswith(str(installed)), asked.stderr
