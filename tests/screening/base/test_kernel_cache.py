"""Compiled kernels are kept for one version of the code only."""

import os
import subprocess
import sys
from pathlib import Path

from jaga.screening.base import kernel_cache


def test_another_state_has_another_folder(tmp_path: Path) -> None:
    """A change in any file counts, because kernels call each other across files."""
    (tmp_path / "one.py").write_text("1")
    (tmp_path / "two.py").write_text("2")
    before = kernel_cache.folder(tmp_path)
    assert kernel_cache.folder(tmp_path) == before
    (tmp_path / "two.py").write_text("3")
    kernel_cache._state_of.cache_clear()
    assert kernel_cache.folder(tmp_path) != before
    assert before.parent == tmp_path / "__pycache__"


def test_folders_of_older_states_go(tmp_path: Path) -> None:
    """Older folders are removed after a day, when a new one is made; the newest old one and other files stay, because
    they may be in use.
    """
    old, last, used, other, own = (
        tmp_path / name for name in ("kernels-old", "kernels-last", "kernels-used", "other", "kernels-own")
    )
    for age, folder in enumerate((old, last, used, other)):
        folder.mkdir()
        (folder / "one.nbc").write_text("1")
        os.utime(folder, (age, age))
    kernel_cache.take(used)
    assert old.exists()
    kernel_cache.take(own)
    assert {path.name for path in tmp_path.iterdir()} == {"kernels-used", "other"}
    os.utime(used, (0, 0))
    kernel_cache.take(own)
    assert used.exists()


def test_a_module_is_compiled_again_if_a_file_changes_that_it_imports(tmp_path: Path) -> None:
    """Directly or by another file, and in each way to write an import; not for the other files."""
    (tmp_path / "deep").mkdir()
    for name, content in {
        "one.py": "from jaga.screening import (\n    x,\n    two,\n)\n",
        "other.py": "1",
        "two.py": "def f():\n    from jaga.screening.deep.three import g as h\n",
        "deep/three.py": "import jaga.screening.four\n",
        "four.py": "4",
    }.items():
        (tmp_path / name).write_text(content)

    def name_of() -> str:
        kernel_cache._imports_of.cache_clear()
        return kernel_cache.module_folder(tmp_path / "one.py", tmp_path)

    before = name_of()
    (tmp_path / "other.py").write_text("2")
    assert name_of() == before
    seen = {before}
    for changed in ("one.py", "two.py", "deep/three.py", "four.py"):
        with (tmp_path / changed).open("a") as file:
            file.write("# changed\n")
        assert name_of() not in seen
        seen.add(name_of())


def test_a_new_version_takes_over_the_kernels_that_stay_the_same(tmp_path: Path) -> None:
    """The folder of another state has those of a module with the same content; numba is asked, with a small module."""
    code = tmp_path / "code"
    code.mkdir()
    (code / "__pycache__").mkdir()
    (code / "small.py").write_text("import numba\n@numba.njit(cache=True)\ndef twice(number):\n    return 2 * number\n")
    program = (
        "import os, sys; from pathlib import Path; from jaga.screening.base import kernel_cache\n"
        "code = kernel_cache.CODE = Path(sys.argv[1]); kernel_cache.module_folder.__defaults__ = (code, 'x')\n"
        "os.environ['NUMBA_CACHE_DIR'] = str(kernel_cache.folder(code)); sys.path.insert(0, str(code))\n"
        "import small; small.twice(1); print(sum(small.twice.stats.cache_hits.values()))\n"
    )
    environment = {**os.environ, kernel_cache.VARIABLE: "unused"}

    def hits() -> str:
        return subprocess.run(
            [sys.executable, "-c", program, code],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env=environment,
        ).stdout.strip()

    assert hits() == "0"
    (code / "another.py").write_text("1")
    assert hits() == "1"
    (code / "small.py").write_text((code / "small.py").read_text() + "# changed\n")
    assert hits() == "0"
    assert len(list((code / "__pycache__").glob(f"{kernel_cache.NAME}*"))) == 3


def test_numba_keeps_them_there() -> None:
    """numba reads the environment variable on import, which happens after any part of this package is imported."""
    code = "import jaga.screening.text.fold, numba, os; print(numba.config.CACHE_DIR)"
    environment = {name: value for name, value in os.environ.items() if name != kernel_cache.VARIABLE}
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120, env=environment
    )
    assert Path(result.stdout.strip()) == kernel_cache.folder(Path(kernel_cache.__file__).parents[1])
