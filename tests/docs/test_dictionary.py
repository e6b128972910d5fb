"""Old private names of the code. None of them names anything again.

`docs/glossary.md` has the words that are used instead. A name is what somebody defines: a module, class, function,
field, table, ledger verb or address. Local variables and sentences are not checked.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.docs.pages import ROOT

from jaga.ledger.verbs import VERBS

SOURCE = ROOT / "src" / "jaga"
RETIRED: Mapping[str, str] = {
    "braked": "throttled",
    "decoy": "canary",
    "decoys": "canaries",
    "hurdle": "precondition",
    "hurdles": "preconditions",
    "oneself": "current_user",
    "rejudgement": "blind review",
    "rejudgements": "blind reviews",
    "resemblance": "ban-evasion match",
    "resemblances": "ban-evasion matches",
    "rung": "escalation stage",
    "rungs": "escalation stages",
    "voice": "independent source",
    "voices": "independent sources",
}
"""Parts of a name (`list_decoys` has the part `decoys`), and what is said instead."""
WHOLE: Mapping[str, str] = {
    "Look": "AccessEvent", "LookSeal": "AccessLogSeal", "LookedAt": "AccessKind",
    "Trace": "AccountIndicator", "TraceBand": "LshBand", "TracedReport": "IndicatorScan", "TraceKind": "IndicatorKind",
    "Lane": "FilingPriority", "WorkerLane": "WorkerPriority", "PendingCommit": "PendingDecision",
    "CommitWait": "DecisionPause", "CommitEnd": "PendingEnd", "KeptAnswer": "IdempotencyRecord",
    "SeenHook": "ReceivedHook", "InAppSeen": "InAppImport", "Commitment": "Pledge", "LadderLetter": "EscalationLetter",
    "LadderRefused": "EscalationRefused", "NoticeStanding": "NoticeStatus",
    "enter": "append", "enter_all": "append_all", "enter_many": "append_many", "hands_for": "acting_adapter",
    "has_hands": "can_act", "tried": "run_or_rerender", "written": "text_field", "beside": "related_records",
    "stick": "set_stuck", "set_going": "requeue", "let_wait": "await_check", "let_go": "release_restriction",
    "take_back": "cancel_pending_decision", "standing_of": "status_of", "promise_triage": "defer_triage",
    "commit_at": "undo_until", "let_on_by": "resumed_by", "looked_by": "checked_by", "held_until": "snoozed_until",
    "hold_reason": "snooze_reason", "lane": "priority",
}
"""Whole names, and what is said instead."""
ALLOWED: Mapping[str, str] = {
    "app/screening/run.py: written": "how many rows a run has written",
    "platforms/sql/calls.py: written": "the call as it is written in a log",
}
"""By `path: name` the reason why a name may stay."""


def _parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef | ast.Module):
            for inner in node.body:
                targets = ([inner.target] if isinstance(inner, ast.AnnAssign) else
                           inner.targets if isinstance(inner, ast.Assign) else [])
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _names() -> Iterator[tuple[str, str]]:
    """Every name that the package defines, with the place of its definition."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        yield place, path.stem
        if "migrations" not in path.parts:
            for name in _defined(ast.parse(path.read_text())):
                yield place, name
        if path.name == "urls.py":
            for name in re.findall(r'name="([a-z-]+)"', path.read_text()):
                yield place, name
    for path in _pages():
        yield path.relative_to(SOURCE).as_posix(), path.stem
    for verb in sorted(VERBS):
        yield "ledger/verbs.py", verb


def _pages() -> list[Path]:
    return sorted(SOURCE.rglob("*.html"))


def test_no_retired_name_comes_back() -> None:
    """A reader who finds `decoy` in one file and `canary` in the next takes them for two things."""
    found = {f"{place}: {name}": WHOLE.get(name) or RETIRED[min(_parts(name) & RETIRED.keys())]
             for place, name in _names() if name in WHOLE or _parts(name) & RETIRED.keys()}
    assert {name: better for name, better in found.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() <= found.keys()  # a reason that is needed no more goes
