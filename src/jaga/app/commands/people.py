"""`jaga admin`: the first administrator of an empty installation, and administrators' set-up tasks."""

import click

from jaga.app import config
from jaga.app.commands.passwords import password_option
from jaga.app.commands.records import open_records
from jaga.app.config import home
from jaga.core.actors import CLI
from jaga.core.terms.people import HostKind, KeyScope, OrganisationKind, Role

SHORTEST_PREFIX = 7
"""Minimum prefix of a key to revoke: “jaga_” and two more characters."""


@click.group()
def admin() -> None:
    """Manage people, organisations, platforms and API keys from the server's shell."""


@admin.command("create")
@click.argument("username")
@click.option("--name", prompt="Name to show", help="The name that other people see.")
@click.option(
    "--organisation",
    prompt="Organisation",
    help="The person's organisation. It is created if it is the first operator; otherwise it must exist.",
)
@password_option
@click.option(
    "--role",
    "roles",
    multiple=True,
    type=click.Choice([role.value for role in Role]),
    default=[Role.ADMINISTRATOR.value],
    show_default=True,
    help="A role; may be repeated.",
)
def create(username: str, name: str, organisation: str, password: str, roles: tuple[str, ...]) -> None:
    """Create a person who can sign in.

    In an empty installation this creates the first administrator.
    """
    open_records()
    from jaga.people.models import Organisation
    from jaga.people.verbs.people import NewPerson, create_organisation, create_person

    host = Organisation.objects.filter(name=organisation).first()
    if host is None and config.host() is HostKind.AUTHORITY:
        raise click.ClickException(
            f"There is no organisation “{organisation}”: make it with `jaga admin organisation "
            "… --kind ministry` (or police, agency) first."
        )
    if host is None and (names := list(Organisation.objects.order_by("name").values_list("name", flat=True))):
        # The first one is created here; afterwards a typo would create an unwanted operator.
        raise click.ClickException(
            f"There is no organisation “{organisation}”. There are: {', '.join(names)}. For "
            "another one use `jaga admin organisation … --kind operator` first."
        )
    host = host or create_organisation(organisation, OrganisationKind.OPERATOR, actor=CLI)
    made = create_person(NewPerson(username, name, host.pk, tuple(Role(role) for role in roles), password), actor=CLI)
    click.echo(f"Created {made.username} ({', '.join(sorted(roles))}) at {host.name}.")


@admin.command("organisation")
@click.argument("name")
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in OrganisationKind]))
def organisation_(name: str, kind: str) -> None:
    """Create an organisation, such as an operator or a ministry."""
    open_records()
    from jaga.people.verbs.people import create_organisation

    made = create_organisation(name, OrganisationKind(kind), actor=CLI)
    click.echo(f"Created {made.name} ({kind}), number {made.pk}.")


@admin.command("officer")
@click.argument("username")
@click.option("--name", required=True, help="The officer's name.")
@click.option("--organisation", required=True, help="The officer's authority; it must exist.")
@click.option(
    "--called",
    default="",
    help="The telephone number of your call-back, from a source other than the "
    "officer. Omit it if you have not called yet.",
)
@click.option("--found-in", default="", help="Where you found that number, such as an official directory.")
@click.option(
    "--keeper/--no-keeper",
    default=False,
    help="Make this officer the roster keeper of the organisation; needs --called.",
)
def officer(username: str, name: str, organisation: str, called: str, found_in: str, keeper: bool) -> None:
    """Register an officer of an authority and print the API key.

    The key is shown only once. The officer's requests have no effect before the call-back is recorded.
    """
    open_records()
    from django.db import transaction

    from jaga.people.models import Organisation
    from jaga.people.verbs.api_keys import issue_officer_key
    from jaga.people.verbs.officers import CallBack, register_officer
    from jaga.people.verbs.people import NewPerson, create_person

    authority = Organisation.objects.filter(name=organisation).first()
    if authority is None:
        raise click.ClickException(f"There is no organisation “{organisation}”: use `jaga admin organisation` first.")
    if authority.kind == OrganisationKind.OPERATOR:
        raise click.ClickException(
            f"“{organisation}” is an operator, whose people are made by `jaga admin create`. "
            "Officers belong to a ministry, the police or another agency."
        )
    if keeper and not called:
        raise click.ClickException("Telephone first: a keeper needs --called and --found-in.")
    call = CallBack(called, found_in) if called or found_in else None
    with transaction.atomic():
        made = create_person(NewPerson(username, name, authority.pk, (Role.OFFICER,)), actor=CLI)
        register_officer(made.pk, call, keeper=keeper, actor=CLI)
        key = issue_officer_key(made.pk, actor=CLI)
    if call is None:
        click.echo(
            "Nothing that this officer asks counts before an administrator has recorded the call-back (Roster).",
            err=True,
        )
    click.echo(f"{key.secret}\nValid until {key.expires_at:%Y-%m-%d}. It is shown only now.")


@admin.command("key")
@click.argument("username")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in KeyScope]),
    help="A scope of the key; may be repeated. Default: every scope that USERNAME may have.",
)
@click.option("--label", default="", help="What the key is for.")
@click.option("--days", default=180, show_default=True, help="Days until the key expires.")
@click.option(
    "--per-minute",
    default=600,
    show_default=True,
    help="Calls allowed each minute, counted in each web server process.",
)
@click.option(
    "--per-day",
    default=20_000,
    show_default=True,
    help="Reports and requests allowed each day, counted from midnight UTC.",
)
def key_(username: str, scopes: tuple[str, ...], label: str, days: int, per_minute: int, per_day: int) -> None:
    """Create an API key for USERNAME and print it.

    The key is shown only once. USERNAME is an officer, a trusted flagger, or a staff member who imports reports.
    """
    open_records()
    from jaga.people.verbs.api_keys import KeyTerms, issue_officer_key

    terms = KeyTerms(frozenset(KeyScope(scope) for scope in scopes) or None, label, days, per_minute, per_day)
    made = issue_officer_key(_number_of(username), terms, actor=CLI)
    click.echo(f"{made.secret}\nValid until {made.expires_at:%Y-%m-%d}. It is shown only now.")


@admin.command("platform")
@click.argument("name")
@click.option("--display-name", required=True, help="The platform's name as reporters see it.")
@click.option("--operator", required=True, help="The organisation that runs the platform; it must exist.")
@click.option(
    "--watch/--no-watch",
    default=None,
    help="Whether to read its public rooms with the watcher account. Default: unchanged.",
)
@click.option(
    "--key",
    "keys",
    multiple=True,
    help="A public key (whpk_…) of the platform's own stream (docs/webhooks.md). Default: unchanged.",
)
@click.option(
    "--concurrency",
    type=click.IntRange(1, 64),
    help="How many accounts are worked on at the same time there. A new platform starts with 4.",
)
def platform_(
    name: str, display_name: str, operator: str, watch: bool | None, keys: tuple[str, ...], concurrency: int | None
) -> None:
    """Offer the platform NAME to reporters.

    NAME must be configured in platforms.toml (`jaga platform add`). Repeat the command to change the settings.
    """
    open_records()
    from jaga.people.models import Organisation
    from jaga.people.verbs.people import NewPlatform, register_platform
    from jaga.platforms.kit.credentials import load_configuration
    from jaga.platforms.kit.sealing import KeyFile
    from jaga.platforms.registry import hook_keys, names_keys, open_adapter

    configuration = load_configuration(home() / "platforms.toml", name, KeyFile(home() / "secrets" / "platforms"))
    owner = Organisation.objects.filter(name=operator).first()
    if owner is None:
        raise click.ClickException(f"There is no organisation “{operator}”: use `jaga admin organisation` first.")
    if names_keys(configuration) and keys:
        raise click.ClickException("The keys of this platform are the option answer_keys of its adapter.")
    found = hook_keys(configuration) if names_keys(configuration) else keys or None
    made = register_platform(
        NewPlatform(
            name,
            display_name,
            owner.pk,
            configuration.server_name,
            open_adapter(configuration).capabilities(),
            watched=watch,
            hook_keys=found,
            concurrency=concurrency,
        ),
        actor=CLI,
    )
    click.echo(f"{made.name} ({made.adapter}) is offered to reporters{' and watched' if made.watched else ''}.")


@admin.command("revoke")
@click.argument("prefix")
def revoke(prefix: str) -> None:
    """Revoke the API keys that begin with PREFIX. They stop working within seconds."""
    open_records()
    from jaga.people.models import OfficerKey
    from jaga.people.verbs.api_keys import revoke_officer_key

    if len(prefix) < SHORTEST_PREFIX:
        raise click.ClickException(f"Give at least {SHORTEST_PREFIX} characters of the key, “jaga_” among them.")
    found = OfficerKey.objects.filter(prefix__startswith=prefix[:10]).select_related("officer")
    keys = list(found.filter(revoked_at__isnull=True))
    if not keys:
        raise click.ClickException(
            f"Every key that begins with {prefix[:10]} was revoked before."
            if found.exists()
            else f"No key begins with {prefix[:10]}."
        )
    for key in keys:
        revoke_officer_key(key.pk, actor=CLI)
        click.echo(f"Revoked the key {key.prefix}… of {key.officer.username}.")


@admin.command("deactivate")
@click.argument("username")
def deactivate(username: str) -> None:
    """End USERNAME's access: sign-in, sessions and API keys.

    Everything that the person did stays on record.
    """
    open_records()
    from jaga.people.verbs.people import deactivate_person

    deactivate_person(_number_of(username), actor=CLI)
    click.echo(f"{username} can no longer sign in.")


@admin.command("end-role")
@click.argument("username")
@click.argument("role", type=click.Choice([role.value for role in Role]))
def end_role_(username: str, role: str) -> None:
    """Take ROLE from USERNAME.

    Votes that needed the role are withdrawn, if their case is still undecided, and so are plans that needed it.
    """
    open_records()
    from jaga.people.verbs.people import end_role

    end_role(_number_of(username), Role(role), actor=CLI)
    click.echo(f"{username} no longer has the role {role}.")


@admin.command("password")
@click.argument("username")
@password_option
def password_(username: str, password: str) -> None:
    """Set a new password for USERNAME and end their sessions."""
    open_records()
    from jaga.people.verbs.people import change_password

    change_password(_number_of(username), password, actor=CLI)
    click.echo(f"{username} has a new password.")


@admin.command("signing-key")
@click.argument("username")
@click.argument("public_key")
@click.option(
    "--called", required=True, help="Whom you telephoned, and at which number; the number must have been known before."
)
def signing_key_(username: str, public_key: str, called: str) -> None:
    """Register the public key with which USERNAME signs orders.

    PUBLIC_KEY begins with whpk_. Telephone the officer first and compare the key.
    """
    open_records()
    from jaga.people.verbs.api_keys import register_key_by_call_back

    register_key_by_call_back(_number_of(username), public_key, called, actor=CLI)
    click.echo(f"{username} signs with this key from now on.")


def _number_of(username: str) -> int:
    from jaga.people.models import Person

    person = Person.objects.filter(username=username).first()
    if person is None:
        raise click.ClickException(f"There is nobody with the name “{username}”.")
    return person.pk
