"""Platform access configuration: `platforms.toml`, readable only by its owner.

Only the worker and the `jaga platform` commands read it; database and web server never see a credential. This module
handles the file format; `credentials` seals and opens its secrets.

Runs a local program with limits on time and output.

Reads a platform's block with errors that name block and field.
"""

import json
import os
import re
import selectors
import signal
import stat
import subprocess
import time
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from jaga.core.errors import N_, JagaError
from jaga.core.platforms import PlatformFault, PlatformUnreachable
from jaga.platforms.kit.sealing import replace_file

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,59}")
_FIELDS = frozenset({"adapter", "base_url", "server_name", "credentials", "options"})


class ConfigurationInvalid(JagaError):
    """`platforms.toml` is invalid; nothing was read from it."""

    code = "platform_configuration_invalid"
    status = 500
    sentence = N_("The platform configuration in %(path)s is not usable: %(why)s.")
    remedy = N_("Correct the file as docs/adapters.md shows.")


class ConfigurationExposed(JagaError):
    """Other users of this machine could read the credentials."""

    code = "platform_configuration_exposed"
    status = 500
    sentence = N_("Others on this machine can read the credentials in %(path)s.")
    remedy = N_("Run `chmod 600 %(path)s`, and change the tokens if anybody may have read them.")


@dataclass(frozen=True)
class PlatformConfiguration:
    """One block of `platforms.toml`. `credentials` never appear in a repr; `options` hold no secret."""

    name: str
    adapter: str
    base_url: str
    server_name: str
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    options: Mapping[str, str] = field(default_factory=dict)


def read_stored(path: Path) -> dict[str, PlatformConfiguration]:
    """The platforms in `path` by name, with credentials as stored, sealed or plain; empty without a file.

    Raises ConfigurationExposed unless only the owner has access, ConfigurationInvalid for invalid content.
    """
    try:
        with path.open("rb") as file:
            if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                raise ConfigurationExposed(path=path)
            document = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationInvalid(path=path, why=str(error)) from error
    return {name: _configuration(path, name, block) for name, block in document.items()}


def write_stored(path: Path, configurations: Mapping[str, PlatformConfiguration]) -> None:
    """Replace the file atomically. Comments are lost."""
    replace_file(path, "\n".join(_written(configurations[name]) for name in sorted(configurations)).encode())


def usable_name(name: str) -> bool:
    """Whether this is a valid platform name."""
    return bool(_NAME.fullmatch(name))


def _configuration(path: Path, name: str, block: object) -> PlatformConfiguration:
    if not usable_name(name):
        raise ConfigurationInvalid(path=path, why=f"[{name}] is not a name: lower-case letters, digits, - and _ only")
    if not isinstance(block, dict):
        raise ConfigurationInvalid(path=path, why=f"{name} is no block")
    if surplus := sorted(set(block) - _FIELDS):
        raise ConfigurationInvalid(path=path, why=f"[{name}] has unknown fields: {', '.join(surplus)}")
    return PlatformConfiguration(
        name=name,
        adapter=_text(path, name, block, "adapter"),
        base_url=_text(path, name, block, "base_url"),
        server_name=_text(path, name, block, "server_name"),
        credentials=_texts(path, name, block, "credentials"),
        options=_texts(path, name, block, "options"),
    )


def _text(path: Path, name: str, block: Mapping[str, object], key: str) -> str:
    value = block.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigurationInvalid(path=path, why=f"[{name}] needs {key} as a text")
    return value


def _texts(path: Path, name: str, block: Mapping[str, object], key: str) -> Mapping[str, str]:
    values = block.get(key, {})
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ConfigurationInvalid(path=path, why=f"[{name}.{key}] holds texts only")
    return MappingProxyType(dict(values))


def _written(configuration: PlatformConfiguration) -> str:
    lines = [f"[{configuration.name}]"]
    lines += [f"{key} = {_quoted(getattr(configuration, key))}" for key in ("adapter", "base_url", "server_name")]
    for table in ("credentials", "options"):
        values: Mapping[str, str] = getattr(configuration, table)
        if values:
            lines += ["", f"[{configuration.name}.{table}]"]
            lines += [f"{_quoted(key)} = {_quoted(value)}" for key, value in sorted(values.items())]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # A JSON string is a TOML basic string, except for DEL, which JSON does not escape.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


_PART = 64 * 1024


def run(command: Sequence[str], seconds: float, largest: int) -> str:
    """The program's two outputs as UTF-8; invalid bytes become U+FFFD.

    Nothing is written to disk. Raises PlatformUnreachable if it does not start or takes too long, PlatformFault for
    more than `largest` bytes; it is then killed with all its children.
    """
    try:
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
        )
    except OSError as error:
        raise PlatformUnreachable(why=f"shell: {type(error).__name__}") from error
    with program:
        try:
            return "\n".join(output.decode("utf-8", "replace") for output in _outputs(program, seconds, largest))
        finally:
            with suppress(ProcessLookupError):  # The whole group has ended.
                os.killpg(program.pid, signal.SIGKILL)


def _outputs(program: subprocess.Popen[bytes], seconds: float, largest: int) -> tuple[bytes, bytes]:
    until = time.monotonic() + seconds
    assert program.stdout is not None
    assert program.stderr is not None
    outputs = {pipe.fileno(): bytearray() for pipe in (program.stdout, program.stderr)}
    with selectors.DefaultSelector() as open_ones:
        for pipe in outputs:
            open_ones.register(pipe, selectors.EVENT_READ)
        while open_ones.get_map():
            left = until - time.monotonic()
            if left <= 0:
                raise PlatformUnreachable(why="shell: TimeoutExpired")
            for key, _ in open_ones.select(left):
                part = os.read(key.fd, _PART)
                if not part:
                    open_ones.unregister(key.fd)
                outputs[key.fd] += part
            if sum(map(len, outputs.values())) > largest:
                raise PlatformFault(why=f"shell: it says more than {largest} bytes")
    try:
        program.wait(max(0.0, until - time.monotonic()))  # It closed its outputs and is about to exit.
    except subprocess.TimeoutExpired as slow:
        raise PlatformUnreachable(why="shell: TimeoutExpired") from slow
    out, err = outputs.values()
    return bytes(out), bytes(err)


class BlockIncomplete(JagaError):
    """A platform's block is incomplete or has an invalid choice; no connection was made."""

    code = "platform_block_incomplete"
    status = 500
    sentence = N_("The block [%(platform)s] in platforms.toml needs %(field)s: %(why)s.")
    remedy = N_("Add it as docs/adapters.md shows, then run `jaga platform check %(platform)s`.")


def credential(configuration: PlatformConfiguration, name: str) -> str:
    """The credential called `name`. Raises BlockIncomplete."""
    if value := configuration.credentials.get(name):
        return value
    raise BlockIncomplete(platform=configuration.name, field=f"credentials.{name}", why="there is none")


def option(configuration: PlatformConfiguration, name: str, choices: tuple[str, ...]) -> str:
    """The option called `name`, by default the first choice. Raises BlockIncomplete for an invalid one."""
    value = configuration.options.get(name, choices[0])
    if value not in choices:
        why = f"one of {', '.join(choices)}"
        raise BlockIncomplete(platform=configuration.name, field=f"options.{name}", why=why)
    return value
