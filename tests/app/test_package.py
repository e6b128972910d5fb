"""What `pip install` makes of the checkout: all dependencies are declared, and all files are included."""

import ast
import os
import re
import resource
import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from importlib.metadata import distribution, packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "jaga"
BUILD = "import sys; from setuptools import build_meta; print(build_meta.build_wheel(sys.argv[1]))"
OPTIONAL = {"distributed"}
"""Imported where somebody has it: screening with Dask, which the benchmarks try."""
BROUGHT = {
    "asgiref": "django",
    "psycopg_pool": "psycopg[pool]",
    "pydantic_core": "pydantic",
    "llvmlite": "numba",
    "annotated_types": "pydantic",
    "httpcore": "httpx",
}


def _imported(folder: Path) -> set[str]:
    """The top-level names of all modules that files in the folder import."""
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


def _requirements(name: str) -> set[str]:
    return _declared((ROOT / "requirements" / f"{name}.in").read_text().splitlines())


def _lacking(imported: set[str], declared: set[str]) -> set[str]:
    """The imported names whose distribution is not declared."""
    known = packages_distributions()
    return {
        name
        for name in imported - OPTIONAL - set(BROUGHT)
        if not {one.lower().replace("_", "-") for one in known.get(name, [name])} & declared
    }


def test_every_package_that_the_code_imports_is_declared() -> None:
    """`pip install '.[server]'` installs them; the only list is requirements/run.in. The base has no dependencies."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dependencies"] == []
    assert project["tool"]["setuptools"]["dynamic"]["optional-dependencies"] == {
        "server": {"file": ["requirements/run.in"]},
        "screening": {"file": ["requirements/screening.in"]},
        "client": {"file": ["requirements/client.in"]},
    }
    assert _lacking(_imported(SOURCE), _requirements("run")) == set()


@pytest.mark.parametrize(
    ("extra", "packages"), [("client", ("client", "core")), ("screening", ("screening", "policy", "core"))]
)
def test_a_part_of_jaga_declares_what_it_imports(extra: str, packages: tuple[str, ...]) -> None:
    """A part imports no other part, and otherwise only the standard library or its own extra."""
    imported = set[str]().union(*(_imported(SOURCE / package) for package in packages))
    not_needed = {"cryptography"} if extra == "screening" else set()  # for core.standard_webhooks, which signs
    assert _lacking(imported - not_needed, _requirements(extra)) == set()
    assert _requirements(extra) <= _requirements("run")
    outside = {
        module
        for package in packages
        for path in (SOURCE / package).rglob("*.py")
        for module in re.findall(r"^\s*(?:from|import) jaga\.(\w+)", path.read_text(), re.MULTILINE)
    }
    assert outside <= set(packages)


def test_help_comes_at_once() -> None:
    """At most half a second of processor time, on a busy machine."""
    subprocess.run([sys.executable, "-m", "jaga.app.cli", "--help"], capture_output=True, check=True)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-m", "jaga.app.cli", "--help"], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 0.5


def _built(project: Path, place: Path) -> Path:
    """The unpacked wheel, built from a copy so that nothing is left in the checkout."""
    done = subprocess.run(
        [sys.executable, "-c", BUILD, str(place)], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (wheel,) = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(place / "installed")
    return place / "installed"


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that git tracks, without build results."""
    place = tmp_path_factory.mktemp("copy") / "jaga"
    names = ["pyproject.toml", "setup.py", "README.md", "LICENSE", "requirements", "src"]
    subprocess.run(
        [
            "tar",
            "--exclude=__pycache__",
            "--exclude=*.egg-info",
            "--exclude=*.mo",
            "-cf",
            str(place.with_suffix(".tar")),
            *names,
        ],
        cwd=ROOT,
        check=True,
    )
    place.mkdir()
    subprocess.run(["tar", "-xf", str(place.with_suffix(".tar"))], cwd=place, check=True)
    return place


def test_the_package_holds_what_an_installation_needs(copy: Path, tmp_path: Path) -> None:
    """All source files except Python's caches, with compiled translations; and it runs from there."""
    installed = _built(copy, tmp_path)
    wanted = {str(path.relative_to(copy / "src")) for path in (copy / "src" / "jaga").rglob("*") if path.is_file()}
    found = {str(path.relative_to(installed)) for path in (installed / "jaga").rglob("*") if path.is_file()}
    assert wanted - found == set()
    assert found - wanted == {"jaga/locale/id/LC_MESSAGES/django.mo"}
    (metadata,) = installed.glob("jaga-*.dist-info/METADATA")
    assert re.search(
        r'^Requires-Dist: django\S* ?; extra == "server"', metadata.read_text(), re.MULTILINE | re.IGNORECASE
    )
    assert "; extra ==" in metadata.read_text()
    assert not re.findall(r"^Requires-Dist: [^;]*$", metadata.read_text(), re.MULTILINE), "the base needs nothing"
    # As installed: the checkout's own source is not on the path, and nothing is written beside the package.
    environment = {**os.environ, "PYTHONPATH": str(installed), "PYTHONSAFEPATH": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("JAGA_HOME", None)
    code = (
        "from jaga.app import config, translations; print(config.PACKAGE); print(config.home());"
        "print(translations.catalogue('id').is_file())"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == [str(installed / "jaga"), str(tmp_path / "var" / "practice"), "True"]


def test_the_package_brings_no_invented_world(copy: Path, tmp_path: Path) -> None:
    """The command works without the practice world; a practice is refused with an explanation before anything
    starts.
    """
    installed = _built(copy, tmp_path)
    assert not list(installed.rglob("*practice*.py"))
    environment = {
        **os.environ,
        "PYTHONPATH": str(installed),
        "PYTHONSAFEPATH": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "JAGA_HOME": str(tmp_path / "home"),
        "PRACTICE": "1",
        "DATABASE_URL": "",
    }

    def jaga(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "jaga.app.cli", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    result = jaga("--help")
    assert result.returncode == 0, result.stderr
    assert "practice" not in result.stdout
    refused = jaga("run")
    assert (refused.returncode, "no_practice_world" in refused.stderr) == (1, True), refused.stderr


def test_no_line_of_the_package_imports_the_invented_world() -> None:
    """The practice world imports the package, never the other way round, not even by its name in a string."""
    naming = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if "jaga_practice" in path.read_text()}
    assert naming == set()


@pytest.fixture(scope="module")
def wheel(copy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Jaga's wheel, built from the copy."""
    place = tmp_path_factory.mktemp("wheel")
    _built(copy, place)
    (found,) = place.glob("*.whl")
    return found


def _with_dependencies(names: set[str]) -> set[str]:
    """These distributions and all their installed dependencies."""
    todo, done = list(names), set[str]()
    while todo:
        name = canonicalize_name(todo.pop())
        if name in done:
            continue
        done.add(name)
        needed = map(Requirement, distribution(name).requires or ())
        todo += [one.name for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return done


def _environment(place: Path, wheel: Path, extra: str) -> Path:
    """The interpreter of a new environment with this part of the wheel and only its declared packages.

    The packages are links to those of this environment; `uv` fails if a required one is missing.
    """
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", "--offline", "--python", sys.executable, place], check=True)
    (packages,) = (place / "lib").glob("python3.*/site-packages")
    for name in _with_dependencies(_requirements(extra)):
        installed = distribution(name)
        for top in {file.parts[0] for file in installed.files or () if file.parts[0] not in ("..", "__pycache__")}:
            source = Path(str(installed.locate_file(top)))
            if source.suffix == ".dist-info":  # uv reads no links here
                shutil.copytree(source, packages / top)
            else:
                (packages / top).symlink_to(source)
    python = place / "bin" / "python"
    subprocess.run(
        [
            uv,
            "pip",
            "install",
            "-q",
            "--offline",
            "--no-index",
            "--python",
            python,
            f"jaga[{extra}] @ {wheel.as_uri()}",
        ],
        check=True,
    )
    return python


def _asked(python: Path, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The output of that interpreter. The checkout is not on its path unless the environment says so."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "NUMBA_CACHE_DIR")}
    return subprocess.run(
        [python, *words],
        env={**kept, "PYTHONSAFEPATH": "1", **environment},
        cwd=python.parent,
        capture_output=True,
        text=True,
        check=False,
    )


DJANGO_IS_ABSENT = "import importlib.util as u; assert not any(map(u.find_spec, ('django', 'psycopg', 'click')));"


def test_the_client_can_be_installed_alone(wheel: Path, tmp_path: Path) -> None:
    """With the extra `client` nothing of the server is installed or needed."""
    python = _environment(tmp_path / "client", wheel, "client")
    result = _asked(python, "-c", f"{DJANGO_IS_ABSENT} import jaga.client; print(jaga.client.__file__)")
    assert result.stdout.startswith(str(tmp_path)), result.stderr


def test_screening_can_be_installed_without_django(wheel: Path, tmp_path: Path) -> None:
    """With the extra `screening` other systems can screen texts, without Django, database or command."""
    python = _environment(tmp_path / "screening", wheel, "screening")
    # By the readable definition, which needs no kernels: to compile them for a new place takes minutes.
    code = (
        f"{DJANGO_IS_ABSENT}"
        "from jaga.screening.api import ScreeningResult, Screener; import jaga.screening.api as api;"
        "from jaga.policy import load_release; from jaga.screening.engine.screen import reference;"
        "print(api.__file__); print(reference(['0pen b.o jogja'], load_release())[0].signals[0].category);"
        "print(ScreeningResult(0.0, None, False, (), (), ('nul',)).explain_errors('id')[0])"
    )
    result = _asked(python, "-c", code)
    place, category, sentence = [*result.stdout.splitlines(), "", "", result.stderr][:3]
    assert place.startswith(str(tmp_path)), result.stderr
    assert category == "prostitution_advertising"
    assert sentence.startswith("Teks"), sentence
    # The same interpreter and packages, but with the checkout's modules: their kernels are compiled for other tests.
    page = (ROOT / "docs" / "screening-library.md").read_text()
    example = ROOT / "examples" / "screen_texts.py"
    result = _asked(python, str(example), PYTHONPATH=str(ROOT / "src"))
    assert result.returncode == 0, result.stderr
    assert f"```text\n{result.stdout}```" in page
    assert f"```python\n{example.read_text().partition(chr(10) * 2)[2]}```" in page
    refused = subprocess.run([python.with_name("jaga"), "--help"], capture_output=True, text=True, check=False)
    assert (refused.returncode, "pip install '.[server]'" in refused.stderr) == (1, True), refused.stderr
