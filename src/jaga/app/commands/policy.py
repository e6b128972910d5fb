"""`jaga policy`: check a release before it goes live, and show the one in force."""

from datetime import date, datetime
from pathlib import Path

import click

from jaga.core.clock import today
from jaga.core.errors import N_, JagaError
from jaga.core.terms import Language
from jaga.policy import Category, PolicyRelease, check_release, load_release

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class PolicyUnreadable(JagaError):
    """The folder or one of its files could not be read."""

    code = "policy_unreadable"
    sentence = N_("%(why)s.")
    remedy = N_("Check the path and your right to read it.")


@click.group()
def policy() -> None:
    """Check and show the policy release: categories, legal bases, deadlines, letters and lexicons."""


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
def check(path: Path | None) -> None:
    """Check a policy release and test its rules on their examples.

    PATH is the release's folder; the default is the shipped release.

    Prints one line a fault, `FILE:LINE: what → remedy`, and ends with status 1 if there is any.
    """
    try:
        problems = check_release(path)
        if not problems:  # The engine can only run a valid release.
            from jaga.screening.engine.proving import prove

            problems = prove(path)
    except OSError as error:
        raise click.ClickException(PolicyUnreadable(why=str(error)).english()) from None
    for problem in problems:
        click.echo(str(problem))
    if problems:
        click.echo(f"{len(problems)} faults; the release would not be loaded.", err=True)
        raise SystemExit(1)
    release = load_release(path)
    click.echo(f"sound: {release.name} {release.version} of {release.dated}, sha256 {release.hash}")


@policy.command()
@click.argument("path", required=False, type=_FOLDER)
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]),
              help="Show the legal bases for conduct on this day. Default: today.")
@click.option("--language", type=click.Choice([language.value for language in Language]), default="id")
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
