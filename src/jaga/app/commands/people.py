"""`jaga admin`: the first administrator of an empty installation, and what an administrator sets up."""

import click

from jaga.app.commands.records import open_records
from jaga.core.actors import CLI
from jaga.core.terms import OrganisationKind, Role


@click.group()
def admin() -> None:
    """Set up people, organisations and keys from the server's shell."""


@admin.command("create")
@click.argument("username")
@click.option("--name", prompt="Name to show", help="The name that others see.")
@click.option("--organisation", prompt="Organisation", help="Made as the operator if it does not exist.")
@click.password_option(help="Asked for if left out; at least 12 characters.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]),
              default=[Role.ADMINISTRATOR.value], show_default=True, help="Give it several times for several roles.")
def create(username: str, name: str, organisation: str, password: str, roles: tuple[str, ...]) -> None:
    """Create a person who can sign in; the first administrator when the installation is empty."""
    open_records()
    from jaga.casework.people import NewPerson, create_organisation, create_person
    from jaga.records.models import Organisation

    host = Organisation.objects.filter(name=organisation).first() or create_organisation(
        organisation, OrganisationKind.OPERATOR, actor=CLI)
    made = create_person(NewPerson(username, name, host.pk, tuple(Role(role) for role in roles), password), actor=CLI)
    click.echo(f"Created {made.username} ({', '.join(sorted(roles))}) at {host.name}.")


@admin.command("organisation")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OrganisationKind]))
def organisation_(name: str, kind: str) -> None:
    """Create an organisation: an operator, a ministry, the police or another agency."""
    open_records()
    from jaga.casework.people import create_organisation

    made = create_organisation(name, OrganisationKind(kind), actor=CLI)
    click.echo(f"Created {made.name} ({kind}), number {made.pk}.")


@admin.command("officer")
@click.argument("username")
@click.option("--name", required=True, help="The officer's name.")
@click.option("--organisation", required=True, help="An existing authority.")
def officer(username: str, name: str, organisation: str) -> None:
    """Register an officer of an authority and print the API key, once."""
    open_records()
    from jaga.casework.people import NewPerson, create_person, issue_officer_key
    from jaga.records.models import Organisation

    authority = Organisation.objects.filter(name=organisation).first()
    if authority is None:
        raise click.ClickException(f"There is no organisation “{organisation}”: use `jaga admin organisation` first.")
    made = create_person(NewPerson(username, name, authority.pk, (Role.OFFICER,)), actor=CLI)
    key = issue_officer_key(made.pk, actor=CLI)
    click.echo(f"{key.secret}\nValid until {key.expires_at:%Y-%m-%d}. It is shown only now.")
