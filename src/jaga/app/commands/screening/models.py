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
@click.option(
    "--picture",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The SVG file for the precision–recall curve; its table is written beside it as CSV. Default: "
    "model-CATEGORY.svg in this folder.",
)
def train(category: str, by: str, picture: Path | None) -> None:
    """Train a model for CATEGORY and propose it.

    It learns from the installation's own decisions and is measured on the newest of them.
    """
    open_records()
    from jaga.signals.verbs.model_training import learn_from_decisions

    found = learn_from_decisions(category, actor=person_named(by))
    compared = f"model {found.row.compared_with_id}" if found.row.compared_with_id else "no model"
    click.echo(
        f"Trained on {found.row.positives} cases acted on and {found.row.negatives} dismissed, up to "
        f"{found.row.learnt_until:%Y-%m-%d}; measured on {found.own.positives} and {found.own.negatives} later "
        "cases without the same accounts or nearly the same words."
    )
    _show("", [("this model", found.own), (compared, found.other)])
    place = picture or Path(f"model-{category}.svg")
    place.write_text(curve_svg(category, [("this model", found.own), (compared, found.other)]), encoding="utf-8")
    place.with_suffix(".csv").write_text(curve_csv(found.own), encoding="utf-8")
    click.echo(f"The curve: {place}; its table: {place.with_suffix('.csv')}.")
    click.echo(
        f"Proposed as model {found.row.pk} ({found.row.sha256[:16]}). "
        + (
            f"It is better than {compared}: another person can put it into use in the console, under *Trained models*."
            if found.row.better
            else f"It is not better than {compared}, so it cannot be put into use."
        )
    )


@click.command()
@click.argument("category")
@click.option("--by", required=True, metavar="USERNAME", help="Who corrects it. Somebody else decides on its use.")
def correct(category: str, by: str) -> None:
    """Correct the probabilities of the model in use for CATEGORY, and propose it so.

    Learns from cases that came since the model's training how far it says too much or too little here, measures that
    on newer ones, and proposes nothing if they do not contradict the model. The order of texts stays the same.
    """
    open_records()
    from jaga.signals.verbs.model_correction import correct_model

    found = correct_model(category, actor=person_named(by))
    about = found.about
    click.echo(
        f"By {about['cases']} cases that came since the training, {about['acted_on']} of them acted on; "
        f"measured on {found.own.positives} acted on and {found.own.negatives} dismissed that came later. "
        f"{about['copies']} near copies left out; {about['waiting']} cases of this time still wait."
    )
    _show("", [("corrected", found.own), (f"model {about['of']}", found.other)])
    if found.row is None:
        click.echo("These cases do not contradict the model, so nothing is corrected.")
        return
    click.echo(
        f"Log odds × {about['slope']:.3f} {about['shift']:+.3f}. Proposed as model {found.row.pk} "
        f"({found.row.sha256[:16]}). "
        + (
            "Another person can put it into use in the console, under *Trained models*; *Put back into use* goes back."
            if found.row.better
            else "It is not better on the later cases, so it cannot be put into use."
        )
    )


def _show(title: str, rows: "list[tuple[str, ModelMeasures]]") -> None:
    click.echo(f"{title:24}{'precision':>10}{'recall':>8}{'average':>9}{'Brier':>8}{'ECE':>7}")
    for name, one in rows:
        precision = "–" if one.precision is None else f"{one.precision:.3f}"
        click.echo(
            f"{name:24}{precision:>10}{one.recall or 0:>8.3f}{one.average_precision:>9.3f}{one.brier:>8.3f}"
            f"{one.ece:>7.3f}"
        )
    own = rows[0][1]
    click.echo(
        "Calibration of this model: predicted → observed (cases)  "
        + "  ".join(f"{part.predicted:.2f} → {part.was:.2f} ({part.count})" for part in own.bins)
    )
    if own.brier_interval and own.ece_interval and own.ece_by_chance is not None:
        (low, high), (least, most) = own.brier_interval, own.ece_interval
        click.echo(
            f"95 % intervals: Brier {low:.3f} to {high:.3f}, ECE {least:.3f} to {most:.3f}; a perfectly "
            f"calibrated model would have an ECE of up to {own.ece_by_chance:.3f} by chance."
        )


@click.command()
def models() -> None:
    """List all models, newest first."""
    open_records()
    from jaga.screening.models.measures import from_stored
    from jaga.signals.models import LearntModel

    rows = LearntModel.objects.select_related("decided_by").order_by("-pk")
    if not rows:
        click.echo("No model was learnt yet: word list and rules work alone. `jaga screening train` learns one.")
    for row in rows:
        own = from_stored(row.metrics["own"])
        who = f" by {row.decided_by.username}" if row.decided_by else ""
        click.echo(
            f"{row.pk}: {row.category}, {row.state}{who}, {row.sha256[:16]}, average precision "
            f"{own.average_precision:.3f}, Brier {own.brier:.3f}, {'better' if row.better else 'not better'}"
        )


@click.command()
@click.argument("number", type=int)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def save_model(number: int, file: Path) -> None:
    """Save the model NUMBER to FILE.

    Use the file with `jaga screen --model FILE` on a machine without an installation.
    """
    open_records()
    from jaga.core.errors import NotFound
    from jaga.signals.models import LearntModel
    from jaga.store.vault import unseal

    row = LearntModel.objects.filter(pk=number).first()
    if row is None:
        raise NotFound
    file.write_bytes(unseal(row.sha256, None))
    click.echo(f"Model {number} ({row.category}, {row.state}, {row.sha256[:16]}) → {file}")


@click.command()
@click.argument("number", type=int)
@_BY
@_WHY
def reject(number: int, by: str, reason: str) -> None:
    """Reject the proposed model NUMBER. This is final."""
    open_records()
    from jaga.signals.verbs.model_registry import reject_model

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
    from jaga.signals.verbs.model_registry import retire_model

    retire_model(number, reason, actor=person_named(by))
    click.echo(f"Model {number} is out of use.")
