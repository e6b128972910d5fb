"""Platform access configuration: `platforms.toml`, readable only by its owner.

Only the worker and the `jaga platform` commands read it; database and web server never see a credential. This module
handles the file format; `credentials` seals and opens its secrets.
"""

import json
import os
import re
import stat
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from jaga.core.errors import N_, JagaError
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
