"""`jaga messages`: extract texts to translate, and compile the translations."""

import sys

import click

from jaga.app import translations
from jaga.app import translations as wording
from jaga.app.config import PACKAGE


@click.command()
@click.option("--check", is_flag=True, help="Change nothing. Exit status 1 if a translation is missing or has a fault.")
def messages(check: bool) -> None:
    """Update the translation catalogues from the code and compile them.

    Lists the texts that still need a translation, and translations with a fault: for example two sentences that
    repeat each other, or a word that the glossary replaces.
    """
    if not check:
        for path in [*translations.update(), *translations.compile_all()]:
            click.echo(f"wrote {path.relative_to(PACKAGE.parent)}")
    gaps = translations.missing()
    for gap in gaps:
        click.echo(f"{gap.language}: {gap.text!r}: {gap.why}")
    click.echo(f"{len(gaps)} texts to translate.")
    faults = [fault for language in translations.LANGUAGES for fault in wording.faults(language)]
    for fault in faults:
        click.echo(f"{fault.language}: {fault.text!r}: {fault.why}")
    click.echo(f"{len(faults)} translations with a fault (glossary.yaml beside the catalogue says which words count).")
    sys.exit(1 if check and (gaps or faults) else 0)
