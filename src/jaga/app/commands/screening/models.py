"""`jaga screening train` and related commands for trained models.

A model is activated only by a signed-in person, since a name typed here proves nothing.
"""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from jaga.app.commands.records import open_records, person_named
from jaga.app.commands.screening.model_picture import curve_csv, curve_svg

if TYPE_CHECKING:
    from jaga.screening.models.measures import ModelMeasures

_BY = click.option("--by", required=True, metavar="USERNAME", help="The supervisor or administrator who decides.")
_WHY = click.option("--reason", required=True, help="The reason, as a sentence. It is kept.")


@click.command()
@click.argument("category")
@click.option("--by", required=True, metavar="USERNAME", help="Who trains the model. Somebody else decides on its use.")
@click.option("--picture", type=click.Path(dir_okay=False, path_type=Path),
              help="The SVG file for the precision–recall curve; its table is written beside it as CSV. Default: "
                   "model-CATEGORY.svg in this folder.")
def train(category: str, by: str, picture: Path | None) -> None:
    """Train a model for CATEGORY and propose it.

    It learns from the installation's own decisions and is measured on the newest of them.
    """
    open_records()
    from jaga.casework.screening.model_training import learn_from_decisions

    found = learn_from_decisions(category, actor=person_named(by))
    compared = f"model {found.row.compared_with_id}" if found.row.compared_with_id else "no model"
    click.echo(f"Trained on {found.row.positives} cases acted on and {found.row.negatives} dismissed, up to "
               f"{found.row.learnt_until:%Y-%m-%d}; measured on {found.own.positives} and {found.own.negatives} later "
               "cases without the same accounts or nearly the same words.")
    _show("", [("this model", found.own), (compared, found.other)])
    place = picture or Path(f"model-{category}.svg")
    place.write_text(curve_svg(category, [("this model", found.own), (compared, found.other)]), encoding="utf-8")
    place.with_suffix(".csv").write_text(curve_csv(found.own), encoding="utf-8")
    click.echo(f"The curve: {place}; its table: {place.with_suffix('.csv')}.")
    click.echo(f"Proposed as model {found.row.pk} ({found.row.sha256[:16]}). " + (
        f"It is better than {compared}: another person can put it into use in the console, under *Learnt models*."
        if found.row.better else
        f"It is not better than {compared}, so it cannot be put into use."))


def _show(title: str, rows: "list[tuple[str, ModelMeasures]]") -> None:
    click.echo(f"{title:24}{'precision':>10}{'recall':>8}{'average':>9}{'Brier':>8}{'ECE':>7}")
    for name, one in rows:
        precision = "–" if one.precision is None else f"{one.precision:.3f}"
        click.echo(f"{name:24}{precision:>10}{one.recall or 0:>8.3f}{one.average_precision:>9.3f}{one.brier:>8.3f}"
                   f"{one.ece:>7.3f}")
    click.echo("Calibration of this model: predicted → observed (cases)  " + "  ".join(
        f"{part.predicted:.2f} → {part.was:.2f} ({part.count})" for part in rows[0][1].bins))


@click.command()
def models() -> None:
    """List all models, newest first."""
    open_records()
    from jaga.records.models import LearntModel
    from jaga.screening.models.measures import from_stored

    rows = LearntModel.objects.select_related("decided_by").order_by("-pk")
    if not rows:
        click.echo("No model was learnt yet: word list and rules work alone. `jaga screening train` learns one.")
    for row in rows:
        own = from_stored(row.metrics["own"])
        who = f" by {row.decided_by.username}" if row.decided_by else ""
        click.echo(f"{row.pk}: {row.category}, {row.state}{who}, {row.sha256[:16]}, average precision "
                   f"{own.average_precision:.3f}, Brier {own.brier:.3f}, {'better' if row.better else 'not better'}")


@click.command()
@click.argument("number", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save_model(number: int, file: Path) -> None:
    """Save the model NUMBER to FILE.

    Use the file with `jaga screen --model FILE` on a machine without an installation.
    """
    open_records()
    from jaga.core.errors import NotFound
    from jaga.records.models import LearntModel
    from jaga.records.vault import unseal

    row = LearntModel.objects.filter(pk=number).first()
    if row is None:
        raise NotFound
    file.write_bytes(unseal(row.sha256))
    click.echo(f"Model {number} ({row.category}, {row.state}, {row.sha256[:16]}) → {file}")


@click.command()
@click.argument("number", type=int)
@_BY
@_WHY
def reject(number: int, by: str, reason: str) -> None:
    """Reject the proposed model NUMBER. This is final."""
    open_records()
    from jaga.casework.screening.model_registry import reject_model

    reject_model(number, reason, actor=person_named(by))
    click.echo(f"Model {number} is rejected.")


@click.command()
@click.argument("number", type=int)
@_BY
@_WHY
def retire(number: int, by: str, reason: str) -> None:
    """Take the model NUMBER out of use.

    Word lists and rules go on without it.
    """
    open_records()
    from jaga.casework.screening.model_registry import retire_model

    retire_model(number, reason, actor=person_named(by))
    click.echo(f"Model {number} is out of use.")
