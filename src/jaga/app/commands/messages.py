"""`jaga messages`: extract texts to translate, and compile the translations."""

import sys

import click

from jaga.app import translations, wording
from jaga.app.config import PACKAGE


@click.command()
@click.option("--check", is_flag=True,
              help="Change nothing; end with status 1 if a text is not translated, or a translation has a fault.")
def messages(check: bool) -> None:
    """Bring the catalogues up to the code, compile them, and name what is still to be translated or reads wrong."""
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
