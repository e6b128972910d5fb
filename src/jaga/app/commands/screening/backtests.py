"""Backtests of a changed rule or phrase on judged cases, and findings of shadow rules."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jaga.app.commands.records import open_records
from jaga.core.actors import CLI
from jaga.core.statistics import Share

if TYPE_CHECKING:
    from jaga.signals.verbs.backtest_runs import Backtest, ChangedCase, FlagQuality

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_DAYS = click.option("--days", default=90, show_default=True, type=click.IntRange(1, 3660), help="How many days back.")
_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


@click.command("backtest")
@click.argument("file", type=_FILE)
@_DAYS
@_JSON
def backtest_command(file: Path, days: int, as_json: bool) -> None:
    """Test changed rules, phrases or word lists on past cases.

    The file takes the place of the one of its name in the release in force, or is added to the others. Nothing is
    changed; the ledger keeps that it was tried.
    """
    open_records()
    from jaga.policy.trial import release_with
    from jaga.signals.verbs.backtest import backtest

    found = backtest(release_with(file), days=days, actor=CLI)
    click.echo(json.dumps(asdict(found), indent=1) if as_json else "\n".join(_lines(found, days)))


@click.command("shadow")
@_DAYS
@_JSON
def shadow(days: int, as_json: bool) -> None:
    """Count what rules with `mode: shadow` found.

    Rules in shadow mode are evaluated and counted, but have no other effect.
    """
    open_records()
    from jaga.signals.verbs.backtest import shadow_counts

    counts = shadow_counts(days=days, actor=CLI)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in counts], indent=1))
        return
    for one in counts:
        click.echo(
            f"{one.key} ({one.category}): {one.texts} texts in {one.cases} cases; people acted in "
            f"{one.judged_for} of them and dismissed {one.judged_against}"
        )
    if not counts:
        click.echo("No rule of the release in force has `mode: shadow`.")


def _lines(found: "Backtest", days: int) -> list[str]:
    return [
        f"{found.cases} cases with {found.texts} texts of the last {days} days; people acted in {found.judged_for} and "
        f"dismissed {found.judged_against}",
        f"now:    {_quality(found.before)}",
        f"change: {_quality(found.after)}",
        f"newly flagged: {found.newly_flagged}",
        *map(_example, found.newly),
        f"no longer flagged: {found.no_longer_flagged}",
        *map(_example, found.no_longer),
    ]


def _quality(quality: "FlagQuality") -> str:
    return f"{quality.flagged} flagged, precision {_share(quality.precision)}, recall {_share(quality.recall)}"


def _share(share: Share | None) -> str:
    if share is None:
        return "unknown"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}] ({share.part} of {share.whole})"


def _example(example: "ChangedCase") -> str:
    judged = {True: "people acted", False: "dismissed", None: "not judged"}[example.judged]
    words = ", ".join(example.words) or "(words closed)"
    return f"  {example.reference} {example.before:.2f} → {example.after:.2f}, {judged}: {words}"
