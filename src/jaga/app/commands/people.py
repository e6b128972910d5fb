"""`jaga admin`: the first administrator of an empty installation, and what an administrator sets up."""

import click

from jaga.app import config
from jaga.app.commands.records import open_records
from jaga.app.config import home
from jaga.core.actors import CLI
from jaga.core.terms import HostKind, OrganisationKind, Role


@click.group()
def admin() -> None:
    """Set up people, organisations and keys from the server's shell."""


@admin.command("create")
@click.argument("username")
@click.option("--name", prompt="Name to show", help="The name that others see.")
@click.option("--organisation", prompt="Organisation", help="An operator's is made if it does not exist.")
@click.password_option(help="Asked for if left out; at least 12 characters.")
@click.option("--role", "roles", multiple=True, type=click.Choice([role.value for role in Role]),
              default=[Role.ADMINISTRATOR.value], show_default=True, help="Give it several times for several roles.")
def create(username: str, name: str, organisation: str, password: str, roles: tuple[str, ...]) -> None:
    """Create a person who can sign in; the first administrator when the installation is empty."""
    open_records()
    from jaga.casework.people import NewPerson, create_organisation, create_person
    from jaga.records.models import Organisation

    host = Organisation.objects.filter(name=organisation).first()
    if host is None and config.host() is HostKind.AUTHORITY:
        raise click.ClickException(f"There is no organisation “{organisation}”: make it with `jaga admin organisation "
                                   "… --kind ministry` (or police, agency) first.")
    host = host or create_organisation(organisation, OrganisationKind.OPERATOR, actor=CLI)
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


@admin.command("platform")
@click.argument("name")
@click.option("--display-name", required=True, help="What reporters see.")
@click.option("--operator", required=True, help="An existing organisation that runs the platform.")
@click.option("--watch/--no-watch", default=False, help="Read its public rooms as the watcher account.")
@click.option("--concurrency", type=click.IntRange(1, 64), help="Accounts worked on there at a time; 4 at first.")
def platform_(name: str, display_name: str, operator: str, watch: bool, concurrency: int | None) -> None:
    """Offer the platform NAME of platforms.toml to reporters. Repeat it to change it."""
    open_records()
    from jaga.casework.people import NewPlatform, register_platform
    from jaga.platforms.registry import KeyFile, hook_keys, load_configuration, open_adapter
    from jaga.records.models import Organisation

    configuration = load_configuration(home() / "platforms.toml", name, KeyFile(home() / "secrets" / "platforms"))
    owner = Organisation.objects.filter(name=operator).first()
    if owner is None:
        raise click.ClickException(f"There is no organisation “{operator}”: use `jaga admin organisation` first.")
    made = register_platform(
        NewPlatform(name, display_name, owner.pk, configuration.server_name, open_adapter(configuration).capabilities(),
                    watched=watch, hook_keys=hook_keys(configuration), concurrency=concurrency),
        actor=CLI,
    )
    click.echo(f"{made.name} ({made.adapter}) is offered to reporters{' and watched' if watch else ''}.")


@admin.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the officers' keys that begin with PREFIX. They open nothing from now on."""
    open_records()
    from jaga.casework.people import revoke_officer_key
    from jaga.records.models import OfficerKey

    keys = list(OfficerKey.objects.filter(prefix=prefix[:10], revoked_at__isnull=True).select_related("officer"))
    if not keys:
        raise click.ClickException(f"No valid key begins with {prefix[:10]}.")
    for key in keys:
        revoke_officer_key(key.pk, actor=CLI)
        click.echo(f"Revoked the key {key.prefix}… of {key.officer.username}.")


@admin.command("deactivate")
@click.argument("username")
def deactivate(username: str) -> None:
    """End USERNAME's access: sign-in, open sessions and keys. What they did stays on record."""
    open_records()
    from jaga.casework.people import deactivate_person

    deactivate_person(_number_of(username), actor=CLI)
    click.echo(f"{username} can no longer sign in.")


@admin.command("password")
@click.argument("username")
@click.password_option(help="Asked for if left out; at least 12 characters.")
def password_(username: str, password: str) -> None:
    """Give USERNAME a new password; their open sessions end."""
    open_records()
    from jaga.casework.people import change_password

    change_password(_number_of(username), password, actor=CLI)
    click.echo(f"{username} has a new password.")


def _number_of(username: str) -> int:
    from jaga.records.models import Person

    person = Person.objects.filter(username=username).first()
    if person is None:
        raise click.ClickException(f"There is nobody with the name “{username}”.")
    return person.pk
