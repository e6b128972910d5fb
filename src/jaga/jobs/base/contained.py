"""Fault isolation: a fault of one platform is counted for it, and the periodic task goes on with the next."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog
from django.db import DataError

from jaga.casework.actions import circuit_breaker
from jaga.casework.kernel.unusable_values import left_alone, record_failure, record_success
from jaga.core.actors import SYSTEM
from jaga.core.errors import JagaError
from jaga.core.platforms import NotReadable, PlatformFault, PlatformUnreachable
from jaga.core.terms.actions import PlatformTask
from jaga.jobs.base.sparing import log_silence

log = structlog.get_logger("jaga.platforms")


def may_begin(platform: str, task: PlatformTask) -> bool:
    """Whether the task may ask this platform now: neither its circuit breaker nor this task's pause forbids it."""
    return not circuit_breaker.left_alone(platform) and not left_alone(platform, task)


@dataclass
class Attempt:
    """The result of a contained block, available after it."""

    silent: bool = False
    faulty: bool = False


@contextmanager
def contained(platform: str, task: PlatformTask) -> Iterator[Attempt]:
    """Run one task on one platform.

    A missing, unusable or unstorable answer is recorded and ends the block.

    Our own errors and an unavailable database pass through.
    """
    attempt = Attempt()
    try:
        yield attempt
    except NotReadable as nothing:
        log.debug("platform_not_readable", platform=platform, task=task, why=nothing.params.get("why"))
    except PlatformUnreachable as failed:
        attempt.faulty = isinstance(failed, PlatformFault)
        attempt.silent = not attempt.faulty
        _record(platform, task, failed)
    except DataError as refused:  # a value that passed the adapter but cannot be stored
        attempt.faulty = True
        _record(platform, task, PlatformFault(why=f"not storable: {type(refused.__cause__).__name__}"))
    except JagaError as failed:  # for example a configuration error
        log.warning("platform_task_failed", platform=platform, task=task, code=failed.code)
    else:
        record_success(platform, task)


def _record(platform: str, task: PlatformTask, failed: PlatformUnreachable) -> None:
    until = record_failure(platform, task, failed, actor=SYSTEM)
    log_silence(platform, failed, task=task, left_alone_until=until)
