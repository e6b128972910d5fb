"""The state in a source's cursor, as compact JSON. A cursor that cannot be read is one the source does not know."""

import json
from collections.abc import Mapping
from typing import Any

from jaga.core.observations.source import SourceWentBack


def state_text(state: Mapping[str, Any]) -> str:
    """The state as a cursor."""
    return json.dumps(state, separators=(",", ":"), ensure_ascii=True)


class State:
    """A cursor that was stored earlier. Each getter raises SourceWentBack where the cursor is of another source."""

    def __init__(self, cursor: str) -> None:
        try:
            found = json.loads(cursor)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise _unknown()
        self._found = found

    def number(self, name: str) -> int:
        """A whole number from 0."""
        found = self._found.get(name)
        if not isinstance(found, int) or isinstance(found, bool) or found < 0:
            raise _unknown()
        return found

    def text(self, name: str) -> str:
        """A text; it may be empty."""
        found = self._found.get(name)
        if not isinstance(found, str):
            raise _unknown()
        return found

    def texts(self, name: str) -> dict[str, str]:
        """Texts by name."""
        found = self._found.get(name)
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise _unknown()
        return dict(found)


def _unknown() -> SourceWentBack:
    return SourceWentBack(why="the cursor is of another source or version")
