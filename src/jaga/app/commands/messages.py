"""`jaga messages`: extract texts to translate, and compile the translations."""

import sys

import click

from jaga.app import translations
from jaga.app.config import PACKAGE


@click.command()
@click.option("--check", is_flag=True, help="Change nothing; end with status 1 if a text is not translated.")
def messages(check: bool) -> None:
    """Bring the catalogues up to the code, compile them, and name what is still to be translated."""
    if not check:
        for path in [*translations.update(), *translations.compile_all()]:
            click.echo(f"wrote {path.relative_to(PACKAGE.parent)}")
    gaps = translations.missing()
    for gap in gaps:
        click.echo(f"{gap.language}: {gap.text!r}: {gap.why}")
    click.echo(f"{len(gaps)} texts to translate.")
    sys.exit(1 if check and gaps else 0)
