"""Names that the code once used for things that the field calls otherwise. None of them names anything again.

`docs/glossary.md` has the words that are used instead. A name is what somebody defines: a module, class, function,
method, field, parameter, variable, table, ledger verb, key of a ledger entry, address, template and its variables,
`id`, class of a stylesheet. Sentences are free.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.docs.pages import ROOT, tree

from jaga.ledger.verbs import VERBS

SOURCE = ROOT / "src" / "jaga"
RETIRED: Mapping[str, str] = {
    "braked": "throttled",
    "decoy": "canary",
    "decoys": "canaries",
    "hands": "acting adapter, can_act",
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
    "Look": "AccessEvent",
    "LookSeal": "AccessLogSeal",
    "LookedAt": "AccessKind",
    "Trace": "AccountIndicator",
    "TraceBand": "LshBand",
    "TracedReport": "IndicatorScan",
    "TraceKind": "IndicatorKind",
    "Lane": "FilingPriority",
    "WorkerLane": "WorkerPriority",
    "PendingCommit": "PendingDecision",
    "CommitWait": "DecisionPause",
    "CommitEnd": "PendingEnd",
    "KeptAnswer": "IdempotencyRecord",
    "SeenHook": "ReceivedHook",
    "InAppSeen": "InAppImport",
    "Commitment": "Pledge",
    "LadderLetter": "EscalationLetter",
    "LadderRefused": "EscalationRefused",
    "NoticeStanding": "NoticeStatus",
    "enter": "append",
    "enter_all": "append_all",
    "enter_many": "append_many",
    "hands_for": "acting_adapter",
    "has_hands": "can_act",
    "tried": "run_or_rerender",
    "written": "text_field",
    "beside": "related_records",
    "stick": "set_stuck",
    "set_going": "requeue",
    "let_wait": "await_check",
    "let_go": "release_restriction",
    "take_back": "cancel_pending_decision",
    "standing_of": "status_of",
    "promise_triage": "defer_triage",
    "commit_at": "undo_until",
    "let_on_by": "resumed_by",
    "looked_by": "checked_by",
    "held_until": "snoozed_until",
    "hold_reason": "snooze_reason",
    "lane": "priority",
    "heard": "report source",
    "hear": "score",
    "stands": "may_be_quoted",
    "standings": "results",
    "ladder_of_notice": "escalation_of_notice",
    "_look": "_inspect",
    "last_look": "last_observation",
    "protected_look": "protected_lookup",
    "look_url": "profile_url",
    "unheard_of": "new_statements_of",
    "require_heard": "require_messages_read",
    "Together": "GroupCommit",
    "told": "fill, translated",
    "_told": "what it returns",
    "said": "what it returns",
    "_said": "what it returns",
}
"""Whole names, and what is said instead."""
OF_VARIABLES: Mapping[str, str] = {
    "told": "values, reports, summary, output: what it holds",
    "said": "text, sentence, answer, content: what it holds",
    "heard": "newest message, report source",
    "hands": "workers",
    "looks": "checks, events, letter classes",
    "stands": "in force, may be quoted",
    "went": "what it holds",
    "standing": "state, result, registration",
    "beside": "what lies there",
    "commit": "pending",
    "climbed": "letters",
    "telling": "story, distinctive",
}
"""Names that say that something was said or seen, and not what. They name no variable, field or key of an entry."""
OF_FIELDS: Mapping[str, str] = {
    "seen": "observation, rows, published",
    "known": "repeated, proven",
    "look": "observation, check",
    "ladder": "escalation",
}
"""Names of fields and of variables in templates: as variables of Python they are free. `seen` is what Python's own
documentation calls the set of values that came already.
"""
OF_PAGES: Mapping[str, str] = {
    "said": "text, caption, status",
    "told": "explanation",
    "look": "check, appearance",
    "ladder": "escalation",
    "doors": "entrances",
    "heard": "last_message",
    "standings": "results",
}
"""Parts of an `id` or of a class of a stylesheet (`search__said` has the part `said`)."""
ALLOWED: Mapping[str, str] = {
    "app/screening/run.py: written": "how many rows a run has written",
    "platforms/sql/adapter.py: written": "the call as it is written in a log",
}
"""By `path: name` the reason why a name may stay."""
ALLOWED_VARIABLES: Mapping[str, str] = {
    "platforms/atproto/car.py: commit": "AT Protocol calls the signed head of a repository so",
}
"""Variables that may be called so."""
ALLOWED_FIELDS: Mapping[str, str] = {
    "policy/models.py: ladder": "what strikes suggest is a ladder of sanctions",
}
"""Fields, and variables of templates, that may be called so."""


def _parts(name: str) -> set[str]:
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef | ast.Module):
            for inner in node.body:
                targets = (
                    [inner.target]
                    if isinstance(inner, ast.AnnAssign)
                    else inner.targets
                    if isinstance(inner, ast.Assign)
                    else []
                )
                yield from (target.id for target in targets if isinstance(target, ast.Name))


def _variables(tree: ast.Module) -> Iterator[str]:
    """Names of parameters and of variables in functions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _payload_keys(tree: ast.Module) -> Iterator[str]:
    """Keys of what is appended to the ledger."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "").startswith("append"):
            for inner in ast.walk(node):
                if isinstance(inner, ast.Dict):
                    yield from (str(key.value) for key in inner.keys if isinstance(key, ast.Constant))


_IN_TAGS = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_QUOTED = re.compile(r"\"[^\"]*\"|'[^']*'")
_MARKED = re.compile(r"\b(?:id|class|for|name|aria-labelledby|aria-describedby|data-[a-z-]+)=\"([^\"]*)\"")


def _in_templates(text: str) -> Iterator[str]:
    """Variables of a template and their attributes."""
    for tag in _IN_TAGS.findall(text):
        if not tag.startswith(("{% translate", "{% comment")):
            yield from re.findall(r"[A-Za-z_]\w*", _QUOTED.sub("", tag.removeprefix("{%").removeprefix("{{")))


def _in_markup(text: str) -> Iterator[str]:
    """Parts of ids, classes and names of fields."""
    for value in _MARKED.findall(_IN_TAGS.sub(" ", text)):
        yield from re.split(r"[\s_-]+", value)


def _names() -> Iterator[tuple[str, str]]:
    """Every name that the package defines, with the place of its definition."""
    for path in sorted(SOURCE.rglob("*.py")):
        place = path.relative_to(SOURCE).as_posix()
        yield place, path.stem
        if "migrations" not in path.parts:
            for name in _defined(tree(path)):
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


def _field_names() -> Iterator[tuple[str, str]]:
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            for node in ast.walk(tree(path)):
                if isinstance(node, ast.ClassDef):
                    yield from (
                        (path.relative_to(SOURCE).as_posix(), inner.target.id)
                        for inner in node.body
                        if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name)
                    )
    for path in _pages():
        yield from ((path.relative_to(SOURCE).as_posix(), name) for name in _in_templates(path.read_text()))


def test_no_retired_name_comes_back() -> None:
    """Who reads `decoy` in one file and `canary` in the next takes them for two things."""
    found = {
        f"{place}: {name}": WHOLE.get(name) or RETIRED[min(_parts(name) & RETIRED.keys())]
        for place, name in _names()
        if name in WHOLE or _parts(name) & RETIRED.keys()
    }
    assert {name: better for name, better in found.items() if name not in ALLOWED} == {}
    assert ALLOWED.keys() <= found.keys()  # a reason that is needed no more goes


def test_no_class_is_called_by_what_somebody_saw_or_said() -> None:
    """`SeenCase` does not say who saw what; `CaseView` is what a page shows, `CaseForm` what somebody sends."""
    classes = [
        (path.relative_to(ROOT).as_posix(), node.name)
        for folder in ("src/jaga", "practice")
        for path in sorted((ROOT / folder).rglob("*.py"))
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ClassDef)
    ]
    assert [
        one
        for one in classes
        if re.match(r"_?(Seen|Said|Told|Asked|Heard|Typed|Entered)", one[1])
        or one[1].endswith(("Seen", "Said", "Typed", "Entered"))
    ] == []


def test_no_variable_is_called_by_what_somebody_said() -> None:
    """`told.rows` says nothing; `summary.rows` does."""
    found = {}
    for path in sorted(SOURCE.rglob("*.py")):
        if "migrations" not in path.parts:
            module, place = tree(path), path.relative_to(SOURCE).as_posix()
            found |= {
                f"{place}: {name}": OF_VARIABLES[name]
                for name in (*_variables(module), *_payload_keys(module))
                if name in OF_VARIABLES
            }
    assert {name: better for name, better in found.items() if name not in ALLOWED_VARIABLES} == {}
    assert ALLOWED_VARIABLES.keys() <= found.keys()  # a reason that is needed no more goes


def test_fields_and_variables_of_templates_are_things() -> None:
    """Both are read far from where they are filled."""
    better = {**OF_VARIABLES, **OF_FIELDS}
    found = {f"{place}: {name}": better[name] for place, name in _field_names() if name in better}
    assert {name: word for name, word in found.items() if name not in ALLOWED_FIELDS} == {}
    assert ALLOWED_FIELDS.keys() <= found.keys()  # a reason that is needed no more goes


def test_ids_and_classes_are_called_by_the_fields_words() -> None:
    """Whoever styles or scripts a page searches for them."""
    better = {**RETIRED, **OF_PAGES}
    found = {
        f"{path.relative_to(SOURCE).as_posix()}: {part}": better[part]
        for path in _pages()
        for part in _in_markup(path.read_text())
        if part in better
    }
    for path in sorted((SOURCE / "web" / "static").glob("*.css")):
        found |= {
            f"{path.name}: {part}": better[part]
            for name in re.findall(r"[.#]([A-Za-z][\w-]*)", path.read_text())
            for part in re.split(r"[_-]+", name)
            if part in better
        }
    assert found == {}
