"""Keeps a web process under the adopted policy release (`casework.kernel.policy_in_force`).

A thread of its own asks once a second, so that no request pays for it; a worker has a periodic task instead.
"""

import logging
import threading
import time

from django.db import DatabaseError, InterfaceError, close_old_connections

from jaga.core.errors import JagaError

EVERY = 1.0
WEB = "web"
log = logging.getLogger("jaga.policy")


def begin(part: str) -> None:
    """Load the adopted release before the first request. Raises JagaError if this process must not serve.

    A database without tables, or one that is away, is left to the health check.
    """
    from jaga.casework.kernel.policy_in_force import begin_under_release

    try:
        begin_under_release(part)
    except (DatabaseError, InterfaceError) as away:
        log.warning("the policy release in force is not known yet: %s", type(away).__name__)
    finally:
        close_old_connections()


def watch(part: str) -> threading.Thread:
    """Follow the adopted release until this process ends."""
    thread = threading.Thread(target=_follow, args=[part], name="policy", daemon=True)
    thread.start()
    return thread


def _follow(part: str) -> None:
    from jaga.casework.kernel.policy_in_force import follow_release

    while True:
        time.sleep(EVERY)
        try:
            follow_release(part)
        except (DatabaseError, InterfaceError, JagaError) as why:  # Health and the log say so in their own way.
            log.debug("the policy release was not looked up: %s", type(why).__name__)
        except Exception:  # This thread must not end: the process would go on under an old release.
            log.exception("the policy release was not looked up")
        finally:
            close_old_connections()
