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
    old, last, used, other, own = (tmp_path / name for name in (
        "kernels-old", "kernels-last", "kernels-used", "other", "kernels-own"))
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


def test_numba_keeps_them_there() -> None:
    """numba reads the environment variable on import, which happens after any part of this package is imported."""
    code = "import jaga.screening.text.fold, numba, os; print(numba.config.CACHE_DIR)"
    environment = {name: value for name, value in os.environ.items() if name != kernel_cache.VARIABLE}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120,
                            env=environment)
    assert Path(result.stdout.strip()) == kernel_cache.folder(Path(kernel_cache.__file__).parents[1])
