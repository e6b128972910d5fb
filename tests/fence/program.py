"""Commands, the schema of a release, who may do what, and what letters and mails say."""

import ast
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from django.test import override_settings
from django.utils.translation import gettext, override
from pydantic import TypeAdapter
from tests.fence.routes import SITE
from tests.fence.sources import functions, module_of, syntax, value_of
from tests.web.console.frame.test_who_may_open_what import MATRIX

from jaga.actions.verbs import alarm_messages
from jaga.app.cli import jaga
from jaga.core.clock import frozen
from jaga.core.terms.cases import AlarmWay, CaseAlarmKind
from jaga.core.terms.people import Language, OrganisationKind, Role
from jaga.people.reads.api_keys import holder_may
from jaga.policy import reading
from jaga.policy.letters import CONTRACT
from jaga.policy.release import load_release, shipped_folder, shipped_names
from jaga.referrals.verbs import replies
from jaga.store.kernel import notification_mail
from jaga.store.kernel.row_bindings import roles_possible
from jaga.web.frame.pages import NAVIGATION
from jaga_practice.entry import practice_world

_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def commands() -> Iterator[str]:
    yield from _command(jaga, click.Context(jaga, info_name="jaga", terminal_width=100, obj=practice_world))


def _command(command: click.Command, context: click.Context) -> Iterator[str]:
    yield from (f"{context.command_path} | {line}" for line in command.get_help(context).splitlines() if line.strip())
    if isinstance(command, click.Group):
        for name in sorted(command.list_commands(context)):
            below = command.get_command(context, name)
            assert below is not None
            yield from _command(below, click.Context(below, info_name=name, parent=context, terminal_width=100))


def policy() -> Iterator[str]:
    """Every field of every file of a release, as the loader reads it."""
    kinds = dict[str, Any]()
    read = reading.read_part

    def noted(name: str, content: bytes, kind: Any, languages: tuple[Language, ...]) -> Any:
        kinds[name] = kind
        return read(name, content, kind, languages)

    reading.read_part = noted
    try:
        reading.read_draft(shipped_folder("id"))
    finally:
        reading.read_part = read
    names = defaultdict[Any, list[str]](list)
    for name, kind in kinds.items():
        names[kind].append(name)
    for kind, files in sorted(names.items(), key=lambda item: min(item[1])):
        schema = TypeAdapter(kind).json_schema(mode="validation")
        yield from _schema(
            schema, schema.get("$defs", {}), files[0] if len(files) == 1 else f"{files[0].split('/')[0]}/*", ()
        )


def _schema(part: Mapping[str, Any], named: Mapping[str, Any], place: str, above: tuple[str, ...]) -> Iterator[str]:
    if reference := part.get("$ref"):
        name = reference.rpartition("/")[2]
        if name in above:
            yield f"{place}: as above"
            return
        part, above = {**named[name], **{key: value for key, value in part.items() if key != "$ref"}}, (*above, name)
    below = ("properties", "items", "anyOf", "oneOf", "prefixItems", "additionalProperties", "$defs")
    said = {
        key: value
        for key, value in sorted(part.items())
        if key not in (*below, "title", "description", "discriminator")
    }
    yield f"{place}: {json.dumps(said, sort_keys=True, ensure_ascii=False, default=str)}"
    for name, inner in sorted(part.get("properties", {}).items()):
        yield from _schema(inner, named, f"{place} {name}", above)
    for key in ("items", "additionalProperties"):
        if isinstance(part.get(key), dict):
            yield from _schema(part[key], named, f"{place}[]" if key == "items" else f"{place}{{}}", above)
    for key in ("anyOf", "oneOf", "prefixItems"):
        for number, inner in enumerate(part.get(key, ()), start=1):
            yield from _schema(inner, named, f"{place} #{number}", above)


def permissions() -> Iterator[str]:
    """What each role may: pages, entries of the navigation, scopes of keys, and what functions ask for."""
    for name, (method, _, roles) in sorted(MATRIX.items()):
        yield from (f"page {name} {method}: {role.value}" for role in sorted(roles))
    for group, links in NAVIGATION.items():
        for link in links:
            without = f" unless {','.join(sorted(link.others))}" if link.others else ""
            yield from (f"navigation {group.value} {link.name}: {role.value}{without}" for role in sorted(link.roles))
    for kind in sorted(OrganisationKind):
        for authority in (False, True):
            whose = f"{kind.value}{' of an installation of an authority' if authority else ''}"
            possible = roles_possible(kind, authority_installation=authority)
            yield from (f"people of {whose} may be {role.value}" for role in sorted(possible))
        for role in sorted(Role):
            yield from (f"key of {kind.value} {role.value}: {scope}" for scope in sorted(holder_may(kind, [role])))
    yield from sorted(_asked())


def _asked() -> Iterator[str]:
    """Roles that a function asks for by `require`, or looks for in an actor's roles. Private functions go unnamed."""
    for path, tree in syntax():
        if not re.search(r"/(verbs|reads|models|kernel)(/|\.py$)", path.as_posix()):
            continue
        for one in functions(tree):
            name = "a private function" if one.name.startswith("_") else one.name
            for node in ast.walk(one):
                for how, asked in _roles_in(node):
                    value = value_of(asked, module_of(path))
                    found = {value} if isinstance(value, Role) else value
                    if isinstance(found, set | frozenset | tuple) and found and all(isinstance(r, Role) for r in found):
                        yield f"{name} {how} {','.join(sorted(found))}"


def _roles_in(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    def holds(part: ast.AST) -> bool:
        return isinstance(part, ast.Attribute) and part.attr == "roles"

    match node:
        case ast.Call(func=ast.Attribute(attr="require"), args=args) if args:
            yield "requires", ast.copy_location(ast.Tuple(args, ast.Load()), node)
        case ast.Call(func=ast.Attribute(attr="intersection", value=whose), args=[asked]) if holds(whose):
            yield "looks for", asked
        case ast.BinOp(left=left, op=ast.BitAnd(), right=right) if holds(left) or holds(right):
            yield "looks for", right if holds(left) else left
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn()], comparators=[whose]) if holds(whose):
            yield "looks for", left


class _Invented(dict[str, str]):
    """A word for each place that a text has."""

    def __missing__(self, name: str) -> str:
        return f"‹{name}›"


def letters_and_mails() -> Iterator[str]:
    """Each letter of the shipped releases, and each mail, in both languages."""
    for folder in shipped_names():
        release = load_release(Path(str(shipped_folder(folder))))
        for key in sorted(CONTRACT):
            for language in release.jurisdiction.languages:
                letter = release.letter(key, language)
                filled = letter.render(**{name: f"‹{name}›" for name in letter.placeholders})
                yield from _lines(
                    f"letter {folder} {key} {language} to {letter.recipient}", filled.subject, filled.text
                )
    for language in Language:
        with override(language), override_settings(BASE_URL=SITE), frozen(_AT):
            for kind, (subject, body) in _MAILS.items():
                yield from _lines(
                    f"mail {kind} {language}", gettext(subject) % _Invented(), gettext(body) % _Invented()
                )
            for lines in ((), tuple(_alarms())):
                message = alarm_messages.AlarmToSend("key", AlarmWay.MAIL, language, lines=lines, more=2)
                yield from _lines(f"mail alarm{'' if lines else ' test'} {language}", *alarm_messages.mail_of(message))
                if language is Language.ENGLISH:
                    yield f"webhook alarm{'' if lines else ' test'} | {alarm_messages.hook_of(message).decode()}"


_MAILS = {
    "to a person": (notification_mail.SUBJECT, notification_mail.BODY),
    "to a contact": (notification_mail.CONTACT_SUBJECT, notification_mail.CONTACT_BODY),
    "of a referral": (replies.SUBJECT, replies.BODY),
    "of a referral again": (replies.SUBJECT, replies.AGAIN),
    "of a wrong referral": (replies.WRONG_SUBJECT, replies.WRONG),
}


def _alarms() -> Iterator[alarm_messages.AlarmLine]:
    for kind in CaseAlarmKind:
        for minutes in (-30, 90):
            yield alarm_messages.AlarmLine("K000017", kind, _AT + timedelta(minutes=minutes), f"{SITE}/console/")


def _lines(what: str, subject: str, body: str) -> Iterator[str]:
    yield f"{what} subject | {subject}"
    yield from (f"{what} | {line}" for line in body.splitlines())
