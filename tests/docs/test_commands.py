"""Every command that a document names exists, with the options that it names."""

import re
import shlex
from pathlib import Path

import click
import pytest
from tests.docs.pages import PAGES, ROOT, code_in, name_of

from jaga.app.cli import jaga
from jaga_practice.entry import practice_world

MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
_MAKE = re.compile(r"(?:^|[\s`])make((?: +[A-Z_]+=\S+)*)(?: +([a-z-]+))?")
_JAGA = re.compile(r"(?<![\w/.-])(?:\.venv/bin/)?jaga ([a-z][^\n`|>;#)]*)")
_MODULE = re.compile(r"python3? -m ([a-z][\w.]*)")


def fault(words: list[str]) -> str | None:
    """What is wrong with `jaga WORDS`, if anything."""
    command: click.Command = jaga
    context = click.Context(jaga, obj=practice_world)
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context, words[0])
        if found is None:
            return f"no command {words[0]!r}"
        command, words = found, words[1:]
    known = {"--help", *(option for parameter in command.params for option in parameter.opts)}
    unknown = [word for word in words if word.startswith("--") and word.partition("=")[0] not in known]
    return f"no option {unknown}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_make_commands_exist(page: Path) -> None:
    """A newcomer types what the page says."""
    named = {target for line in code_in(page) for _, target in _MAKE.findall(line) if target}
    assert named <= TARGETS


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_jaga_commands_exist_with_their_options(page: Path) -> None:
    """Commands are read from the program itself, so a renamed one makes its page fail."""
    said = [found for line in code_in(page) for found in _JAGA.findall(line)]
    assert [(line, why) for line in said if (why := fault(shlex.split(line.replace("'", ""))))] == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_modules_that_are_run_exist(page: Path) -> None:
    """`python -m bench.intake` and the like."""
    ours = {found for line in code_in(page) for found in _MODULE.findall(line) if found.startswith(("bench", "jaga"))}
    missing = [
        name
        for name in ours
        if not any((ROOT / base / f"{name.replace('.', '/')}.py").exists() for base in (".", "src", "practice"))
    ]
    assert missing == []


def test_the_readme_names_the_two_commands() -> None:
    """They are the two that the Makefile presents."""
    lines = list(code_in(ROOT / "README.md"))
    assert [line.strip() for line in lines if line.strip() in ("make run", "make test")] == ["make run", "make test"]
    assert {"run", "test"} <= TARGETS


def test_every_subject_of_the_command_is_told_to_operators() -> None:
    """Every command is documented for system administrators."""
    told = " ".join(" ".join(page.read_text().split()) for page in PAGES)
    assert [
        name for name in jaga.list_commands(click.Context(jaga, obj=practice_world)) if f"jaga {name}" not in told
    ] == []
