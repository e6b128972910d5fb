"""Writes down what the product does, one fact a line, and compares it with the goldens beside this file.

No line names a module, so that modules can be moved and it can be shown that nothing else changed.
"""

from collections.abc import Callable, Iterable, Mapping
from difflib import unified_diff
from pathlib import Path

from tests.fence.database import rights, tables
from tests.fence.ledger import ledger
from tests.fence.program import commands, letters_and_mails, permissions, policy
from tests.fence.routes import openapi, routes

GOLDENS = Path(__file__).parent / "goldens"
FACTS: Mapping[str, Callable[[], Iterable[str]]] = {
    "routes.txt": routes,
    "openapi.json": openapi,
    "tables.txt": tables,
    "rights.txt": rights,
    "commands.txt": commands,
    "policy.txt": policy,
    "ledger.txt": ledger,
    "permissions.txt": permissions,
    "letters.txt": letters_and_mails,
}


def text_now(name: str) -> str:
    """What the golden of this name would say now."""
    return "".join(f"{line.rstrip()}\n" for line in FACTS[name]())


def difference(name: str) -> str:
    """The lines that differ from the golden, as a diff; empty if none does."""
    path = GOLDENS / name
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = unified_diff(before.splitlines(True), text_now(name).splitlines(True), f"golden/{name}", f"now/{name}", n=0)
    return "".join(lines)


def write(name: str) -> None:
    """Accept what is there now."""
    (GOLDENS / name).write_text(text_now(name), encoding="utf-8")
