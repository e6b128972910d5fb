"""Generates the table *subject to files* in docs/architecture.md: `python tools/subjects.py`, or `--check`."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- subjects: begin -->", "<!-- subjects: end -->"
FLOORS = ("casework", "records/access", "records/models", "web/console")
LOWEST = {"kernel": "base", "base": "base", "frame": "base"}
"""The lowest package of each floor, which share a line of the table."""


def packages(floor: str) -> dict[str, list[str]]:
    """The subjects of a floor with their modules. A subject with one module may itself be a module."""
    folder = ROOT / "src" / "jaga" / floor
    found = {
        one.name: sorted(file.stem for file in one.glob("*.py") if file.stem not in {"__init__", "urls"})
        for one in folder.iterdir()
        if (one / "__init__.py").exists()
    }
    alone = {file.stem: [file.stem] for file in folder.glob("*.py") if file.stem not in {"__init__", "urls"}}
    return {LOWEST.get(name, name): modules for name, modules in sorted((found | alone).items())}


def table() -> str:
    """The table in Markdown."""
    floors = [packages(floor) for floor in FLOORS]
    lines = ["| subject | " + " | ".join(f"`{floor}`" for floor in FLOORS) + " |", "|---" * (len(FLOORS) + 1) + "|"]
    for subject in sorted({name for floor in floors for name in floor}):
        cells = ["<br>".join(f"`{module}`" for module in floor.get(subject, ())) or " " for floor in floors]
        lines.append(f"| **{subject}** | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> int:
    """Write the table, or with `--check` return 1 if it is outdated."""
    text = PAGE.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    new = f"{before}{BEGIN}\n{table()}\n{END}{after}"
    if "--check" in sys.argv[1:]:
        return int(new != text)
    PAGE.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())
