"""Tables of states: closed, complete, and the only way to a next state."""

import ast
import inspect
import re
from enum import StrEnum

import pytest
from tests.docs.pages import ROOT

from jaga.core import lifecycles
from jaga.core.errors import IllegalTransition
from jaga.core.lifecycles import BATCH, MODEL, Lifecycle
from jaga.core.terms.reports import BatchState, ModelState

TABLES = {name: table for name, table in inspect.getmembers(lifecycles) if isinstance(table, Lifecycle)}


def _states(table: Lifecycle[StrEnum]) -> set[StrEnum]:
    return {*table.first, *table.follow, *(after for follow in table.follow.values() for after in follow)}


@pytest.mark.parametrize("name", TABLES)
def test_each_state_can_be_reached(name: str) -> None:
    """An unreachable state is an unnecessary term, or a forgotten transition."""
    table = TABLES[name]
    assert _states(table) == set(type(table.first[0]))


def test_a_state_follows_only_where_the_table_says_so() -> None:
    """A state may also follow itself, which changes nothing."""
    assert BATCH.to("ready", BatchState.RUNNING) is BatchState.RUNNING
    assert BATCH.to("done", BatchState.DONE) is BatchState.DONE
    with pytest.raises(IllegalTransition):
        BATCH.to("done", BatchState.RUNNING)


def test_the_database_knows_the_same_arrows_of_a_model() -> None:
    """Its guard applies to all code; a change to one must be made to the other."""
    guard = (ROOT / "src" / "jaga" / "store" / "guards" / "screening.sql").read_text()
    guard = guard.partition("FUNCTION records_learntmodel_guard()")[2].partition("$$;")[0]
    known = {(ModelState(before), ModelState(after)) for before, after in re.findall(r"\('(\w+)', '(\w+)'\)", guard)}
    assert known == {(before, after) for before, follow in MODEL.follow.items() for after in follow}


def test_no_verb_writes_a_state_past_its_table() -> None:
    """Every assignment to a `state` in the verbs uses a table; otherwise the pictures in the docs would be wrong."""
    past = []
    observed = ROOT / "src" / "jaga" / "watch" / "verbs" / "reading.py"  # how a source answered: any may follow any
    for path in sorted(set((ROOT / "src" / "jaga").rglob("*.py")) - {observed}):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Assign) and "migrations" not in path.parts:
                for target, value in _pairs(node):
                    if (
                        isinstance(target, ast.Attribute)
                        and target.attr in ("state", "victim_state")
                        and not _asks(value)
                    ):
                        past.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert past == []


def _pairs(node: ast.Assign) -> list[tuple[ast.expr, ast.expr]]:
    pairs = []
    for target in node.targets:
        if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs += list(zip(target.elts, node.value.elts, strict=False))
        elif isinstance(target, ast.Tuple):
            pairs += [(one, node.value) for one in target.elts]
        else:
            pairs.append((target, node.value))
    return pairs


def _asks(value: ast.expr) -> bool:
    """A call of a table, or a name that `cases.verbs.state` got from one."""
    if isinstance(value, ast.Call):
        return (isinstance(value.func, ast.Attribute) and value.func.attr == "to") or (
            isinstance(value.func, ast.Name) and value.func.id == "next_referral_state"
        )
    return isinstance(value, ast.Name) and value.id == "state"
