"""Pictures and tables in `docs/subsystems`, drawn from the code.

`python tools/pictures.py` writes them; with `--check` it only names the pages that differ. A page says where a picture
belongs by two comments; the text between them is replaced:

    <!-- drawn: states core.lifecycles.ACTION -->
    <!-- drawn: end -->

`states` draws a table of transitions, `ends` the members of an enum, `ladder` the letters to operators, `tables` the
models of a package with their rights, `jobs` and `periodic_tasks` what the worker does.
"""

import ast
import os
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import chain
from pathlib import Path

import django
from django.apps import apps
from django.conf import settings
from django.db import models

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "jaga"
PAGES = sorted((ROOT / "docs" / "subsystems").glob("*.md"))
_BLOCK = re.compile(r"(<!-- drawn: (?P<kind>\w+) ?(?P<of>[\w. ]*?) -->\n).*?(<!-- drawn: end -->)", re.DOTALL)
_CASE, _REFERRAL = "core.cases.TRANSITIONS", "core.referrals.TRANSITIONS"
_PEOPLE = "people"
_VERBS = r"\w+\.verbs\b|store\.kernel\b"
_ACTS = re.compile(rf"{_VERBS}|\w+\.jobs\b|work\.|app\.(tasks|worker|periodic)$")
_TYPES = {
    "AutoField": "number",
    "BigAutoField": "number",
    "BooleanField": "yes_no",
    "DateTimeField": "moment",
    "DateField": "day",
    "JSONField": "json",
    "BinaryField": "bytes",
    "FloatField": "fraction",
    "DurationField": "span",
    "CharField": "text",
    "TextField": "text",
    "URLField": "text",
}
_MOST_WHOLE = 12
"""Tables that a picture shows with all their columns; of more it shows the keys alone."""
_KEYS_ONLY = " Because of the number of tables, the boxes show only keys; the models have all columns."
_RIGHTS = {"SELECT": "read", "INSERT": "add", "UPDATE": "change", "DELETE": "delete"}


def redrawn(text: str) -> str:
    """The page with every picture as the code is now."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_KINDS[found['kind']](found['of'])}\n{found[4]}", text)


# Where something stands in the code.


@cache
def _trees() -> Mapping[str, ast.Module]:
    """The modules with verbs and jobs, by their dotted names below `jaga`."""
    return {
        name: ast.parse(path.read_text())
        for path in sorted(SOURCE.rglob("*.py"))
        if _ACTS.match(name := ".".join(path.relative_to(SOURCE).with_suffix("").parts))
    }


@cache
def _functions(within: str = "") -> tuple[tuple[str, ast.FunctionDef], ...]:
    """The functions at the top of the modules whose names match."""
    return tuple(
        (f"{name}.{node.name}", node)
        for name, tree in _trees().items()
        if re.match(within, name)
        for node in tree.body
        if isinstance(node, ast.FunctionDef)
    )


@cache
def _nodes(node: ast.AST) -> tuple[ast.AST, ...]:
    return tuple(one for one in ast.walk(node) if isinstance(one, ast.Name | ast.Attribute | ast.Call | ast.Dict))


def _names(node: ast.AST) -> set[str]:
    return {one.id for one in _nodes(node) if isinstance(one, ast.Name)}


def _members(node: ast.AST, enum: str) -> list[str]:
    """What a piece of code names of this enum."""
    return [
        one.attr
        for one in _nodes(node)
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name) and one.value.id == enum
    ]


def _found(dotted: str) -> object:
    module, _, name = dotted.rpartition(".")
    return getattr(import_module(f"jaga.{module}"), name)


def _code(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "nothing now"


def _first_sentence(text: str | None) -> str:
    sentences = re.split(r"(?<!art\.)(?<=[.:])\s", " ".join((text or "").split()), maxsplit=1)
    return sentences[0].rstrip(":").replace("|", "\\|")


def _mermaid(kind: str, lines: Iterable[str]) -> str:
    return "\n".join(["```mermaid", kind, *(f"    {line}" for line in lines), "```"])


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    return "\n".join([f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rows)])


# States.


def _states(of: str) -> str:
    return _verbs(of) if of in (_CASE, _REFERRAL) else _lifecycle(of)


def _verbs(of: str) -> str:
    """A table of states and verbs, with the functions that take each arrow."""
    arrows: Mapping[tuple[str, str], str] = _found(of)  # type: ignore[assignment]
    labels = defaultdict[tuple[str, str], list[str]](list)
    for (before, verb), after in arrows.items():
        labels[before, after].append(verb.replace("_", " "))
    first = next(iter(arrows))[0]
    picture = [
        f"[*] --> {first}",
        *(f"{a} --> {b}: {', '.join(words)}" for (a, b), words in labels.items()),
        *_last({before for before, _ in labels}, {after for _, after in labels}),
    ]
    enum = type(next(iter(arrows))[1])
    takers = defaultdict[str, list[str]](list)
    for name, node in _functions():
        for member in _members(node, enum.__name__):
            takers[enum[member].value].append(name)
    for name, tree in _trees().items():
        if re.match(_VERBS, name):
            _constants(name, tree, enum.__name__, takers, enum)
    rows = [(f"`{verb.value}`", _code(takers.get(verb.value, ()))) for verb in enum]
    return "\n\n".join(
        [f"Drawn from `{of}`.", _mermaid("stateDiagram-v2", picture), _table(("arrow", "taken in"), rows)]
    )


def _constants(name: str, tree: ast.Module, enum: str, takers: dict[str, list[str]], members: type) -> None:
    """Verbs in a constant of a module count for the module."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            for member in _members(node.value, enum):
                takers[members[member].value].append(name)  # type: ignore[index]


def _lifecycle(of: str) -> str:
    """A `Lifecycle`, with the functions that write each state."""
    table = _found(of)
    first, follow = table.first, table.follow  # type: ignore[attr-defined]
    picture = [
        *(f"[*] --> {state}" for state in first),
        *(
            f"{before} --> {after}: {words}"
            for before, after_words in follow.items()
            for after, words in after_words.items()
        ),
    ]
    picture += _last(follow.keys(), {after for one in follow.values() for after in one})
    constant, enum = of.rpartition(".")[2], type(first[0])
    writers = defaultdict[str, list[str]](list)
    for name, node in _functions():
        for call in _nodes(node):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "to"
                and isinstance(call.func.value, ast.Name)
                and call.func.value.id == constant
            ):
                named = _members(call.args[1], enum.__name__)
                for state in [enum[member].value for member in named] or ["as asked"]:
                    writers[state].append(name)
    rows = [(f"`{state}`" if state != "as asked" else state, _code(names)) for state, names in sorted(writers.items())]
    return "\n\n".join(
        [
            f"Drawn from `{of}`; its states are `{enum.__module__.removeprefix('jaga.')}.{enum.__name__}`.",
            _mermaid("stateDiagram-v2", picture),
            _table(("state", "written in"), rows),
        ]
    )


def _last(before: Iterable[str], after: Iterable[str]) -> list[str]:
    return [f"{state} --> [*]" for state in sorted(set(after) - set(before))]


def _ends(of: str) -> str:
    """Something that waits and ends once, in one of the ways that an enum names; each with its comment in the code."""
    module, _, name = of.rpartition(".")
    source = (SOURCE / f"{module.replace('.', '/')}.py").read_text()
    body = re.search(rf"^class {name}\(StrEnum\):\n(.*?)(?=^\S)", source, re.MULTILINE | re.DOTALL)
    assert body
    members = re.findall(r'^    [A-Z_]+ = "(\w+)"(?:  # (.+))?$', body[1], re.MULTILINE)
    lines = [
        "[*] --> waits",
        *(f"waits --> {term}: {re.split('[:;]', words)[0]}" for term, words in members),
        *(f"{term} --> [*]" for term, _ in members),
    ]
    enders = {node_name: _members(node, name) for node_name, node in _functions(_VERBS)}
    users = [one for one, found in enders.items() if found]
    return "\n\n".join([f"Drawn from `{of}`.", _mermaid("stateDiagram-v2", lines), f"Named in {_code(users)}."])


def _ladder(of: str) -> str:
    """Which letter must have been received before which."""
    before: Mapping[str, str | None] = _found(of)  # type: ignore[assignment]
    lines = [f"{first or 'notice'} --> {letter}" for letter, first in before.items()]
    return "\n\n".join([f"Drawn from `{of}`.", _mermaid("flowchart LR", lines)])


# Tables.


def _package(model: type[models.Model]) -> str:
    return model.__module__.removeprefix("jaga.").split(".")[0]


def _tables(of: str) -> str:
    """The models of a package: what each holds, who may do what with it, and how they point at each other."""
    ours = sorted(
        (model for model in apps.get_app_config("records").get_models() if _package(model) == of),
        key=lambda model: model.__name__,
    )
    assert ours, of
    grants = import_module("jaga.store.grants").GRANTS
    rows = [
        (
            f"`{model._meta.db_table}`",
            f"`{model.__module__.removeprefix('jaga.')}.{model.__name__}`",
            _first_sentence(model.__doc__),
            *(_rights(grants[model._meta.db_table][part]) for part in ("web", "worker")),
        )
        for model in ours
    ]
    whole = len(ours) <= _MOST_WHOLE
    lines = list(chain.from_iterable(_entity(model, whole=whole) for model in ours))
    lines += sorted(chain.from_iterable(_links(model, of) for model in ours))
    left_out = "" if of == _PEOPLE else " Arrows to `Person` are omitted; the columns are in the boxes."
    return "\n\n".join(
        [
            _table(("table", "model", "holds", "the web server may", "the worker may"), rows),
            f"Drawn from the models and from `store.grants.GRANTS`.{left_out}{'' if whole else _KEYS_ONLY}",
            _mermaid("erDiagram", lines),
        ]
    )


def _rights(rights: Iterable[object]) -> str:
    words = []
    for right in sorted(rights, key=lambda one: list(_RIGHTS).index(one.verb)):  # type: ignore[attr-defined]
        columns = f" ({', '.join(right.columns)})" if right.columns else ""  # type: ignore[attr-defined]
        words.append(f"{_RIGHTS[right.verb]}{columns}")  # type: ignore[attr-defined]
    return ", ".join(words) or "nothing"


def _entity(model: type[models.Model], *, whole: bool) -> Iterator[str]:
    yield f"{model.__name__} {{"
    for field in model._meta.fields:
        key = " PK" if field.primary_key else " FK" if field.remote_field else " UK" if field.unique else ""
        if not (key or whole):
            continue
        kind = field.target_field if isinstance(field, models.ForeignKey) else field
        yield f"    {_TYPES.get(kind.get_internal_type(), 'number')} {field.column}{key}"
    yield "}"


def _links(model: type[models.Model], of: str) -> Iterator[str]:
    """One line for each other table, however many columns point there."""
    by_target = defaultdict[str, list[str]](list)
    single = dict[str, bool]()
    for field in (*model._meta.fields, *model._meta.many_to_many):
        if field.remote_field is None or (field.related_model.__name__ == "Person" and of != "people"):
            continue
        target = field.related_model.__name__
        by_target[target].append(field.name)
        single[target] = isinstance(field, models.OneToOneField)
    for target, names in by_target.items():
        near = "|o" if single[target] and len(names) == 1 else "}o"
        far = "o{" if any(field.name in names for field in model._meta.many_to_many) else "||"
        yield f'{model.__name__} {near}--{far} {target} : "{", ".join(names)}"'


# The worker.


def _imported(module: str) -> dict[str, str]:
    """The imported names of Jaga's modules, by the name that the module uses."""
    return {
        alias.asname or alias.name: f"{node.module.removeprefix('jaga.')}.{alias.name}"
        for node in _trees()[module].body
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("jaga.")
        for alias in node.names
    }


def _jobs(_of: str) -> str:
    """Jobs that verbs put into the queue, and which verbs do."""
    names, rows = import_module("jaga.store.kernel.jobs"), []
    for name, node in _functions(r"app\.tasks\b"):
        constants = [
            word.value.id
            for one in node.decorator_list
            if isinstance(one, ast.Call)
            for word in one.keywords
            if word.arg == "name" and isinstance(word.value, ast.Name)
        ]
        rows += [
            (
                f"`{getattr(names, constant)}`",
                f"`{name}`",
                _first_sentence(ast.get_docstring(node)),
                _code(_deferred_in(constant)),
            )
            for constant in constants
        ]
    return _table(("job", "function", "what it does", "put into the queue in"), rows)


def _deferred_in(constant: str) -> list[str]:
    kernel = {
        name.rpartition(".")[2]
        for name, node in _functions(r"store\.kernel\.sequencer\b")
        if constant in _names(node) and "task" not in {one.arg for one in node.args.args}
    }
    return [
        name
        for name, node in _functions()
        if not name.startswith(("store.kernel.sequencer", "app.tasks")) and _names(node) & {constant, *kernel}
    ]


def _periodic_tasks(_of: str) -> str:
    """What the worker does again and again."""
    module = "app.worker"
    functions = _imported(module) | {name.rpartition(".")[2]: name for name, _ in _functions(re.escape(module))}
    constants = {
        target.id: node.value.value
        for node in _trees()[module].body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    [(maker, table)] = [
        (name, node)
        for name, one in _functions(re.escape(module))
        for node in _nodes(one)
        if isinstance(node, ast.Dict) and len(node.keys) > 20
    ]
    rows = []
    for key, value in zip(table.keys, table.values, strict=True):
        assert isinstance(value, ast.Tuple)
        pause, work = value.elts
        assert isinstance(pause, ast.Constant)
        name = constants[key.id] if isinstance(key, ast.Name) else key.value  # type: ignore[union-attr]
        called = _innermost(work)
        rows.append((f"`{name}`", _pause(float(pause.value)), _code([functions.get(called, maker)])))
    return _table(("task", "pause", "function"), sorted(rows))


def _innermost(work: ast.expr) -> str:
    """The function that does the work: the last argument, through whatever wraps it; of `partial` the first."""
    while isinstance(work, ast.Call):
        whole = isinstance(work.func, ast.Name) and work.func.id == "partial"
        work = work.args[0 if whole else -1]
    assert isinstance(work, ast.Name)
    return work.id


def _pause(seconds: float) -> str:
    for size, unit in ((3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} s"


_KINDS: Mapping[str, Callable[[str], str]] = {
    "states": _states,
    "ends": _ends,
    "ladder": _ladder,
    "tables": _tables,
    "jobs": _jobs,
    "periodic_tasks": _periodic_tasks,
}


def main() -> int:
    """Write the pictures; with `--check` only say which pages are not as the code is."""
    sys.path.insert(0, str(SOURCE.parent))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    if not settings.configured:
        django.setup()
    stale = [page for page in PAGES if redrawn(page.read_text()) != page.read_text()]
    if "--check" in sys.argv[1:]:
        print(*(page.relative_to(ROOT) for page in stale), sep="\n")
        return int(bool(stale))
    for page in stale:
        page.write_text(redrawn(page.read_text()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
