"""One target under atheris, in a process of its own: `python -m tests.fuzz.guided TARGET [libFuzzer's options]`.

Only modules of plain Python are instrumented, since numba could not compile instrumented code.
"""

import sys
from pathlib import Path

import atheris

SOURCES = Path(__file__).resolve().parents[2] / "src"


def _compiled() -> list[str]:
    return [
        ".".join(path.relative_to(SOURCES).with_suffix("").parts)
        for path in SOURCES.rglob("*.py")
        if "njit" in path.read_text()
    ]


def main() -> None:
    with atheris.instrument_imports(
        include=["jaga.screening", "jaga.app.screening", "jaga.policy.documents"], exclude=_compiled()
    ):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *sys.argv[2:]], TARGETS[sys.argv[1]])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
