"""`jaga operator`: the register of operators, their pledges and contact persons."""

from datetime import datetime

import click

from jaga.app.commands.passwords import password_option
from jaga.app.commands.records import open_records
from jaga.core.actors import CLI

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def operator() -> None:
    """Operators: what is known of them, what they promised, who represents them."""


def _number_of(name: str) -> int:
    from jaga.core.terms import OrganisationKind
    from jaga.records.models import Organisation

    found = Organisation.objects.filter(name=name, kind=OrganisationKind.OPERATOR).first()
    if found is None:
        raise click.ClickException(
            f"There is no operator “{name}”: make it with `jaga admin organisation --kind operator`.")
    return found.pk


@operator.command("list")
def list_() -> None:
    """Show every operator with its promises and contact persons."""
    open_records()
    from jaga.core.terms import OrganisationKind
    from jaga.records.models import Commitment, ContactDetails, Organisation

    rows = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).order_by("name")
    if not rows:
        click.echo("No operator is known yet; make one with `jaga admin organisation --kind operator`.")
    for row in rows:
        promises = Commitment.objects.filter(operator=row, ended_on__isnull=True).count()
        contacts = ContactDetails.objects.filter(person__organisation=row, until__isnull=True).count()
        click.echo(f"{row.name}: {promises} commitments in force, {contacts} contact persons")


@operator.command()
@click.argument("name")
@click.option("--slug", default="", help="Its address on the public pages; made from the name if left out.")
@click.option("--legal-entity", default="", help="The company.")
@click.option("--registration", default="", help="Its number as a registered operator (PSE).")
@click.option("--country", "countries", multiple=True, help="Two letters, such as ID; several times for several.")
@click.option("--website", default="")
def describe(name: str, slug: str, legal_entity: str, registration: str, countries: tuple[str, ...],
             website: str) -> None:
    """Write down what is known of the operator NAME. Repeat it to correct it."""
    open_records()
    from jaga.casework.operators.register import OperatorFacts, describe_operator

    made = describe_operator(_number_of(name), OperatorFacts(slug, legal_entity, registration, countries, website),
                             actor=CLI)
    click.echo(f"{name} is in the register as {made.slug}.")


@operator.command()
@click.argument("name")
@click.option("--text", required=True, help="The promise, in its own words.")
@click.option("--source", required=True, help="Where it is written: a letter's number, a press release.")
@click.option("--made-on", required=True, type=_DAY, help="YYYY-MM-DD")
@click.option("--scope", required=True, help="Which services and countries, reported by whom.")
@click.option("--category", "categories", multiple=True, required=True, help="Several times for several.")
@click.option("--hours", default=24, show_default=True)
@click.option("--hours-urgent", default=4, show_default=True)
def commitment(name: str, text: str, source: str, made_on: datetime, scope: str, categories: tuple[str, ...],
               hours: int, hours_urgent: int) -> None:
    """Write down what the operator NAME promised."""
    open_records()
    from jaga.casework.operators.register import NewCommitment, record_commitment

    made = record_commitment(NewCommitment(_number_of(name), text, source, made_on.date(), scope, categories, hours,
                                           hours_urgent), actor=CLI)
    click.echo(f"Recorded commitment {made.pk} of {name}.")


@operator.command()
@click.argument("name")
@click.argument("username")
@click.option("--display-name", required=True)
@click.option("--email", default="", help="Gets word that something waits, and nothing else.")
@click.option("--telephone", default="")
@click.option("--domicile", default="", help="Two letters; ID for requests for data (MR5 art. 21).")
@click.option("--representative", is_flag=True, help="Signs for the operator.")
@password_option
def contact(name: str, username: str, display_name: str, email: str, telephone: str, domicile: str,
            representative: bool, password: str) -> None:
    """Appoint USERNAME as a contact person of the operator NAME, who signs in to the portal."""
    open_records()
    from jaga.casework.operators.register import NewContact, appoint_contact

    made = appoint_contact(NewContact(_number_of(name), username, display_name, email, telephone, domicile,
                                      representative, password=password), actor=CLI)
    click.echo(f"{made.username} is a contact person of {name} and signs in at /console/.")
