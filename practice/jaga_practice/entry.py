"""The command `jaga` of a checkout: with the practice world. Run as `python -m jaga_practice.entry`."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from jaga.app import cli

if TYPE_CHECKING:
    from jaga.app.world import World


def practice_world() -> World:
    """The practice world, imported only when it is used: `jaga --help` is fast."""
    from jaga_practice import interface

    return interface


def main() -> NoReturn:
    """Run the command."""
    cli.main(practice=practice_world)


if __name__ == "__main__":
    main()
