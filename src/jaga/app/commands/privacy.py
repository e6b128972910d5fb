"""`jaga privacy`: the inventory of data, and what is made from it."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from jaga.app.commands.records import database_answers, open_records
from jaga.core.terms.people import Language


@click.group()
def privacy() -> None:
    """Check the inventory of personal data, find a person's data, play a breach, write the assessment."""


@privacy.command()
def check() -> None:
    """Check that each field of each table has a declaration in the inventory.

    Needs no database. Prints a line for each field without one, and for each declaration without a field, with what to
    write where; ends with status 1 if there is any.
    """
    open_records()
    from jaga.privacy.verbs.sweep import period_names
    from jaga.store.inventory.checks import all_models, check_inventory, columns_of

    models = all_models()
    if faults := check_inventory(models, period_names()):
        for fault in faults:
            click.echo(fault)
        click.echo(f"{len(faults)} faults in the inventory of data (docs/subsystems/privacy.md).")
        sys.exit(1)
    click.echo(
        f"the inventory is complete: {sum(len(columns_of(model)) for model in models)} fields of {len(models)} tables"
    )


@privacy.command()
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default=None,
    help="The language of the document; by default the first of the release.",
)
@click.option("--html", "html", is_flag=True, help="Write HTML, to print and sign, instead of Markdown.")
@click.option("--host", default="", help="Who runs the installation, as the document names it.")
def assessment(language: str | None, html: bool, host: str) -> None:
    """Write the assessment of data protection (UU PDP art. 34) to the standard output.

    It lists what is kept and why, what leaves the installation, the risks, the measures and what remains, with the
    hashes of the release and of the inventory. The judgement and the signatures are left to people. Needs no
    database: the release is that of JAGA_POLICY, else the shipped one.
    """
    open_records()
    from jaga.policy.local_time import today
    from jaga.policy.release import load_release
    from jaga.privacy.verbs.assessment import as_html, as_markdown, assess

    release = load_release()
    written = assess(release, host, today(), Language(language or release.language))
    click.echo((as_html if html else as_markdown)(written), nl=False)


@privacy.command()
@click.argument("text", required=False)
@click.option("--by", default="", help="Your username: ask for a search. Another person permits it in the console.")
@click.option("--reason", default="", help="Why you search. The ledger keeps it for ever, so name no people.")
@click.option("--search", "number", type=click.IntRange(min=1), help="Carry out this search, which was permitted.")
def find(text: str | None, by: str, reason: str, number: int | None) -> None:
    """Find where a person's data is: TEXT is a name, a telephone number, an address or an account.

    Two people: one asks with --by and --reason, another permits it in the console (Searches for a person), and within
    a day it runs once, with --search NUMBER. It reads every table, opens encrypted texts, and prints table, column, row
    and case or report of each place, never the text. Without TEXT it asks for it, so that no shell remembers it.
    """
    if (number is None) == (not by):
        raise click.UsageError("Give either --by and --reason to ask for a search, or --search to carry it out.")
    text = text or click.prompt("Text", hide_input=True)
    with _records():
        from jaga.core.actors import CLI
        from jaga.privacy.verbs.person_search import ask_person_search, carry_out_person_search

        if number is None:
            asked = ask_person_search(text, by, reason, actor=CLI)
            click.echo(
                f"Search {asked}: another supervisor or administrator permits it in the console, under "
                f"“Searches for a person”. Then: jaga privacy find --search {asked}"
            )
            return
        found = carry_out_person_search(
            number, text, lambda table, rows: click.echo(f"{table}: {rows} rows", err=True), actor=CLI
        )
    for place in found:
        click.echo(f"{place.table} {place.column} row {place.row} {place.owner}".rstrip())
    click.echo(f"{len(found)} places.")


@contextmanager
def _records() -> Iterator[None]:
    """The database and keys of this installation, which not every command needs."""
    from jaga.app import keys, put_back
    from jaga.app.services.database import database

    with database() as url:
        keys.prepare(url)
        put_back.check(url)
        database_answers()
        open_records()
        yield


@privacy.command()
def drill() -> None:
    """Play one breach of personal data in a practice installation, and print what a team should see, step by step.

    Refused where real people are. docs/runbooks/data-breach.md says what to do at each step.
    """
    with _records():
        from jaga.privacy.verbs.drill import play_breach

        for step in play_breach():
            click.echo(step.title)
            for line in step.lines:
                click.echo(f"    {line}")
