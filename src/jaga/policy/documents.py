"""Parses YAML into plain values with the line number of each.

Stricter than YAML: repeated keys, list items with the same `key`, aliases and unknown tags are refused, since a reader
of the diff would miss their effect.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml
from yaml.composer import Composer
from yaml.resolver import Resolver

from jaga.core.errors import N_
from jaga.policy.letters import EXAMPLES, name_of, odd_letters
from jaga.policy.problems import ReleaseProblem, fill

Place = tuple[str | int, ...]
_loader: Any = yaml.SafeLoader
if yaml.__with_libyaml__:
    from yaml._yaml import CParser

    class _Loader(Composer, CParser, Resolver):
        """libyaml's parser, seven times as fast, without its composer, which crashes on deeply nested files."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            Composer.__init__(self)
            Resolver.__init__(self)

    _loader = _Loader


@dataclass(frozen=True)
class Document:
    """The value of a file. `line` finds the line of a part, or of the nearest enclosing part."""

    file: str
    value: object
    lines: Mapping[Place, int]

    def line(self, *place: str | int) -> int:
        """The line of the part at `place`, or of the nearest enclosing part."""
        for length in range(len(place), 0, -1):
            if place[:length] in self.lines:
                return self.lines[place[:length]]
        return 1

    def problem(self, place: Place, what: str, remedy: str) -> ReleaseProblem:
        """A problem at this place of the file."""
        return ReleaseProblem(self.file, self.line(*place), what, remedy)


class _Walker:
    def __init__(self, file: str, written: Sequence[str]) -> None:
        self.file = file
        self.written = written  # the file's lines
        self.lines: dict[Place, int] = {}
        self.problems: list[ReleaseProblem] = []
        self._scalars = yaml.SafeLoader("")
        self._seen: set[int] = set()

    def report(self, line: int, what: str, remedy: str) -> None:
        self.problems.append(ReleaseProblem(self.file, line, what, remedy))

    def value(self, node: yaml.Node, place: Place) -> object:
        self.lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._seen:
            self.report(self.lines[place], N_("this is an alias (`*name`)"), N_("Write the text out in full."))
            return None
        self._seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, place)
        if isinstance(node, yaml.SequenceNode):
            found = [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
            self._keys_once(found, place)
            return found
        if not EXAMPLES & {*place}:
            self._odd(node)
        try:
            return self._scalars.construct_object(node)
        except yaml.constructor.ConstructorError:
            self.report(
                self.lines[place],
                fill(N_("the tag %(tag)s is not allowed"), tag=node.tag),
                N_("Remove it; write plain text."),
            )
        except ValueError as error:  # 2026-02-30 looks like a date to YAML
            self.report(
                self.lines[place],
                fill(N_("%(value)s is not a valid value: %(error)s"), value=repr(node.value), error=error),
                N_("Correct it."),
            )
        return None

    def _keys_once(self, items: Sequence[object], place: Place) -> None:
        """Report items with the `key` of an earlier one: of two word lists or rules, only the last would count."""
        seen: set[object] = set()
        for index, item in enumerate(items):
            key = item.get("key") if isinstance(item, dict) else None
            if isinstance(key, str):
                if key in seen:
                    self.report(
                        self.lines[(*place, index, "key")],
                        fill(N_("`%(key)s` is listed twice"), key=key),
                        N_("Keep one."),
                    )
                seen.add(key)

    def _odd(self, node: yaml.Node) -> None:
        """Report letters that only look like those of the alphabet, each on its own line."""
        for char in odd_letters(str(node.value)):
            lines = range(node.start_mark.line, min(node.end_mark.line + 1, len(self.written)))
            line = next((one for one in lines if char in self.written[one]), node.start_mark.line)
            self.report(
                line + 1,
                fill(
                    N_("`%(text)s` contains %(letter)s, which looks like another character or cannot be seen"),
                    text=_shortened(str(node.value)),
                    letter=name_of(char),
                ),
                N_("Type it again, letter by letter. Disguised spellings are allowed in examples only."),
            )

    def _mapping(self, node: yaml.MappingNode, place: Place) -> dict[str, object]:
        found: dict[str, object] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode) or key_node.tag != "tag:yaml.org,2002:str":
                self.report(line, N_("a key is not plain text"), N_('Write it as a word, or in "quotes".'))
                continue
            key = str(key_node.value)
            self._odd(key_node)
            if key in found:
                self.report(line, fill(N_("`%(key)s` is given twice"), key=key), N_("Keep one of the two."))
                continue
            self.lines[(*place, key)] = line
            found[key] = self.value(value_node, (*place, key))
        return found


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:40]}…"


def read_document(file: str, content: bytes) -> tuple[Document | None, list[ReleaseProblem]]:
    """The document in `content`, or None with the problems. Never executes anything in the file."""
    try:
        node = yaml.compose(content.decode("utf-8"), Loader=_loader)
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return None, [ReleaseProblem(file, line, N_("this is not UTF-8 text"), N_("Save the file as UTF-8."))]
    except RecursionError:
        return None, [
            ReleaseProblem(file, 1, N_("the file is nested too deeply"), N_("Use fewer levels, as in the other files."))
        ]
    except yaml.reader.ReaderError as error:
        return None, [
            ReleaseProblem(
                file, 1, fill(N_("a character that YAML forbids: %(reason)s"), reason=error.reason), N_("Remove it.")
            )
        ]
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line, content.rstrip().count(b"\n")) + 1 if mark else 1  # not beyond the end of the file
        return None, [
            ReleaseProblem(file, line, fill(N_("this is not YAML: %(problem)s"), problem=error.problem),
                           N_("Check the indentation, colons and quotes on this line and the one before."))
        ]  # fmt: skip
    if node is None:
        return None, [
            ReleaseProblem(file, 1, N_("the file is empty"), N_("Fill it in; docs/policy.md describes its content."))
        ]
    walker = _Walker(file, content.decode("utf-8").splitlines())
    value = walker.value(node, ())
    if walker.problems:
        return None, walker.problems
    return Document(file, value, walker.lines), []
