"""Reading and changing `platforms.toml` with sealed credentials while a worker reads it.

Writers lock the folder exclusively, readers share the lock: a reader never sees a file and key that do not match, and
concurrent writes are not lost. Plain values, as in a manual first set-up, are read too; everything saved here is
sealed.
"""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

from jaga.core.errors import N_, JagaError
from jaga.platforms.kit.configuration import PlatformConfiguration, read_stored, write_stored
from jaga.platforms.kit.sealing import CredentialLocked, KeyFile, Keys, is_sealed, new_key


class UnknownPlatform(JagaError):
    """`platforms.toml` has no block of that name."""

    code = "unknown_platform"
    status = 500
    sentence = N_("There is no configuration for the platform %(platform)s.")
    remedy = N_("Add its block to platforms.toml as docs/adapters.md shows, then run `jaga platform check`.")


class PlatformKnown(JagaError):
    """A block of that name already exists; nothing was changed."""

    code = "platform_known"
    status = 409
    sentence = N_("The platform %(platform)s is in platforms.toml already.")
    remedy = N_("Use `jaga platform set` for its credentials, `jaga platform change` for its address and options.")


def load_configurations(path: Path, key_file: KeyFile) -> dict[str, PlatformConfiguration]:
    """All platforms by name with opened credentials. Raises CredentialLocked, and what reading the two files raises."""
    with _lock(path.parent, fcntl.LOCK_SH):
        return {name: _opened(block, key_file.keys()) for name, block in read_stored(path).items()}


def load_configuration(path: Path, name: str, key_file: KeyFile) -> PlatformConfiguration:
    """One platform with opened credentials; faults in other blocks are ignored. Raises UnknownPlatform too."""
    with _lock(path.parent, fcntl.LOCK_SH):
        return _opened(configuration_of(read_stored(path), name), key_file.keys())


def configuration_of(configurations: Mapping[str, PlatformConfiguration], name: str) -> PlatformConfiguration:
    """The block called `name`. Raises UnknownPlatform."""
    try:
        return configurations[name]
    except KeyError:
        raise UnknownPlatform(platform=name) from None


def locked_credentials(path: Path, key_file: KeyFile) -> list[str]:
    """Credentials that cannot be opened, as “PLATFORM CREDENTIAL”. Raises what reading the two files raises."""
    with _lock(path.parent, fcntl.LOCK_SH):
        stored, keys = read_stored(path), key_file.keys()
    locked = []
    for block in stored.values():
        for name, text in block.credentials.items():
            try:
                keys.open(text, block.name, name)
            except CredentialLocked:
                locked.append(f"{block.name} {name}")
    return sorted(locked)


def save_configuration(
    path: Path, configuration: PlatformConfiguration, key_file: KeyFile, *, new: bool = False
) -> None:
    """Add the block, sealed, or replace the one of that name; plain values of the others are sealed, too.

    With `new` an existing block is kept: raises PlatformKnown. Values that cannot be opened stay unchanged.
    """
    with alone(path):
        configurations = read_stored(path)
        if new and configuration.name in configurations:
            raise PlatformKnown(platform=configuration.name)
        keys = key_file.keys_to_seal()
        configurations[configuration.name] = _sealed(configuration, keys, plain=True)
        write_stored(path, {name: _sealed(block, keys) for name, block in configurations.items()})


def set_credential(path: Path, platform: str, credential: str, value: str, key_file: KeyFile) -> None:
    """Replace one credential, even one that cannot be opened.

    Raises UnknownPlatform.

    The worker uses it from its next call on; a running call ends with the old one.
    """
    with alone(path):
        configurations = read_stored(path)
        block = configuration_of(configurations, platform)
        keys = key_file.keys_to_seal()
        sealed = keys.seal(value, platform, credential)
        configurations[platform] = replace(
            block, credentials=MappingProxyType({**block.credentials, credential: sealed})
        )
        write_stored(path, {name: _sealed(one, keys) for name, one in configurations.items()})


def change_block(
    path: Path,
    platform: str,
    key_file: KeyFile,
    *,
    base_url: str | None = None,
    options: Mapping[str, str] | None = None,
) -> None:
    """Change a platform's address or some options; an empty option is removed. Raises UnknownPlatform."""
    with alone(path):
        configurations = read_stored(path)
        block = configuration_of(configurations, platform)
        kept = {name: value for name, value in {**block.options, **(options or {})}.items() if value}
        configurations[platform] = replace(block, base_url=base_url or block.base_url, options=MappingProxyType(kept))
        keys = key_file.keys_to_seal()
        write_stored(path, {name: _sealed(one, keys) for name, one in configurations.items()})


def seal_all(path: Path, key_file: KeyFile) -> int:
    """Seal every value under the first key and drop older keys; also completes an interrupted rotation.

    Returns how many values were plain or under an older key. Raises CredentialLocked before anything is changed.
    """
    with alone(path):
        return _seal_under_first(path, key_file, key_file.keys_to_seal())


def rotate_key(path: Path, key_file: KeyFile) -> int:
    """Create a new key and seal every value under it; old keys are dropped when that is done.

    Safe to interrupt and repeat. Returns how many values were sealed. Raises CredentialLocked before anything is
    changed.
    """
    with alone(path):
        keys = key_file.keys()
        for block in read_stored(path).values():
            _opened(block, keys)
        ring = Keys((new_key(), *keys.raw))
        key_file.write(ring.raw)
        return _seal_under_first(path, key_file, ring)


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Lock `path` and its key exclusively; creates the folder if needed."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _lock(path.parent, fcntl.LOCK_EX):
        yield


@contextmanager
def _lock(folder: Path, kind: int) -> Iterator[None]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except FileNotFoundError:  # Then nobody has written anything there.
        yield
        return
    try:
        fcntl.flock(descriptor, kind)
        yield
    finally:
        os.close(descriptor)


def _seal_under_first(path: Path, key_file: KeyFile, keys: Keys) -> int:
    stored = read_stored(path)
    opened = {name: _opened(block, keys) for name, block in stored.items()}
    first = Keys(keys.raw[:1])
    count = sum(not first.opens(text) for block in stored.values() for text in block.credentials.values())
    if count:
        write_stored(path, {name: _sealed(block, first, plain=True) for name, block in opened.items()})
    if len(keys.raw) > 1:
        key_file.write(first.raw)
    return count


def _opened(block: PlatformConfiguration, keys: Keys) -> PlatformConfiguration:
    values = {name: keys.open(text, block.name, name) for name, text in block.credentials.items()}
    return replace(block, credentials=MappingProxyType(values))


def _sealed(block: PlatformConfiguration, keys: Keys, *, plain: bool = False) -> PlatformConfiguration:
    """The block as stored. `plain`: its values are known to be plain, whatever they look like."""
    values = {
        name: text if is_sealed(text) and not plain else keys.seal(text, block.name, name)
        for name, text in block.credentials.items()
    }
    return replace(block, credentials=MappingProxyType(values))
