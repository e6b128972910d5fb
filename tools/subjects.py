"""Writes the table of the subjects and their rooms into docs/architecture.md; with `--check` only compares it."""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "architecture.md"
BEGIN, END = "<!-- subjects: begin -->", "<!-- subjects: end -->"
ROOMS = ("models", "reads", "verbs", "console", "public", "api", "jobs")


def folders() -> list[Path]:
    """The packages of `src/jaga`, in the order of the alphabet."""
    return sorted(one.parent for one in (ROOT / "src" / "jaga").glob("*/__init__.py"))


def rooms(folder: Path) -> list[str]:
    """The rooms of a subject, each a file or a folder."""
    return [one for one in ROOMS if (folder / f"{one}.py").exists() or (folder / one).is_dir()]


def subjects() -> list[Path]:
    """A subject has reads and verbs."""
    return [one for one in folders() if {"reads", "verbs"} <= set(rooms(one))]


def table() -> str:
    """The table in Markdown."""
    lines = ["| subject | what | rooms |", "|---|---|---|"]
    for folder in subjects():
        words = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
        lines.append(f"| `{folder.name}` | {words.splitlines()[0]} | {' '.join(rooms(folder))} |")
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
