"""`jaga policy`: check a release, propose it for adoption, and show it."""

import gettext
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from time import monotonic

import click

from jaga.app.commands.records import open_records, person_named
from jaga.app.config import PACKAGE
from jaga.core.errors import N_, JagaError
from jaga.core.terms.people import Language
from jaga.policy.checks.release import changed_under_its_version, check_recorded, line_of
from jaga.policy.checks.rules import texts_hash
from jaga.policy.local_time import today
from jaga.policy.models import Category
from jaga.policy.problems import ReleaseProblem
from jaga.policy.reading import RECORD, PartialRelease
from jaga.policy.release import (
    PolicyRelease,
    check_release,
    default_language,
    load_release,
    named_folder,
    read_release,
    release_files,
    release_of,
)

_MOST, _SILENT_SECONDS = 50, 2.0
_CHANGED = "The folder was changed while it was checked. Repeat this."
_LANGUAGES = click.Choice([language.value for language in Language])
_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class PolicyUnreadable(JagaError):
    """The folder or one of its files could not be read."""

    code = "policy_unreadable"
    sentence = N_("%(why)s.")
    remedy = N_("Check the path and your permission to read it.")


@click.group()
def policy() -> None:
    """Check, show and adopt the policy release: categories, legal bases, deadlines, letters and lexicons."""


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
@click.option(
    "--language",
    type=_LANGUAGES,
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the messages.",
)
@click.option("--all", "everything", is_flag=True, help=f"Print every fault, not only the first {_MOST}.")
@click.option(
    "--record",
    is_flag=True,
    help=f"Write version and hash into {RECORD} if the release is valid. Raise the version first.",
)
def check(path: Path | None, language: str, everything: bool, record: bool) -> None:
    """Check the release in PATH (default: the shipped one), and run its rules over their examples.

    Prints one line a fault, `FILE:LINE: what → remedy`, and ends with status 1 if there is any. What it is doing goes
    to the error stream. Files that were changed under the same version are a fault.
    """
    say = _translator(language)
    folder = path or named_folder()
    before = _draft(path) if record else None
    if before:  # before the rules run, which takes a minute
        _show(changed_under_its_version(folder, before), say, _MOST)
    _prove(path, say, everything, compare=not record)
    release = load_release(path)
    if before:
        if release.hash != before.hash:
            raise click.ClickException(_CHANGED)
        _write(Path(str(folder)) / RECORD, line_of(release.version, release.hash))
    click.echo(
        say(N_("valid: %(name)s %(version)s of %(dated)s, sha256 %(hash)s"))
        % {"name": release.name, "version": release.version, "dated": release.dated, "hash": release.hash}
    )
    click.echo(_watched(release, say))


def _watched(release: PolicyRelease, say: Callable[[str], str]) -> str:
    """What a watch puts before people under this release."""
    lines = release.screening
    if lines.shared_words_cases is None:
        return say(N_("watched content: a case for each account with a text from %(line)s on")) % {
            "line": lines.flagged_from
        }
    return say(
        N_(
            "watched content: a case for each account with a text from %(line)s on; of the same words, cases for "
            "%(cases)s accounts, and the others wait for a judgement of these, at most %(days)s days"
        )
    ) % {"line": lines.flagged_from, "cases": lines.shared_words_cases, "days": lines.shared_words_days}


def _files(path: Path | None) -> dict[str, bytes]:
    """The files of the folder. Ends with an error if they cannot be read or one leads out of it."""
    try:
        return release_files(path)
    except OSError as error:
        raise click.ClickException(PolicyUnreadable(why=str(error)).english()) from None


def _draft(path: Path | None) -> PartialRelease:
    """The readable parts of the release. Ends with an error if the folder or a file cannot be read."""
    try:
        return read_release(path)
    except OSError as error:
        raise click.ClickException(PolicyUnreadable(why=str(error)).english()) from None


def _write(file: Path, text: str) -> None:
    """Write a file of the release. Ends with an error if that is not possible."""
    try:
        file.write_text(text)
    except OSError as error:
        raise click.ClickException(PolicyUnreadable(why=str(error)).english()) from None


def _prove(path: Path | None, say: Callable[[str], str], everything: bool, *, compare: bool = False) -> None:
    """Check the release and run its rules over their examples; end with status 1 if there is a fault.

    With `compare`, version and hash must also be those recorded in the folder.
    """
    try:
        click.echo(say(N_("Reading the files of the release …")), err=True)
        problems = check_release(path)
        if not problems:  # The engine can only run a valid release.
            click.echo(say(N_("Starting the screening engine; this takes a minute the first time …")), err=True)
            from jaga.screening.engine.proving import prove, prove_texts

            problems = prove(path, _Progress(say).at) + prove_texts(path)
            problems += check_recorded(path or named_folder(), read_release(path)) if compare else []
    except OSError as error:
        raise click.ClickException(PolicyUnreadable(why=str(error)).english()) from None
    _show(problems, say, len(problems) if everything else _MOST)


@policy.command("learn-filter")
@click.argument("path", type=_FOLDER)
@click.option(
    "--language",
    type=_LANGUAGES,
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the messages.",
)
def learn_filter(path: Path, language: str) -> None:
    """Learn the false-alarm filter of the release in PATH anew from its labelled texts, and write filter.yaml.

    Needed after each change of texts/. The same texts always give the same file.
    """
    say = _translator(language)
    click.echo(say(N_("Reading the files of the release …")), err=True)
    draft = _draft(path)
    texts = [one for file in draft.texts for _, one in file.texts]
    from jaga.screening.engine.false_alarms import encoded, learnt_from

    try:
        model = learnt_from(texts)
    except ValueError:
        raise click.ClickException(
            say(
                N_(
                    "There are too few texts in texts/ to learn from: at least two offences and "
                    "two harmless ones are needed."
                )
            )
        ) from None
    target = path / "filter.yaml"
    _write(
        target,
        "# Learnt from texts/ by `jaga policy learn-filter`. Do not edit.\n"
        f"texts: {texts_hash(draft.texts)}\nmodel: {encoded(model)}\n",
    )
    click.echo(
        say(N_("%(file)s: learnt from %(texts)s texts, %(offences)s of them offences."))
        % {"file": target, "texts": len(texts), "offences": sum(one.category is not None for one in texts)}
    )


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
@click.option(
    "--by",
    required=True,
    metavar="USERNAME",
    help="Who proposes it: a supervisor or administrator. Somebody else confirms it in the console.",
)
@click.option("--reason", required=True, help="The reason, as a sentence. It is kept and shown.")
@click.option(
    "--language",
    type=_LANGUAGES,
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the messages.",
)
@click.option("--all", "everything", is_flag=True, help=f"Print every change, not only the first {_MOST} of a part.")
def adopt(path: Path | None, by: str, reason: str, language: str, everything: bool) -> None:
    """Propose the release in PATH (default: the folder of JAGA_POLICY, else the shipped one) for adoption.

    Checks it as `jaga policy check` does, shows how it differs from the release in force, and stores it. Nothing uses
    it until a second person confirms it in the console, within a day.
    """
    say = _translator(language)
    files = _files(path)
    _prove(path, say, everything)
    if _files(path) != files:
        raise click.ClickException(_CHANGED)
    with _records():
        from jaga.adoption.verbs import propose_release, stored_files
        from jaga.policy.differences import differences

        made = propose_release(files, reason, actor=person_named(by))
        assert made.before
        before = stored_files(made.before)
        for part in differences(
            release_of(before, made.before.hash), release_of(files, made.release.hash), before, files
        ):
            title, lines = part.translated(say)
            most = len(lines) if everything else _MOST
            click.echo(f"\n{title}\n" + "\n".join(f"  {line}" for line in lines[:most]))
            if len(lines) > most:
                click.echo("  " + say(N_("… and %(count)s more; --all prints them.")) % {"count": len(lines) - most})
        click.echo(
            "\n"
            + say(
                N_(
                    "Proposed: %(name)s %(version)s, sha256 %(hash)s. Somebody else can confirm it until "
                    "%(until)s, in the console under “Policy releases”. Until then nothing changes."
                )
            )
            % {
                "name": made.release.name,
                "version": made.release.version,
                "hash": made.release.hash,
                "until": f"{made.confirm_until:%Y-%m-%d %H:%M} UTC",
            }
        )


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
@click.option(
    "--by",
    required=True,
    metavar="USERNAME",
    help="Who answers for it: a supervisor or administrator. Somebody else confirms it in the console.",
)
@click.option("--reason", required=True, help="The reason, as a sentence. It is kept and shown.")
@click.option(
    "--language",
    type=_LANGUAGES,
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the messages.",
)
def emergency(path: Path | None, by: str, reason: str, language: str) -> None:
    """Put the release in PATH into force because the one in force cannot be loaded.

    Refused while that one can be loaded. PATH is by default the folder of JAGA_POLICY, else the shipped release, and is
    checked as `jaga policy check` does. It is recorded and an alarm until another person confirms it in the console.
    """
    say = _translator(language)
    files = _files(path)
    _prove(path, say, everything=False)
    if _files(path) != files:
        raise click.ClickException(_CHANGED)
    with _records():
        from jaga.adoption.verbs import replace_unreadable_release

        made = replace_unreadable_release(files, reason, actor=person_named(by))
        click.echo(
            say(
                N_(
                    "In force: %(name)s %(version)s, sha256 %(hash)s. Start Jaga now. Somebody else confirms "
                    "this until %(until)s, in the console under “Policy releases”; else it is an alarm."
                )
            )
            % {
                "name": made.release.name,
                "version": made.release.version,
                "hash": made.release.hash,
                "until": f"{made.confirm_until:%Y-%m-%d %H:%M} UTC",
            }
        )


@contextmanager
def _records() -> Iterator[None]:
    """The database and keys of this installation; `check` and `show` need neither."""
    from jaga.app import keys, put_back
    from jaga.app.services.database import database

    with database() as url:
        keys.prepare(url)
        put_back.check(url)
        open_records()
        yield


def _show(problems: Sequence[ReleaseProblem], say: Callable[[str], str], most: int) -> None:
    """Print the problems, `most` at most, and end with status 1 if there are any."""
    for problem in problems[:most]:
        click.echo(problem.translated(say))
    if len(problems) > most:
        click.echo(say(N_("… and %(count)s more; --all prints them.")) % {"count": len(problems) - most})
    if problems:
        click.echo(say(N_("%(count)s faults; the release would not be loaded.")) % {"count": len(problems)}, err=True)
        raise SystemExit(1)


class _Progress:
    """Which rule is tried: each on a terminal, in place; elsewhere one line every few seconds."""

    def __init__(self, say: Callable[[str], str]) -> None:
        self._say, self._reported_at = say, monotonic()
        self._terminal = sys.stderr.isatty()

    def at(self, key: str, number: int, whole: int) -> None:
        """Say that this rule is tried now."""
        line = self._say(N_("rule %(number)s of %(whole)s: %(key)s")) % {"number": number, "whole": whole, "key": key}
        if self._terminal:
            click.echo(f"\r\x1b[K{line}" + ("\n" if number == whole else ""), nl=False, err=True)
        elif number in (1, whole) or monotonic() - self._reported_at >= _SILENT_SECONDS:
            self._reported_at = monotonic()
            click.echo(line, err=True)


def _translator(language: str) -> Callable[[str], str]:
    """Tells messages in that language; English where the catalogue was not compiled."""
    return gettext.translation("django", PACKAGE / "locale", [language], fallback=True).gettext


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
@click.option(
    "--on",
    "day",
    type=click.DateTime(["%Y-%m-%d"]),
    help="Show the legal bases for conduct on this day. Default: today.",
)
@click.option("--language", type=_LANGUAGES, default=default_language().value)
def show(path: Path | None, day: datetime | None, language: str) -> None:
    """Show each category's possible decisions, deadlines and laws."""
    try:
        release = load_release(path)
    except JagaError as error:
        raise click.ClickException(error.english()) from None
    on = day.date() if day else today()
    click.echo(f"{release.name} {release.version} of {release.dated}, {release.maintainer}\nsha256 {release.hash}")
    for category in release.categories:
        click.echo("\n" + "\n".join(_lines(release, category, on, language)))


def _lines(release: PolicyRelease, category: Category, on: date, language: str) -> list[str]:
    decisions = [
        f"{kind}{' (two people)' if release.needs_second_person(category.key, kind) else ''}"
        for kind in release.allowed_decisions(category.key)
    ]
    marks = [
        category.severity.name.lower(),
        *(["victim-first"] if category.victim_first else []),
        *(["urgent"] if release.may_be_urgent(category.key) else []),
    ]
    return [
        f"{category.key}: {category.label.say(language)} [{', '.join(marks)}]",
        f"  decisions: {', '.join(decisions)}",
        *(
            f"  {basis.citation}{'' if basis.verified else ' (not verified)'}"
            for basis in release.legal_bases_for(category.key, on)
        ),
    ]
