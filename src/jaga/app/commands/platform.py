"""`jaga platform`: the chat platforms this installation can act on, their access, and its checks."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import click

from jaga.app.config import home
from jaga.core.errors import JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration, read_stored, usable_name
from jaga.platforms.kit.credentials import (
    change_block,
    configuration_of,
    load_configuration,
    rotate_key,
    save_configuration,
    seal_all,
    set_credential,
)
from jaga.platforms.kit.sealing import CredentialLocked, KeyFile, is_sealed
from jaga.platforms.registry import adapters as known_adapters
from jaga.platforms.registry import check as run_checks
from jaga.platforms.settings import require_known


def configuration_path() -> Path:
    """Where platform access is configured; only the worker and these commands read it."""
    return home() / "platforms.toml"


def key_file() -> KeyFile:
    """The file of the key that seals credentials, stored apart from them."""
    return KeyFile(home() / "secrets" / "platforms")


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except JagaError as error:
            raise click.ClickException(f"{error.code}: {error.english()}") from None


@click.group(cls=_Group)
def platform() -> None:
    """Configure and check access to chat platforms.

    The configuration is in platforms.toml. Credentials in it are encrypted with a key in secrets/.
    """


@platform.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print everything that `show` prints, as a JSON list.")
def list_platforms(as_json: bool) -> None:
    """List the configured platforms."""
    configurations = read_stored(configuration_path())
    if as_json:
        _show_all(configurations, as_json=True)
        return
    if not configurations:
        click.echo(f"No platform is configured in {configuration_path()}; docs/adapters.md shows how.")
    for name in sorted(configurations):
        configuration = configurations[name]
        plain = sorted(label for label, text in configuration.credentials.items() if not is_sealed(text))
        click.echo(
            f"{name}: {configuration.adapter} at {configuration.base_url} ({configuration.server_name})"
            + (f"; not sealed yet: {', '.join(plain)}" if plain else "")
        )


@platform.command()
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(name: str | None, as_json: bool) -> None:
    """Show the platform NAME, or every platform.

    Shows the settings, what the adapter can do, whether public rooms are read, and the last contact.

    Of credentials it shows whether they are set and can be opened, never a value.
    """
    stored = read_stored(configuration_path())
    if name is not None:
        stored = {name: configuration_of(stored, name)}
    elif not stored and not as_json:
        click.echo(f"No platform is configured in {configuration_path()}; docs/adapters.md shows how.")
    _show_all(stored, as_json=as_json)


def _show_all(stored: Mapping[str, PlatformConfiguration], *, as_json: bool) -> None:
    from jaga.app.platform_facts import facts_in_database, facts_of, lines_of

    platforms = [facts_of(stored[name], key_file()) | facts_in_database(name) for name in sorted(stored)]
    if as_json:
        click.echo(json.dumps(platforms, ensure_ascii=False, indent=2))
        return
    for facts in platforms:
        click.echo("\n".join(lines_of(facts)))


@platform.command("adapters")
def list_adapters() -> None:
    """List the adapters, including those of other packages.

    Says which of them cannot be imported.
    """
    for name, sentence in sorted(known_adapters().items()):
        click.echo(f"{name}: {sentence}")


@platform.command()
@click.argument("name")
def check(name: str) -> None:
    """Test the configuration of NAME on the real platform.

    Nothing is changed there.

    Prints one line for each thing tried, and ends with status 1 if any failed.
    """
    checks = run_checks(load_configuration(configuration_path(), name, key_file()))
    for tried in checks:
        click.echo(f"{'ok    ' if tried.ok else 'FAILED'} {tried.name}: {tried.sentence}")
    if not all(tried.ok for tried in checks):
        raise SystemExit(1)


@platform.command()
@click.argument("name")
@click.argument("account")
def rehearse(name: str, account: str) -> None:
    """Show what each step would do to ACCOUNT, without doing it.

    Looks are real. Statements are carried out and taken back at once; calls are written out and not sent.
    """
    from jaga.core.locators import is_stable, parse_account
    from jaga.core.platforms import Account, Identifies
    from jaga.platforms.kit.steps import Rehearses
    from jaga.platforms.registry import open_adapter

    block = load_configuration(configuration_path(), name, key_file())
    adapter = open_adapter(block)
    if not isinstance(adapter, Rehearses):
        raise click.ClickException(f"The adapter {block.adapter} has no dry run: try `jaga platform check {name}`.")
    declared = adapter.capabilities()
    found = parse_account(declared.named_like or declared.adapter, block.server_name, account)
    if found and not is_stable(declared.stable_id, found) and isinstance(adapter, Identifies):
        identified = adapter.identify(Account(name, found))
        found = identified.account_id if identified else None
        click.echo(f"{account} is {found}" if found else f"Nobody there is called {account}.")
    if not found:
        raise click.ClickException(f"“{account}” is no account on {name}.")
    for line in adapter.rehearse(Account(name, found)):
        click.echo(f"{line.step}: {line.what}\n    {line.result}")


@platform.command()
@click.argument("name")
@click.option(
    "--adapter",
    required=True,
    help="The adapter, such as synapse, prosody, webhook, portal or manual. docs/adapters.md lists all.",
)
@click.option("--base-url", required=True, help="The address of the platform's API, or of the platform itself.")
@click.option("--server-name", help="The server name in account ids. Default: the host of --base-url.")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the adapter; may be repeated."
)
def add(name: str, adapter: str, base_url: str, server_name: str | None, options: tuple[str, ...]) -> None:
    """Add the platform NAME to platforms.toml.

    Its credentials are set afterwards with `jaga platform set`.

    For a webhook a signing key is made here, and its public half printed: give that to the platform.
    """
    if not usable_name(name):
        raise click.ClickException(f"“{name}” is not a name for a platform: lower-case letters, digits, - and _ only.")
    server = server_name or urlsplit(base_url).hostname
    if not server:
        raise click.ClickException(f"“{base_url}” names no host: give --server-name too, or correct it.")
    block = PlatformConfiguration(name, adapter, base_url, server, options=_options(options))
    require_known(block, options=block.options)
    if adapter == "webhook":
        from jaga.core.standard_webhooks import PrivateKey

        made = PrivateKey.generate()
        block = PlatformConfiguration(name, adapter, base_url, server, {"signing_key": made.text()}, block.options)
        click.echo(f"Public key, for the platform: {made.public.text()}")
    save_configuration(configuration_path(), block, key_file(), new=True)
    click.echo(
        f"Added {name}. Next: jaga platform set {name} CREDENTIAL where it needs one, then jaga platform check {name}."
    )


@platform.command()
@click.argument("name")
@click.option("--base-url", help="The new address.")
@click.option(
    "--option",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    help="An option of the adapter; may be repeated. NAME= removes the option.",
)
def change(name: str, base_url: str | None, options: tuple[str, ...]) -> None:
    """Change the address or options of the platform NAME.

    The worker uses them from its next call on.
    """
    given, block = _options(options), configuration_of(read_stored(configuration_path()), name)
    # A setting that nothing reads may always be removed.
    require_known(block, options=[label for label, value in given.items() if value or label not in block.options])
    change_block(configuration_path(), name, key_file(), base_url=base_url, options=given)
    click.echo(
        f"Changed {name}. Next: jaga platform check {name}; after new answer_keys or actions also "
        f"jaga admin platform {name} … again."
    )


@platform.command("set")
@click.argument("name")
@click.argument("credential")
@click.option("--new-key", is_flag=True, help="Generate a new signing_key. The previous key keeps working for now.")
@click.option("--password-stdin", is_flag=True, help="Read the value from standard input, even if that is a terminal.")
def set_(name: str, credential: str, new_key: bool, password_stdin: bool) -> None:
    """Set a credential of the platform NAME.

    On a terminal the value is asked for; otherwise it is read from standard input.

    The worker uses it from its next call on; nothing needs to be stopped.
    """
    require_known(configuration_of(read_stored(configuration_path()), name), credentials=[credential])
    if new_key:
        value = _with_new_key(name, credential)
    elif sys.stdin.isatty() and not password_stdin:
        value = str(click.prompt(f"{credential} of {name}", hide_input=True))
    else:
        value = sys.stdin.read().strip("\r\n")
    if not value:
        raise click.ClickException("Nothing came on standard input; nothing was changed.")
    set_credential(configuration_path(), name, credential, value, key_file())
    click.echo(f"{credential} of {name} is replaced and sealed. The worker uses it from its next call on.")


@platform.command()
@click.argument("name")
def key(name: str) -> None:
    """Print the public keys for the platform NAME.

    The platform needs them to verify Jaga's messages.
    """
    for text in _webhook_keys(load_configuration(configuration_path(), name, key_file())):
        click.echo(text)


@platform.command()
def seal() -> None:
    """Encrypt every credential that is not encrypted yet.

    Credentials under an older key are encrypted anew. Use it after you edited platforms.toml by hand.
    """
    click.echo(f"{seal_all(configuration_path(), key_file())} credentials were sealed; all are sealed now.")


@platform.command("rotate-key")
def rotate_key_() -> None:
    """Encrypt every credential with a new key.

    The old key stays valid until this is done, so workers can go on meanwhile.
    """
    click.echo(
        f"{rotate_key(configuration_path(), key_file())} credentials are sealed under a new key. "
        f"Back up {key_file().path} now, apart from the rest."
    )


def _options(pairs: tuple[str, ...]) -> Mapping[str, str]:
    found = {}
    for pair in pairs:
        label, parted, value = pair.partition("=")
        if not label or not parted:
            raise click.ClickException(f"“{pair}” is not NAME=VALUE.")
        found[label] = value
    return found


def _with_new_key(name: str, credential: str) -> str:
    from jaga.core.standard_webhooks import PrivateKey

    block = configuration_of(read_stored(configuration_path()), name)
    if (block.adapter, credential) != ("webhook", "signing_key"):
        raise click.ClickException("--new-key is for the signing_key of a webhook; the platform gives other values.")
    try:
        old_keys = load_configuration(configuration_path(), name, key_file()).credentials.get("signing_key", "").split()
    except CredentialLocked:
        click.echo("The old key cannot be decrypted, so only the new key signs: give it to the platform first.")
        old_keys = []
    made = PrivateKey.generate()
    click.echo(f"Public key, for the platform: {made.public.text()}")
    return " ".join([made.text(), *old_keys[:1]])


def _webhook_keys(block: PlatformConfiguration) -> tuple[str, ...]:
    from jaga.platforms.webhook import public_keys

    if block.adapter != "webhook":
        raise click.ClickException(f"{block.name} is no webhook: its adapter {block.adapter} signs nothing.")
    return public_keys(block)
