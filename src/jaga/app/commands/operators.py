"""`jaga operator`: the register of operators, their pledges and contact persons."""

from datetime import datetime

import click

from jaga.app.commands.passwords import password_option
from jaga.app.commands.records import open_records
from jaga.core.actors import CLI

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def operator() -> None:
    """Manage the operator register: companies, their pledges and contact persons."""


def _number_of(name: str) -> int:
    from jaga.core.terms.people import OrganisationKind
    from jaga.people.models import Organisation

    found = Organisation.objects.filter(name=name, kind=OrganisationKind.OPERATOR).first()
    if found is None:
        raise click.ClickException(
            f"There is no operator “{name}”: make it with `jaga admin organisation --kind operator`."
        )
    return found.pk


@operator.command("list")
def list_() -> None:
    """List the operators with their pledges and contact persons."""
    open_records()
    from jaga.core.terms.people import OrganisationKind
    from jaga.operators.models import ContactDetails, Pledge
    from jaga.people.models import Organisation

    rows = Organisation.objects.filter(kind=OrganisationKind.OPERATOR).order_by("name")
    if not rows:
        click.echo("No operator is known yet; make one with `jaga admin organisation --kind operator`.")
    for row in rows:
        promises = Pledge.objects.filter(operator=row, ended_on__isnull=True).count()
        contacts = ContactDetails.objects.filter(person__organisation=row, until__isnull=True).count()
        click.echo(f"{row.name}: {promises} pledges in force, {contacts} contact persons")


@operator.command()
@click.argument("name")
@click.option("--slug", default="", help="The last part of its address on the public pages. Default: made from NAME.")
@click.option("--legal-entity", default="", help="The name of the company.")
@click.option("--registration", default="", help="Its registration number as an operator (PSE).")
@click.option("--country", "countries", multiple=True, help="A two-letter country code, such as ID; may be repeated.")
@click.option("--website", default="")
def describe(
    name: str, slug: str, legal_entity: str, registration: str, countries: tuple[str, ...], website: str
) -> None:
    """Record facts about the operator NAME.

    Repeat the command to correct them.
    """
    open_records()
    from jaga.operators.verbs.register import OperatorFacts, describe_operator

    made = describe_operator(
        _number_of(name), OperatorFacts(slug, legal_entity, registration, countries, website), actor=CLI
    )
    click.echo(f"{name} is in the register as {made.slug}.")


@operator.command()
@click.argument("name")
@click.option("--text", required=True, help="The pledge, in the operator's own words.")
@click.option("--source", required=True, help="The document it is from, such as a letter's number or a press release.")
@click.option("--made-on", required=True, type=_DAY, help="The day of the pledge, YYYY-MM-DD.")
@click.option("--scope", required=True, help="The services and countries it covers, and whose reports.")
@click.option("--category", "categories", multiple=True, required=True, help="A category it covers; may be repeated.")
@click.option("--hours", default=24, show_default=True)
@click.option("--hours-urgent", default=4, show_default=True)
def pledge(
    name: str,
    text: str,
    source: str,
    made_on: datetime,
    scope: str,
    categories: tuple[str, ...],
    hours: int,
    hours_urgent: int,
) -> None:
    """Record a pledge of the operator NAME."""
    open_records()
    from jaga.operators.verbs.register import NewPledge, record_pledge

    made = record_pledge(
        NewPledge(_number_of(name), text, source, made_on.date(), scope, categories, hours, hours_urgent), actor=CLI
    )
    click.echo(f"Recorded pledge {made.pk} of {name}.")


@operator.command()
@click.argument("name")
@click.argument("username")
@click.option("--display-name", required=True)
@click.option("--email", default="", help="Gets a mail when a notice waits; the mail has no contents of the case.")
@click.option("--telephone", default="")
@click.option("--domicile", default="", help="A country code of two letters. Requests for data need ID (MR5 art. 21).")
@click.option("--representative", is_flag=True, help="This person may sign for the operator.")
@password_option
def contact(
    name: str,
    username: str,
    display_name: str,
    email: str,
    telephone: str,
    domicile: str,
    representative: bool,
    password: str,
) -> None:
    """Appoint a contact person of the operator NAME.

    USERNAME can then sign in to the operators' portal.
    """
    open_records()
    from jaga.operators.verbs.register import NewContact, appoint_contact

    made = appoint_contact(
        NewContact(
            _number_of(name), username, display_name, email, telephone, domicile, representative, password=password
        ),
        actor=CLI,
    )
    click.echo(f"{made.username} is a contact person of {name} and signs in at /console/.")
