"""Which release this process works under.

A web server or worker sets it once it has looked up what was adopted (`adoption.verbs`), and again
when another release is adopted. One request and one job see one release from beginning to end (`one_release`), so that
nothing is judged by one release and recorded under the hash of another.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from jaga.core.errors import N_, JagaError
from jaga.policy.models import Jurisdiction


class HashedRelease(Protocol):
    """A `policy.release.PolicyRelease`. That module imports this one."""

    @property
    def hash(self) -> str:
        """The hash over its files."""

    @property
    def jurisdiction(self) -> Jurisdiction:
        """Where it applies."""


class ReleaseNotInForce(JagaError):
    """The adopted release could not be loaded, so nothing that rests on rules is done."""

    code = "policy_not_in_force"
    status = 503
    sentence = N_("The policy release in force cannot be loaded here, so nothing is decided or answered.")
    remedy = N_("Tell whoever runs this installation; the log names the cause.")


@dataclass(frozen=True)
class _State:
    release: HashedRelease | None = None
    refused: bool = False


_state = _State()
_seen: ContextVar[_State | None] = ContextVar("jaga_release_seen", default=None)


def current() -> HashedRelease | None:
    """The release of this request or job, else of this process; None if nothing was looked up.

    Raises ReleaseNotInForce.
    """
    state = _seen.get() or _state
    if state.refused:
        raise ReleaseNotInForce
    return state.release


def put_in_force(release: HashedRelease | None) -> None:
    """Work under this release from the next request and job on; None: as if nothing had been looked up."""
    global _state
    _state = _State(release)


def refuse() -> None:
    """Answer nothing that rests on rules, until a release is put in force."""
    global _state
    _state = _State(refused=True)


def current_jurisdiction() -> Jurisdiction | None:
    """That of `current`; also None where the release was refused: that is told in a language and with a time, too."""
    release = (_seen.get() or _state).release
    return release.jurisdiction if release else None


def process_hash() -> str:
    """The hash of this process's release; empty if none was looked up or it was refused."""
    return _state.release.hash if _state.release else ""


@contextmanager
def one_release() -> Iterator[None]:
    """Within, `load_release` always gives the release that was in force at the beginning."""
    token = _seen.set(_seen.get() or _state)
    try:
        yield
    finally:
        _seen.reset(token)
