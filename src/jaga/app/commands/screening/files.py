"""`jaga screen`: screens files of texts. See docs/screening-files.md."""

import sys
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.core.errors import JagaError
from jaga.core.terms.people import Language
from jaga.policy.release import load_release

if TYPE_CHECKING:
    from jaga.app.screening.blocks import Settings
    from jaga.app.screening.run import RowSelection, ScreeningSummary
    from jaga.app.screening.workers import BlockWorkers

_FILE = click.Path(path_type=Path)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=_FILE)
@click.option(
    "--out",
    type=_FILE,
    help="The result: a .parquet, .jsonl or .csv file, or a folder for several FILEs. "
    "Default: FILE.screened.parquet beside FILE.",
)
@click.option("--column", default="text", show_default=True, help="The column with the texts.")
@click.option("--id", "ident", default="id", show_default=True, help="The column with each row's id, if there is one.")
@click.option(
    "--format",
    "kind",
    type=click.Choice(["parquet", "jsonl", "csv"]),
    help="The format of FILE, if its name does not show it.",
)
@click.option("--explain", is_flag=True, help="Explain in sentences each signal and each error.")
@click.option(
    "--language",
    type=click.Choice([language.value for language in Language]),
    default="id",
    show_default=True,
    help="The language of these sentences.",
)
@click.option(
    "--models/--no-models",
    default=False,
    show_default=True,
    help="Also use the trained models that are in use in this installation.",
)
@click.option(
    "--model",
    "model_files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Also use the trained model in this file; may be repeated.",
)
@click.option("--with-text", is_flag=True, help="Include each text in the result.")
@click.option(
    "--only-signalled",
    is_flag=True,
    help="Write only rows with a signal. The column `row` then gives each row's number in FILE.",
)
@click.option("--min-score", type=click.FloatRange(0, 1), default=0.0, help="Write only rows with at least this score.")
@click.option(
    "--signatures", is_flag=True, help="Include each text's signature: 128 bytes, equal for nearly equal texts."
)
@click.option("--page", is_flag=True, help="Also write RESULT.html with the 100 highest scores.")
@click.option(
    "--workers",
    type=click.IntRange(1, 512),
    default=1,
    show_default=True,
    help="How many processes to use on this machine.",
)
@click.option("--dask", metavar="ADDRESS", help="Screen on a Dask cluster instead, for example tcp://10.0.0.5:8786.")
def screen(
    files: tuple[Path, ...],
    out: Path | None,
    column: str,
    ident: str,
    kind: str | None,
    explain: bool,
    language: str,
    models: bool,
    model_files: tuple[Path, ...],
    with_text: bool,
    only_signalled: bool,
    min_score: float,
    signatures: bool,
    page: bool,
    workers: int,
    dask: str | None,
) -> None:
    """Screen files of texts, row by row.

    FILE is Parquet, JSON lines or CSV; the last two may be compressed with gzip or zstd.

    The result has one row for each row of FILE, in the same order, with the columns `id`, `error` (why a row could not
    be read; no row is dropped), `score` (0 to 1), `victim_first`, `category` (of the strongest signal), `signals` and
    `contacts`. Rules also use the columns `platform`, `surface`, `age_days`, `copies`, `decided` and `lists` if FILE
    has them.

    The command only reads and sorts. It files no report and stores nothing in the database.

    To resume a run that was stopped or killed, repeat the command: partial results are kept in RESULT.parts. A FILE
    that was screened before and has not changed is skipped.

    \b
      jaga screen posts.parquet
      jaga screen posts.csv.gz --column isi --out seen.csv --explain
      jaga screen archive/*.jsonl.zst --out results/ --workers 8
    """
    from jaga.app.screening.blocks import Settings
    from jaga.app.screening.run import RowSelection

    settings = Settings(
        load_release().hash,
        column,
        ident,
        language if explain or page else None,
        models=_models(model_files, installed=models),
        text=with_text or page,
        signature=signatures,
    )
    wanted = RowSelection(only_signalled, min_score, None, with_text, explain or not page)
    failed = 0
    for path in files:
        result = _result(path, out, many=len(files) > 1)
        try:
            own = replace(wanted, page=result.with_name(f"{result.name}.html")) if page else wanted
            _screen(path, result, settings, own, kind, _make_workers(path, settings, workers, dask))
        except JagaError as error:  # An unreadable file does not stop the others.
            click.echo(f"jaga: {error.code}: {error.english()}", err=True)
            failed += 1
    sys.exit(1 if failed else 0)


def _models(files: tuple[Path, ...], *, installed: bool) -> tuple[bytes, ...]:
    """The models to use. Raises BadModel; click.UsageError without an installation or for a file that is not a
    model."""
    if not (files or installed):
        return ()
    from jaga.app.screening.page import packed_small

    contents = [_model(file) for file in files]
    if installed:
        if not config.given_database() and not config.home().exists():
            raise click.UsageError(f"--models: there is no installation in {config.home()}. Use --model FILE.")
        from jaga.app.services.database import database

        with database():
            open_records()
            from jaga.signals.verbs.model_scores import models_in_use

            contents += (found := models_in_use())
        if not found:
            click.echo("No trained model is in use in this installation: word list and rules work alone.", err=True)
    return packed_small(contents)


def _model(file: Path) -> bytes:
    from jaga.screening.models.classifier import BadModel, unpacked

    content = file.read_bytes()
    try:
        unpacked(content)
    except BadModel:
        raise click.UsageError(f"--model {file}: this is no trained model, or one of another version.") from None
    return content


def _screen(
    path: Path,
    result: Path,
    settings: "Settings",
    wanted: "RowSelection",
    kind: str | None,
    make_workers: Callable[[], "BlockWorkers"],
) -> None:
    from jaga.app.screening.run import finished, screen_file

    if finished(path, result, settings, wanted):
        click.echo(f"{path}: screened before, and unchanged since → {result}")
        return
    began = time.monotonic()
    with click.progressbar(length=1000, label=path.name[:40], file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def show(share: float, rows: int) -> None:
            bar.update(int(share * 1000) - bar.pos)

        summary = screen_file(path, result, settings, make_workers, kind=kind, wanted=wanted, show=show)
    click.echo(f"{path}: {_line(summary, time.monotonic() - began)} → {result}")
    if summary.categories:
        counts = sorted(summary.categories.items(), key=lambda one: (-one[1], one[0]))
        click.echo("  signals, by the strongest: " + ", ".join(f"{key} {count:,}" for key, count in counts))
    if wanted.page is not None:
        click.echo(f"  the highest scores → {wanted.page}")


def _line(summary: "ScreeningSummary", took: float) -> str:
    marked = ", ".join(f"{word} {count:,}" for word, count in sorted(summary.marked.items()))
    kept, left_out = summary.rows - summary.fresh, summary.rows - summary.written
    return (
        f"{summary.rows:,} rows, {summary.with_signals:,} with signals, {summary.victim_first:,} victim-first"
        f"{f'; {summary.written:,} written, {left_out:,} left out' if left_out else ''}"
        f"{f'; marked: {marked}' if marked else ''}"
        f"{f'; {kept:,} rows were screened by an earlier run' if kept else ''}"
        f"; {took:.1f} s ({summary.fresh / max(took, 1e-9):,.0f} a second)"
    )


def _make_workers(path: Path, settings: "Settings", workers: int, dask: str | None) -> Callable[[], "BlockWorkers"]:
    from jaga.app.screening.workers import InProcessWorker, Processes, WorkerCluster

    if dask:
        return partial(WorkerCluster, dask, settings, path)
    return partial(Processes, workers, settings, path) if workers > 1 else partial(InProcessWorker, settings)


def _result(path: Path, out: Path | None, *, many: bool) -> Path:
    """The result path for that file. Raises click's UsageError if it cannot be one."""
    from jaga.app.screening.run import SUFFIXES

    own = f"{path.name}.screened.parquet"
    if out is None:
        return path.parent / own  # "." and "/" have no name, and are refused when they are read
    if out.is_dir():
        return out / own
    if many:
        raise click.UsageError("--out: for several FILEs, name a folder that is there.")
    if out.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"--out: {out} must end in {', '.join(SUFFIXES)}, or be a folder that is there.")
    if out.exists() and path.exists() and out.samefile(path):
        raise click.UsageError(f"--out: {out} is the file to be read.")
    return out
