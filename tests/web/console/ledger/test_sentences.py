"""The ledger in words: every verb that the code records has a sentence."""

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.utils.translation import override
from tests.docs.pages import ROOT

from jaga.cases.reads.history import LedgerEntryView
from jaga.proofs.console.ledger import sentence

CODE = ROOT / "src" / "jaga"
# `store.kernel.ledger.append`, and `reporting.verbs.intake.filed`, which passes its verb on
ENTERING = {"append", "filed"}
PASSED_ON = {"verb"}  # the parameter of `filed` itself


def values(given: ast.expr, constants: dict[str, ast.expr]) -> Iterator[str]:
    """The values that an expression may have: a text, one of two, or a constant of the module."""
    if isinstance(given, ast.Constant):
        yield str(given.value)
    elif isinstance(given, ast.IfExp):
        yield from values(given.body, constants)
        yield from values(given.orelse, constants)
    elif isinstance(given, ast.Name) and given.id in constants:
        yield from values(constants[given.id], constants)
    elif not (isinstance(given, ast.Name) and given.id in PASSED_ON):
        raise AssertionError(f"This test cannot read the verb in line {given.lineno}: {ast.unparse(given)}")


def given_verbs(tree: ast.Module) -> Iterator[ast.expr]:
    """The verb of each entry that a module makes, with the default verb of `filed`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ENTERING:
            yield from node.args[:1] if node.func.id == "append" else ()
            yield from (word.value for word in node.keywords if word.arg == "verb")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "append_many":
            yield from (
                pair.elts[0]
                for pair in ast.walk(node)
                if isinstance(pair, ast.Tuple) and len(pair.elts) == 4 and isinstance(pair.ctx, ast.Load)
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "unlinked":
            yield from (word for word in node.args[1:2] if not isinstance(word, ast.Starred))
        if isinstance(node, ast.FunctionDef) and node.name == "filed":
            yield from (default for default in node.args.kw_defaults if default is not None)


def verbs() -> set[str]:
    """Every verb that the code records in the ledger."""
    found: set[str] = set()
    for path in CODE.rglob("*.py"):
        text = path.read_text()
        if not re.search(r"(?<![.\w])(?:append|append_many|filed|unlinked)\(", text):
            continue  # every process of the tests reads this at its start
        tree = ast.parse(text)
        constants = {
            target.id: node.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        found.update(*(values(given, constants) for given in given_verbs(tree)))
    return found


VERBS = sorted(verbs())


def read(verb: str, language: str) -> str:
    with override(language):
        return sentence(LedgerEntryView(1, datetime(2026, 1, 1, tzinfo=UTC), verb, "Sinta", 1, {}, None))


def test_the_verbs_are_found_however_they_are_written() -> None:
    """As a literal, a constant, one of two, and through `filed`: an empty list would let every test pass."""
    assert {
        "cast_vote",
        "nobody_has_name",
        "clarify_notice",
        "ask_again",
        "file_report",
        "file_request",
        "account_reopened",
        "accept_report",
        "file_reports",
    } <= set(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_each_verb_has_a_sentence_in_both_languages(verb: str) -> None:
    """Without a sentence a case's history would show `give_strike`."""
    english, indonesian = read(verb, "en"), read(verb, "id")
    for sentences in (english, indonesian):
        assert re.search(r"[a-z] .*\.$", sentences), f"{verb}: {sentences}"
    assert english != indonesian


def test_a_verb_of_another_version_stands_by_its_name() -> None:
    """The ledger is kept for years, so a verb unknown to this version is shown by its name and not hidden."""
    assert read("a_verb_of_tomorrow", "en") == "a_verb_of_tomorrow"


def test_how_many_copies_other_cases_hold_is_not_said() -> None:
    """The reader may not be allowed to see all of those cases."""
    moment, payload = datetime(2026, 1, 1, tzinfo=UTC), {"lists": [], "same": 7}
    with override("en"):
        text = sentence(LedgerEntryView(1, moment, "hash_picture", "system", 1, payload, None))
    assert "pictures of other cases" in text
    assert "7" not in text
