"""Move modules of `src/jaga` into one folder a subject and merge the small ones; what names them follows.

`python tools/move/move.py [--dry]` on a clean tree. Where a module goes is in `rules.py`. Modules of one room are
merged as long as the file fits and no two files import each other. Colliding names take the name of their old module.
Afterwards: `ruff check --select I,F401 --fix`, `ruff format`, and what the program printed as unsure by hand.
"""

import ast
import builtins
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
import rules
from groups import GROUPS

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src"
TREES = ("src/jaga", "practice", "tests", "tools", "bench", "examples", "docs")


@dataclass
class Module:
    """A module as it stands, with what it defines and imports at its top."""

    name: str
    path: Path
    text: str
    tree: ast.Module
    package: bool
    defined: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Local name → (module, name); name is "" where the module itself is meant."""


def read(path: Path, name: str) -> Module:
    text = path.read_text()
    found = Module(name, path, text, ast.parse(text), path.name == "__init__.py")
    for node in found.tree.body:
        for target in bound_by(node):
            found.defined.setdefault(target, node)
    return found


def bound_by(node: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top binds, imports apart."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
        yield node.name
    elif isinstance(node, ast.Assign):
        for target in node.targets:
            yield from (one.id for one in ast.walk(target) if isinstance(one, ast.Name))
    elif isinstance(node, ast.AnnAssign | ast.AugAssign) and isinstance(node.target, ast.Name):
        yield node.target.id
    elif isinstance(node, ast.TypeAlias if hasattr(ast, "TypeAlias") else ()):
        yield node.name.id
    elif isinstance(node, ast.If | ast.Try | ast.With | ast.For):
        for inner in ast.iter_child_nodes(node):
            if isinstance(inner, ast.stmt):
                yield from bound_by(inner)
            elif isinstance(inner, ast.ExceptHandler):
                for one in inner.body:
                    yield from bound_by(one)


class World:
    """All modules of jaga, and where each goes."""

    def __init__(self) -> None:
        self.modules: dict[str, Module] = {}
        for path in sorted((SRC / "jaga").rglob("*.py")):
            name = ".".join(path.relative_to(SRC).with_suffix("").parts)
            if "migrations" in name.split("."):
                continue
            name = name.removesuffix(".__init__")
            self.modules[name] = read(path, name)
        self.target: dict[str, str] = {}
        self.members: dict[str, list[str]] = defaultdict(list)
        self.renamed: dict[tuple[str, str], str] = {}
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ImportFrom):
                    for alias in node.names:
                        module.imported[alias.asname or alias.name] = (node.module or "", alias.name)
        self.plan()
        self.collisions()

    def origin(self, module: str, name: str) -> tuple[str, str]:
        """Where a name is defined; name is "" where a module is meant. Follows what packages pass on."""
        if f"{module}.{name}" in self.modules and name not in getattr(self.modules.get(module), "defined", {}):
            return f"{module}.{name}", ""
        found = self.modules.get(module)
        if found and found.package and name not in found.defined and name in found.imported:
            return self.origin(*found.imported[name])
        return module, name

    def edges(self) -> dict[str, set[str]]:
        """Imports at the top, module to module; what stands below `if TYPE_CHECKING` is none."""
        edges: dict[str, set[str]] = {name: set() for name in self.modules}
        for module in self.modules.values():
            for node in module.tree.body:
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jaga"):
                    for alias in node.names:
                        origin = self.origin(node.module, alias.name)[0]
                        if origin in self.modules and origin != module.name:
                            edges[module.name].add(origin)
        return edges

    def plan(self) -> None:
        """Decide on the file of each module that moves."""
        rooms: dict[str, list[str]] = defaultdict(list)
        for name, module in self.modules.items():
            place = rules.place_of(name.removeprefix("jaga."))
            if module.package:
                if len(module.tree.body) > 1:
                    print("package with code:", name)
                continue
            place = place or name.removeprefix("jaga.")
            rooms[place.rpartition(".")[0]].append(name)
            self.target[name] = f"jaga.{place}"
        edges = self.edges()
        group = {name: name for name in self.modules}
        inside: dict[str, list[str]] = {name: [name] for name in self.modules}
        size = {name: module.text.count("\n") for name, module in self.modules.items()}

        def reaches(start: str, goal: str) -> bool:
            """Whether a way of at least one other file leads from one file to another."""
            seen, todo = set(), [start]
            while todo:
                for member in inside[todo.pop()]:
                    for after in edges[member]:
                        after = group[after]
                        if after == goal:
                            if member in inside[start]:
                                continue
                            return True
                        if after not in seen and after != start:
                            seen.add(after)
                            todo.append(after)
            return False

        def merge(first: str, second: str) -> bool:
            first, second = group[first], group[second]
            if reaches(first, second) or reaches(second, first):
                return False
            for one in inside[first]:
                group[one] = second
            inside[second] += inside.pop(first)
            size[second] += size.pop(first)
            return True

        for room, names in sorted(rooms.items()):
            by_hand = GROUPS.get(room)
            if by_hand is None:
                names = [one for one in names if not self.alone(one)]
            if by_hand is None and (
                room.split(".")[-1] not in rules.ROOMS or sum(size[one] for one in names) > rules.LARGEST
            ):
                continue
            named = {self.target[one].rpartition(".")[2]: one for one in names}
            for file, olds in ({"": " ".join(named)} if by_hand is None and named else by_hand or {}).items():
                if by_hand and (kept := [one for one in olds.split() if one in named and self.alone(named[one])]):
                    print("alone but named:", room, kept)
                if missing := set(olds.split()) - named.keys():
                    print("not there:", room, sorted(missing))
                members = [named[old] for old in olds.split() if old in named]
                together, left, again = members[:1], members[1:], True
                while again:
                    again = False
                    for one in left:
                        if merge(one, together[0]):
                            together.append(one)
                            left.remove(one)
                            again = True
                            break
                if left:
                    print("CIRCLE", room, file, "without", *(one.rpartition(".")[2] for one in left))
                if size[group[together[0]]] > rules.LARGEST:
                    print("LARGE", room, file, size[group[together[0]]])
                for one in together:
                    self.target[one] = f"jaga.{room}.{file}".rstrip(".")
        for one in sorted(self.target):
            self.members[self.target[one]].append(one)
        for new, members in self.members.items():
            if new in self.modules and new not in self.target:
                print("taken:", new, members)
            inside_file = set(members)
            members.sort(key=lambda one, among=inside_file: self.depth(one, among, edges))

    def depth(self, one: str, members: set[str], edges: dict[str, set[str]]) -> tuple[int, str]:
        inner = [self.depth(after, members, edges)[0] for after in edges[one] if after in members]
        return (max(inner) + 1 if inner else 0, one)

    def alone(self, name: str) -> bool:
        text = self.modules[name].text
        return "__main__" in text or "__file__" in text or name.rsplit(".", 1)[1] in rules.APART

    def collisions(self) -> None:
        """Names that several members of a file define take the name of their module; one of them keeps it."""
        for members in self.members.values():
            if len(members) == 1:
                continue
            by_name: dict[str, list[str]] = defaultdict(list)
            used: set[str] = set()
            for one in members:
                for name in self.modules[one].defined:
                    by_name[name].append(one)
                used |= {node.id for node in ast.walk(self.modules[one].tree) if isinstance(node, ast.Name)}
            for name, owners in by_name.items():
                foreign = [
                    one
                    for one in members
                    if name in self.modules[one].imported
                    and self.origin(*self.modules[one].imported[name])[0] not in members
                ]
                shadowing = hasattr(builtins, name)
                if len(owners) == 1 and not foreign and not shadowing:
                    continue
                same = {ast.unparse(self.modules[one].defined[name]) for one in owners}
                if len(same) == 1 and not foreign and isinstance(self.modules[owners[0]].defined[name], ast.Assign):
                    continue
                for one in owners:
                    stem = self.target[one].rsplit(".", 1)[-1] if len(owners) == 1 else one.rsplit(".", 1)[-1]
                    stem = one.rsplit(".", 1)[-1]
                    self.renamed[one, name] = other_name(name, stem)
            taken: dict[str, tuple[str, str]] = {}
            for one in members:
                for name in self.modules[one].defined:
                    new = self.renamed.get((one, name), name)
                    if (one, name) in self.renamed and (new in by_name or new in taken):
                        new = self.renamed[one, name] = other_name(new, one.split(".")[-2])
                    taken[new] = (one, name)


def other_name(name: str, stem: str) -> str:
    """A name that tells the module it is of."""
    private, bare = ("_", name[1:]) if name.startswith("_") else ("", name)
    if bare.isupper():
        return f"{private}{stem.upper()}_{bare}"
    if bare[:1].isupper():
        return f"{private}{''.join(part.capitalize() for part in stem.split('_'))}{bare}"
    return f"{private}{bare}_of_{stem}"


class Scopes(ast.NodeVisitor):
    """The Name nodes of a module that mean a name of its top, and attributes of module aliases."""

    def __init__(self) -> None:
        self.found: list[ast.Name] = []
        self.attributes: list[ast.Attribute] = []
        self.globals: list[ast.Global] = []
        self.stack: list[set[str]] = []
        self.shadowed: dict[str, list[int]] = defaultdict(list)
        self.inner: dict[int, set[str]] = {}

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for one in (*node.decorator_list, *node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(one)
        arguments = node.args
        for one in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg):
            if one and one.annotation:
                self.visit(one.annotation)
        if node.returns:
            self.visit(node.returns)
        self.stack.append(self.locals_of(node))
        for statement in node.body:
            self.visit(statement)
        self.stack.pop()

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Lambda(self, node: ast.Lambda) -> None:
        for one in (*node.args.defaults, *(d for d in node.args.kw_defaults if d)):
            self.visit(one)
        self.stack.append({one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)})
        self.visit(node.body)
        self.stack.pop()

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp) -> None:
        names = {one.id for part in node.generators for one in ast.walk(part.target) if isinstance(one, ast.Name)}
        self.visit(node.generators[0].iter)
        self.stack.append(names)
        for number, part in enumerate(node.generators):
            if number:
                self.visit(part.iter)
            self.visit(part.target)
            for one in part.ifs:
                self.visit(one)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)
        self.stack.pop()

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp

    def locals_of(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> set[str]:
        names = {one.arg for one in ast.walk(node.args) if isinstance(one, ast.arg)}
        free: set[str] = set()
        todo: list[ast.AST] = list(node.body)
        while todo:
            one = todo.pop()
            if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                names.add(one.name)
                continue
            if isinstance(one, ast.Lambda):
                continue
            if isinstance(one, ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp):
                todo += [part for part in ast.walk(one) if isinstance(part, ast.NamedExpr)]
                continue
            if isinstance(one, ast.Global | ast.Nonlocal):
                free |= set(one.names)
            if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store | ast.Del):
                names.add(one.id)
            if isinstance(one, ast.ExceptHandler) and one.name:
                names.add(one.name)
            if isinstance(one, ast.MatchAs | ast.MatchStar) and one.name:
                names.add(one.name)
            if isinstance(one, ast.MatchMapping) and one.rest:
                names.add(one.rest)
            if isinstance(one, ast.Import | ast.ImportFrom):
                names |= {(alias.asname or alias.name).split(".")[0] for alias in one.names}
            todo += ast.iter_child_nodes(one)
        return names - free

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for one in (*node.decorator_list, *node.bases, *node.keywords):
            self.visit(one)
        for statement in node.body:
            if isinstance(statement, ast.Assign):
                self.visit(statement.value)
                for target in statement.targets:
                    if not isinstance(target, ast.Name):
                        self.visit(target)
            elif isinstance(statement, ast.AnnAssign):
                self.visit(statement.annotation)
                if statement.value:
                    self.visit(statement.value)
            else:
                self.visit(statement)

    def visit_Global(self, node: ast.Global) -> None:
        self.globals.append(node)

    def visit_Name(self, node: ast.Name) -> None:
        if not any(node.id in scope for scope in self.stack):
            self.found.append(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        if isinstance(node.value, ast.Name) and not any(node.value.id in scope for scope in self.stack):
            self.attributes.append(node)
            self.inner[id(node)] = set().union(*self.stack) if self.stack else set()
        self.visit(node.value)


@dataclass
class Part:
    """A file's text after the move, without its imports at the top."""

    doc: str
    body: str
    imports: list[tuple[str, str, str]]
    """(module, name or "" for the module, local name)."""
    plain: list[str]
    """Statements `import x` as they stand."""
    leads: bool = False
    """Whether the new file has this module's name: what it says of itself comes first."""


class Rewriting:
    """One file: its names and imports follow the plan."""

    def __init__(self, world: World, module: Module, new: str, taken: dict[str, tuple[str, str]]) -> None:
        self.world, self.module, self.new, self.taken = world, module, new, taken
        self.edits: list[tuple[int, int, str]] = []
        lines = module.text.encode().splitlines(keepends=True)
        self.starts = [0]
        for line in lines:
            self.starts.append(self.starts[-1] + len(line))
        self.local: dict[str, str] = {}
        """Local name → what it is called afterwards."""
        self.aliases: dict[str, str] = {}
        """Local name of a module → the old module."""

    def at(self, line: int, column: int) -> int:
        return self.starts[line - 1] + column

    def span(self, node: ast.AST) -> tuple[int, int]:
        return self.at(node.lineno, node.col_offset), self.at(node.end_lineno, node.end_col_offset)

    def follow(self, module: str, name: str, local: str) -> tuple[str, str, str] | None:
        """What an imported name is afterwards: (module, name, wanted local name); None where nothing changes."""
        world = self.world
        origin, name_there = world.origin(module, name)
        if name_there == "":
            return world.target.get(origin, origin), "", local
        new_name = world.renamed.get((origin, name_there), name_there)
        wanted = local if local != name else new_name
        return world.target.get(origin, origin), new_name, wanted

    def run(self) -> Part:
        module, imports, plain, cut = self.module, [], [], []
        body = module.tree.body
        doc = ast.get_docstring(module.tree, clean=False) or ""
        first = body[0] if body else None
        if doc and first is not None:
            cut.append((self.at(first.lineno, 0), self.starts[first.end_lineno]))
        for name in module.defined:
            if (module.name, name) in self.world.renamed:
                self.local[name] = self.world.renamed[module.name, name]
        for node in body:
            if isinstance(node, ast.ImportFrom):
                if (node.module or "").split(".")[0] == "jaga":
                    for alias in node.names:
                        self.take(node.module, alias, imports)
                else:
                    imports += [(node.module or "", one.name, one.asname or one.name) for one in node.names]
                cut.append((self.at(node.lineno, 0), self.starts[node.end_lineno]))
            elif isinstance(node, ast.Import):
                plain.append(ast.unparse(node))
                cut.append((self.at(node.lineno, 0), self.starts[node.end_lineno]))
        imports = self.settle(imports)
        for node in ast.walk(module.tree):
            if isinstance(node, ast.ImportFrom) and node not in body and (node.module or "").split(".")[0] == "jaga":
                self.inner(node)
        scopes = Scopes()
        scopes.visit(module.tree)
        done = set()
        for node in scopes.attributes:
            old = self.aliases.get(node.value.id)
            if old is None:
                continue
            renamed = self.world.renamed.get((old, node.attr), node.attr)
            if self.world.target.get(old, old) == self.new:
                self.edits.append((*self.span(node), renamed))
                done.add(id(node.value))
                if renamed in scopes.inner[id(node)]:
                    print(f"unsure: {module.path}:{node.lineno} {node.value.id}.{node.attr} is shadowed")
            elif renamed != node.attr:
                self.edits.append((self.span(node.value)[1], self.span(node)[1], f".{renamed}"))
        for node in scopes.found:
            if id(node) not in done and node.id in self.local and self.local[node.id] != node.id:
                self.edits.append((*self.span(node), self.local[node.id]))
        for node in body:
            self.heads(node)
        for node in scopes.globals:
            if any(name in self.local for name in node.names):
                self.edits.append((*self.span(node), "global " + ", ".join(self.local.get(n, n) for n in node.names)))
        for node in ast.walk(module.tree):
            self.set_attribute(node)
        text = module.text.encode()
        for start, end in cut:
            self.edits.append((start, end, ""))
        for start, end, new in sorted(set(self.edits), reverse=True):
            text = text[:start] + new.encode() + text[end:]
        return Part(
            doc,
            text.decode().strip("\n"),
            imports,
            plain,
            self.module.name.rpartition(".")[2] == self.new.rpartition(".")[2],
        )

    def heads(self, node: ast.stmt) -> None:
        """Rename the function or class of a statement at the top."""
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            new = self.local.get(node.name)
            if new and new != node.name:
                line = self.module.text.encode()
                start = self.at(node.lineno, node.col_offset)
                found = re.compile(rb"(?:async )?(?:def|class)\s+(" + node.name.encode() + rb")\b").match(line, start)
                if found:
                    self.edits.append((found.start(1), found.end(1), new))

    def set_attribute(self, node: ast.AST) -> None:
        """`monkeypatch.setattr(alias, "name", …)` and `getattr(alias, "name")`."""
        if not isinstance(node, ast.Call) or len(node.args) < 2:
            return
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first, second = node.args[:2]
        if called in ("setattr", "getattr", "delattr", "object") and isinstance(first, ast.Name):
            old = self.aliases.get(first.id)
            if old and isinstance(second, ast.Constant) and isinstance(second.value, str):
                renamed = self.world.renamed.get((old, second.value))
                if renamed:
                    self.edits.append((*self.span(second), f'"{renamed}"'))

    def take(self, module: str, alias: ast.alias, imports: list[tuple[str, str, str]]) -> None:
        local = alias.asname or alias.name
        new_module, new_name, wanted = self.follow(module, alias.name, local)
        if new_name == "":
            self.aliases[local] = self.world.origin(module, alias.name)[0]
        if new_module == self.new:
            if new_name and new_name != local:
                self.local[local] = new_name
            return
        if wanted != local:
            self.local[local] = wanted
        imports.append((new_module, new_name, wanted))

    def settle(self, imports: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """Give an import another local name where the file has the name already for something else."""
        settled = []
        back = {new: old for old, new in self.local.items()}
        for module, name, local in imports:
            old = back.get(local, local)
            if self.taken.setdefault(local, (module, name)) != (module, name):
                new = other_name(local, module.rsplit(".", 1)[-1] if name else module.split(".")[-2])
                while self.taken.setdefault(new, (module, name)) != (module, name):
                    new = other_name(new, module.split(".")[-2])
                self.local[old] = new
                local = new
            settled.append((module, name, local))
        return settled

    def inner(self, node: ast.ImportFrom) -> None:
        """An import inside a function or below an `if`."""
        found = []
        for alias in node.names:
            local = alias.asname or alias.name
            module, name, _ = self.follow(node.module, alias.name, local)
            if name == "":
                self.aliases[local] = self.world.origin(node.module, alias.name)[0]
            if module == self.new:
                if name and name != local:
                    print(f"unsure: {self.module.path}:{node.lineno} {local} is {name} here")
                continue
            found.append((module, name, local))
        indent = " " * node.col_offset
        self.edits.append((*self.span(node), f"\n{indent}".join(import_lines(found)) or "pass"))


def import_lines(imports: list[tuple[str, str, str]]) -> list[str]:
    by_module: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for module, name, local in imports:
        if name == "":
            module, _, name = module.rpartition(".")
        by_module[module].add((name, local))
    return [
        f"from {module} import "
        + ", ".join(name if name == local else f"{name} as {local}" for name, local in sorted(names))
        for module, names in sorted(by_module.items())
    ]


def written(parts: list[Part], moved: bool) -> str:
    future = any(module == "__future__" for part in parts for module, _, _ in part.imports)
    imports = [one for part in parts for one in part.imports if one[0] != "__future__"]
    plain = sorted({line for part in parts for line in part.plain})
    docs = [part.doc.strip("\n") for part in sorted(parts, key=lambda one: not one.leads) if part.doc]
    pieces = []
    if docs:
        joined = "\n\n".join(docs)
        raw = "r" if "\\" in joined else ""
        pieces.append(f'{raw}"""{joined}' + ('\n"""' if "\n" in joined.strip() or len(joined) > 113 else '"""'))
    head = ["from __future__ import annotations"] if future else []
    head += plain + import_lines(list(dict.fromkeys(imports)))
    if head:
        pieces.append("\n".join(head))
    bodies, seen = [], set()
    for part in parts:
        if part.body:
            bodies.append(part.body)
    del seen, moved
    return "\n\n".join(pieces) + "\n\n\n" + "\n\n\n".join(bodies) + "\n"


def texts_of(world: World) -> re.Pattern[str]:
    return re.compile(r"\bjaga(?:\.[A-Za-z_][A-Za-z_0-9]*)+")


class Texts:
    """Dotted names and paths in strings, comments and documents."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.folders: dict[str, set[str]] = defaultdict(set)
        for old, new in world.target.items():
            parts = old.split(".")
            for number in range(2, len(parts)):
                self.folders[".".join(parts[:number])].add(".".join(new.split(".")[: 3 if number > 2 else 2]))

    def named(self, whole: str) -> str:
        parts = whole.split(".")
        for number in range(len(parts), 1, -1):
            name = ".".join(parts[:number])
            rest = parts[number:]
            if name in self.world.target:
                if rest:
                    rest[0] = self.world.renamed.get((name, rest[0]), rest[0])
                return ".".join([self.world.target[name], *rest])
            if name in self.world.modules and rest and not self.world.modules[name].package:
                return whole
            if name in self.folders and len(self.folders[name]) == 1 and number > 2:
                return ".".join([*self.folders[name], *rest])
            if name in self.world.modules and rest:
                module, origin = self.world.origin(name, rest[0])
                if (module, origin) != (name, rest[0]) and origin:
                    new = self.world.renamed.get((module, origin), origin)
                    return ".".join([self.world.target.get(module, module), new, *rest[1:]])
        return whole

    def path(self, found: re.Match[str]) -> str:
        prefix, whole = found.group(1) or "", found.group(2)
        bare = whole.rstrip("/").removesuffix(".py").replace("/", ".")
        name = f"jaga.{bare}"
        if name in self.world.target:
            new = self.world.target[name].removeprefix("jaga.").replace(".", "/")
            return prefix + new + (".py" if whole.endswith(".py") else "")
        if name in self.folders and len(self.folders[name]) == 1 and not whole.endswith(".py"):
            (new,) = self.folders[name]
            return prefix + new.removeprefix("jaga.").replace(".", "/") + ("/" if whole.endswith("/") else "")
        return found.group()

    DOTTED = re.compile(r"\bjaga(?:\.[A-Za-z_][A-Za-z_0-9]*)+")
    SHORT = re.compile(r"(?<=`)(?:casework|records|jobs|transparency|web)(?:\.[A-Za-z_][A-Za-z_0-9]*)+")
    PATH = re.compile(
        r"((?:src/)?jaga/)?(?<!tests/)(?<!templates/)\b((?:casework|records|jobs|transparency|web)(?:/[a-z_0-9]+)+(?:\.py\b|/)?)"
    )

    def __call__(self, text: str) -> str:
        text = self.SHORT.sub(lambda found: self.named(f"jaga.{found.group()}").removeprefix("jaga."), text)
        return self.PATH.sub(self.path, self.DOTTED.sub(lambda found: self.named(found.group()), text))


def main() -> None:
    world = World()
    if "--dry" in sys.argv:
        for new, members in sorted(world.members.items()):
            lines = sum(world.modules[one].text.count("\n") for one in members)
            print(lines, new, "<-", " ".join(one.removeprefix("jaga.") for one in members))
        print(len(world.members), "files of", sum(map(len, world.members.values())), "modules")
        return
    texts = Texts(world)
    results: dict[Path, str] = {}
    gone: set[Path] = set()
    for new, members in world.members.items():
        taken: dict[str, tuple[str, str]] = {}
        for one in members:
            for name in world.modules[one].defined:
                taken[world.renamed.get((one, name), name)] = (new, world.renamed.get((one, name), name))
        parts = [Rewriting(world, world.modules[one], new, taken).run() for one in members]
        path = SRC / Path(*new.split(".")).with_suffix(".py")
        results[path] = written(parts, True)
        gone |= {world.modules[one].path for one in members}
    moved = {world.modules[one].path for one in world.target}
    for tree in TREES:
        for path in sorted((ROOT / tree).rglob("*.py")):
            if path in moved or path.is_relative_to(ROOT / "tools" / "move"):
                continue
            if "migrations" in path.parts and path.is_relative_to(SRC):
                continue
            name = ".".join(path.relative_to(SRC if path.is_relative_to(SRC) else ROOT).with_suffix("").parts)
            results[path] = in_place(world, read(path, name))
    for path in gone - set(results):
        path.unlink()
    for path, text in results.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(texts(text))
    others = ("*.md", "*.toml", "*.yaml", "*.yml", "*.html", "*.txt", "*.sql", "*.cfg", "*.js", "*.css", "*.json")
    listed = subprocess.run(["git", "ls-files", "--", *others], cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S607
    for line in listed.stdout.splitlines():
        path = ROOT / line
        if line.startswith(("src/jaga/policy/releases", "tests/fence", "CHANGELOG")) or not path.exists():
            continue
        text = path.read_text()
        new = texts(text)
        if new != text:
            path.write_text(new)
    tidy(world)


def in_place(world: World, module: Module) -> str:
    """The text of a file that stays, with its imports of what moved mended where they stand."""
    rewriting = Rewriting(world, module, module.name, {})
    taken: dict[str, tuple[str, str]] = {}
    touched = False
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "jaga":
            entries: list[tuple[str, str, str]] = []
            for alias in node.names:
                rewriting.take(node.module, alias, entries)
            lines = import_lines(entries)
            old = import_lines([(node.module, one.name, one.asname or one.name) for one in node.names])
            if lines != old:
                touched = True
                start, end = rewriting.span(node)
                rewriting.edits.append((start, end, "\n".join(lines)))
    for name in module.defined:
        taken[name] = ("", name)
    for old, new in list(rewriting.local.items()):
        if new in taken or new in module.imported:
            print(f"unsure: {module.path} {old} would be {new}, which it has")
    for node in ast.walk(module.tree):
        if (
            isinstance(node, ast.ImportFrom)
            and node not in module.tree.body
            and (node.module or "").split(".")[0] == "jaga"
        ):
            rewriting.inner(node)
            touched = True
    if not touched:
        return module.text
    scopes = Scopes()
    scopes.visit(module.tree)
    for node in scopes.attributes:
        old = rewriting.aliases.get(node.value.id)
        renamed = world.renamed.get((old, node.attr)) if old else None
        if renamed:
            rewriting.edits.append((rewriting.span(node.value)[1], rewriting.span(node)[1], f".{renamed}"))
    for node in scopes.found:
        if node.id in rewriting.local and rewriting.local[node.id] != node.id:
            rewriting.edits.append((*rewriting.span(node), rewriting.local[node.id]))
    for node in ast.walk(module.tree):
        rewriting.set_attribute(node)
    text = module.text.encode()
    for start, end, new in sorted(set(rewriting.edits), reverse=True):
        text = text[:start] + new.encode() + text[end:]
    return text.decode()


def tidy(world: World) -> None:
    """Packages: make the new ones, remove the empty old ones."""
    for new in world.members:
        path = SRC / Path(*new.split("."))
        for folder in path.parents:
            if folder == SRC / "jaga":
                break
            init = folder / "__init__.py"
            if not init.exists():
                init.write_text(f'"""{folder.name.replace("_", " ").capitalize()}."""\n')
    for old in sorted((SRC / "jaga").rglob("__init__.py"), key=lambda one: -len(one.parts)):
        if [one.name for one in old.parent.iterdir() if one.name != "__pycache__"] == ["__init__.py"]:
            old.unlink()
            shutil.rmtree(old.parent)


if __name__ == "__main__":
    main()
