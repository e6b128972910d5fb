"""What the start does about the policy release: adopt the first one, else compare the folder with the adopted one.

Keeps a web process under the adopted policy release (`adoption.verbs`).

A thread of its own asks once a second, so that no request pays for it; a worker has a periodic task instead.
"""

import logging
import os
import threading
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.db import DatabaseError, InterfaceError, close_old_connections

from jaga.core.errors import JagaError


def adopt_or_compare() -> str:
    """Adopt the folder's release as *bootstrap* if none was; a line to print if the folder holds another one now.

    So a new version of Jaga offers its shipped release, and puts nothing into force. Raises PolicyError,
    StoredReleaseDamaged, AdoptedUnreadable, OSError.
    """
    from jaga.adoption.verbs import adopt_first_release, folder_hash, hash_in_force, take_adopted
    from jaga.core.actors import CLI
    from jaga.policy.release import release_files

    wanted = hash_in_force()
    if not wanted:
        adopt_first_release(release_files(), actor=CLI)
        take_adopted()
        return ""
    take_adopted()
    folder = folder_hash()
    if folder == wanted:
        return ""
    return (
        f"The folder of the policy release holds another release ({folder[:16] or 'unreadable'}) than the one in "
        f"force ({wanted[:16]}), which goes on. To have the folder's adopted: jaga policy adopt --by NAME --reason "
        "WHY; a second person confirms it in the console."
    )


if TYPE_CHECKING:
    from jaga.web.admission import Application, Environ, Start

EVERY = 1.0
WEB = "web"
log = logging.getLogger("jaga.policy")


def begin(part: str) -> None:
    """Load the adopted release before the first request. Raises JagaError if this process must not serve.

    A database without tables, or one that is away, is left to the health check.
    """
    from jaga.adoption.verbs import begin_under_release

    try:
        begin_under_release(part)
    except (DatabaseError, InterfaceError) as away:
        log.warning("the policy release in force is not known yet: %s", type(away).__name__)
    finally:
        close_old_connections()


class Following:
    """A WSGI application whose process follows the adopted release from its first request on.

    Not from the import on: a server may fork afterwards, and a fork has no threads, but would share the connections
    of one that runs where it came from.
    """

    def __init__(self, inner: "Application", part: str) -> None:
        self._inner, self._part = inner, part
        self._process, self._lock = 0, threading.Lock()

    def __call__(self, environ: "Environ", start: "Start") -> Iterable[bytes]:
        """Answer under the adopted release."""
        self.watch()
        return self._inner(environ, start)

    def watch(self) -> None:
        """Follow the adopted release from now on, if this process does not yet."""
        if self._process == os.getpid():
            return
        with self._lock:
            if self._process != os.getpid():
                _look_up(self._part)
                threading.Thread(target=_follow, args=[self._part], name="policy", daemon=True).start()
                self._process = os.getpid()


def _follow(part: str) -> None:
    """Follow the adopted release until this process ends."""
    while True:
        time.sleep(EVERY)
        _look_up(part)


def _look_up(part: str) -> None:
    from jaga.adoption.verbs import follow_release

    try:
        follow_release(part)
    except (DatabaseError, InterfaceError, JagaError) as why:  # Health and the log say so in their own way.
        log.debug("the policy release was not looked up: %s", type(why).__name__)
    except Exception:  # The thread must not end: the process would go on under an old release.
        log.exception("the policy release was not looked up")
    finally:
        close_old_connections()
