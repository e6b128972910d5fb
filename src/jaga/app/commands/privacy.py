"""`jaga privacy`: the inventory of data, and what is made from it."""

import sys

import click

from jaga.app.commands.records import open_records
from jaga.core.terms.people import Language


@click.group()
def privacy() -> None:
    """Check the inventory of personal data, and write the assessment of data protection."""


@privacy.command()
def check() -> None:
    """Check that each field of each table has a declaration in the inventory.

    Needs no database. Prints a line for each field without one, and for each declaration without a field, with what to
    write where; ends with status 1 if there is any.
    """
    open_records()
    from jaga.casework.privacy.periods import period_names
    from jaga.records.inventory.checks import all_models, check_inventory, columns_of

    models = all_models()
    if faults := check_inventory(models, period_names()):
        for fault in faults:
            click.echo(fault)
        click.echo(f"{len(faults)} faults in the inventory of data (docs/subsystems/privacy.md).")
        sys.exit(1)
    click.echo(f"the inventory is complete: {sum(len(columns_of(model)) for model in models)} fields of "
               f"{len(models)} tables")


@privacy.command()
@click.option("--language", type=click.Choice([language.value for language in Language]), default=None,
              help="The language of the document; by default the first of the release.")
@click.option("--html", "html", is_flag=True, help="Write HTML, to print and sign, instead of Markdown.")
@click.option("--host", default="", help="Who runs the installation, as the document names it.")
def assessment(language: str | None, html: bool, host: str) -> None:
    """Write the assessment of data protection (UU PDP art. 34) to the standard output.

    It lists what is kept and why, what leaves the house, the risks, the measures and what remains, with the hashes of
    the release and of the inventory. The judgement and the signatures are left to people. Needs no database: the
    release is that of JAGA_POLICY, else the shipped one.
    """
    open_records()
    from jaga.casework.privacy.assessment import as_html, as_markdown, assess
    from jaga.policy import load_release
    from jaga.policy.local_time import today

    release = load_release()
    written = assess(release, host, today(), Language(language or release.language))
    click.echo((as_html if html else as_markdown)(written), nl=False)
