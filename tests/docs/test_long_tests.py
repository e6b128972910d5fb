"""The list of what `make test` leaves out: no test is left out without one that stays, and none is forgotten."""

import ast
from pathlib import Path

from tests.long_tests import LONG, is_long

ROOT = Path(__file__).resolve().parents[2]


def functions_of(path: Path) -> set[str]:
    """The names of the test functions of a file, at its top level."""
    return {
        one.name
        for one in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef) and one.name.startswith("test_")
    }


def test_each_long_test_is_there_and_has_a_sample_that_stays() -> None:
    """Both name a test of today, and the sample is not left out itself."""
    for long, sample in LONG.items():
        for node in (long, sample):
            file, _, name = node.partition("::")
            assert (ROOT / file).is_file(), node
            assert not name or name.partition("[")[0] in functions_of(ROOT / file), node
        assert not is_long(sample), sample


def test_one_set_of_parameters_is_told_from_the_whole_test() -> None:
    """A file in the list is left out with all its tests, and a test without parameters with all of them."""
    file = next(one for one in LONG if "::" not in one)
    assert is_long(f"{file}::test_anything[any]")
    whole = next(one for one in LONG if "::" in one and "[" not in one)
    single = next(one for one in LONG if "[" in one)
    assert is_long(whole)
    assert is_long(f"{whole}[any]")
    assert is_long(single)
    assert not is_long(single.partition("[")[0] + "[another]")
