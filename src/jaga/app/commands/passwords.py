"""Password input from standard input or a prompt: any process can read a command line, and the shell's history keeps
it.
"""

import functools
import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

Returned = TypeVar("Returned")
_MOST = 1000


def password_option(function: Callable[..., Returned]) -> Callable[..., Returned]:
    """Add a `password` parameter: prompted for twice without echo, or with --password-stdin one line of input."""

    @click.option(
        "--password-stdin",
        is_flag=True,
        help="Read the password (one line, at least 12 characters) from standard input instead of asking for it.",
    )
    @click.option("--password", hidden=True, expose_value=False, callback=_refused)
    @functools.wraps(function)
    def wrapped(*given: Any, password_stdin: bool, **named: Any) -> Returned:
        password = (
            from_stdin()
            if password_stdin
            else click.prompt("Password", hide_input=True, confirmation_prompt="Repeat it")
        )
        return function(*given, password=password, **named)

    return wrapped


def from_stdin() -> str:
    """One line of standard input. Raises ClickException for none or more."""
    line = sys.stdin.read(_MOST + 1).strip("\r\n")
    if not line:
        raise click.ClickException("Nothing came on standard input; nothing was changed.")
    if "\n" in line or len(line) > _MOST:
        raise click.ClickException("More than one line came on standard input; nothing was changed.")
    return line


def _refused(ctx: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None:
        raise click.UsageError(
            "A password is never given on the command line, where other programs and the shell's "
            "history see it. Leave --password out and it is asked for, or use --password-stdin."
        )
