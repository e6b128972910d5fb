"""`jaga import`: a file of many reports from the server's shell. Repeat the command to continue."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jaga.app.commands.records import open_records
from jaga.core.actors import CLI
from jaga.core.terms.people import Language
from jaga.core.terms.reports import BatchState
from jaga.policy.release import default_language

if TYPE_CHECKING:
    from jaga.batches.reads import BatchView

_PIECE = 1024 * 1024
_SHOWN = 10


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--platform", default="", help="The platform of rows without one.")
@click.option("--category", default="", help="The category of rows without one.")
@click.option("--start", is_flag=True, help="File the valid rows. Without it the rows are only checked.")
@click.option("--dry-run", is_flag=True, help="Only check the rows, even if an earlier run was started.")
@click.option(
    "--refused",
    type=click.Path(dir_okay=False, writable=True, path_type=Path),
    help="Write the refused rows and the reasons to this CSV file.",
)
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default=default_language().value,
    show_default=True,
    help="The language of the reasons in that file.",
)
def import_(
    file: Path, platform: str, category: str, start: bool, dry_run: bool, refused: Path | None, language: str
) -> None:
    """Check the reports in FILE and, with --start, file the valid rows.

    FILE is CSV, XLSX, JSON lines or XARF.

    The same file again is the same import: what was filed is not filed twice.
    """
    if start and dry_run:
        raise click.UsageError("--start and --dry-run exclude each other.")
    open_records()
    from jaga.batches.verbs.batches import NewBatch, submit_batch
    from jaga.web.batch_files import refused_csv

    sent = submit_batch(NewBatch(file.name, platform, category, start), _pieces(file), actor=CLI)
    if sent.repeated:
        click.echo(f"This file was imported before, as import {sent.batch_id}; that import is continued.")
    batch = _come_on(sent.batch_id, only_look=dry_run)
    _say(batch)
    if refused is not None and batch.refused:
        with refused.open("wb") as out:
            out.writelines(refused_csv(sent.batch_id, actor=CLI, spoken=Language(language)))
        click.echo(f"The refused rows are in {refused}; correct them there and import that file.")
    if batch.state is BatchState.FAILED:
        raise click.exceptions.Exit(1)


def _pieces(file: Path) -> Iterator[bytes]:
    with file.open("rb") as opened:
        while piece := opened.read(_PIECE):
            yield piece


def _come_on(batch_id: int, *, only_look: bool) -> "BatchView":
    """Process the batch here until it waits for nobody; if a worker is already processing it, show its progress."""
    from jaga.batches.jobs import work_on
    from jaga.batches.reads import access_batch

    with click.progressbar(length=1, label="Checking the rows", show_eta=False) as bar:
        while (batch := access_batch(batch_id, actor=CLI)).state.is_open:
            if only_look and batch.state is BatchState.RUNNING:
                return batch
            if batch.state is BatchState.RUNNING:
                bar.label, bar.length, bar.pos = "Filing the valid rows", max(batch.good, 1), batch.filed
                bar.render_progress()
            if not work_on(batch_id, lambda done: _show(bar, batch_id)):
                time.sleep(0.5)
        bar.length, bar.pos = 1, 1
    return batch


def _show(bar: "click._termui_impl.ProgressBar[int]", batch_id: int) -> None:
    from jaga.batches.reads import access_batch

    batch = access_batch(batch_id, actor=CLI)
    if batch.state is BatchState.RUNNING:
        bar.label, bar.length, bar.pos = "Filing the valid rows", max(batch.good, 1), batch.filed
    else:
        bar.label = f"Checking the rows: {batch.rows}"
    bar.render_progress()


def _say(batch: "BatchView") -> None:
    from jaga.batches.reads import list_bad_rows

    if batch.why is not None:
        click.echo(f"jaga: {batch.why.code}: {batch.why.english()}", err=True)
        return
    written = f"{batch.format}, {batch.encoding}" if batch.format == "csv" else batch.format
    click.echo(f"{batch.rows} rows ({written}): {batch.good} good, {batch.double} repeated, {batch.refused} refused.")
    for sentence, params in batch.notes:
        click.echo(sentence % params)
    if batch.ignored:
        click.echo(f"Columns of no meaning here: {', '.join(batch.ignored)}.")
    for row in list_bad_rows(batch.batch_id, actor=CLI, limit=_SHOWN):
        why = (
            f"says the same as row {row.repeats}"
            if row.repeats
            else "; ".join(
                f"{error.field}: {error.sentence % error.params if error.params else error.sentence}"
                for error in row.errors
            )
        )
        click.echo(f"  row {row.number}: {why}")
    if batch.refused + batch.double > _SHOWN:
        click.echo(f"  … and {batch.refused + batch.double - _SHOWN} more; --refused FILE writes the refused ones.")
    if batch.state is BatchState.READY and batch.good:
        click.echo("Nothing was filed. Repeat the command with --start to file the good rows.")
    elif batch.filed:
        click.echo(f"{batch.filed} reports came in. The worker puts them into their cases.")
