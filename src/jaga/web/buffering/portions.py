"""Calls that send one report each are answered in portions: one thread, one place and one commit for all of a portion.

A thread for each of them mostly waited: for the interpreter, for a place, for the commit of others. The hand-overs were
a quarter of the processor time of a report. While one portion is answered, the next one gathers. Then it waits a moment
for callers that were just answered and send again: two halves in turns would need twice the commits.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from io import BytesIO

from jaga.web.admission import Environ, TooBusy, is_first
from jaga.web.buffering.bridge import Response
from jaga.web.errors import API_PREFIX, refusal

REPORTS = f"{API_PREFIX}v1/reports"
_LARGEST = 16 * 1024
"""Bytes. A report has some hundred; a longer body would hold up the others."""

_GATHERING = 0.003
"""Seconds for which the calls of a portion wait for others to return."""

_HASHES = re.compile(rb'"device_hashes"\s*:\s*\[\s*"')

Answer = Callable[[Sequence[Environ]], Sequence[Response | Exception] | None]


def goes_together(environ: Environ) -> bool:
    """Whether this call, with its body, is answered in a portion.

    An urgent one never waits for ordinary ones. One with an Idempotency-Key, or with hashes of pictures, has a
    transaction of its own; the latter may wait for its case.
    """
    return (
        environ["PATH_INFO"] == REPORTS
        and environ["REQUEST_METHOD"] == "POST"
        and "HTTP_IDEMPOTENCY_KEY" not in environ
        and int(environ.get("CONTENT_LENGTH") or 0) <= _LARGEST
        and not is_first(environ)
        and not _has_hashes(environ)
    )


def _has_hashes(environ: Environ) -> bool:
    """Whether the body seems to name hashes. A false claim only costs a thread."""
    body = environ["wsgi.input"].read()
    environ["wsgi.input"] = BytesIO(body)
    return b'"device_hashes"' in body and _HASHES.search(body) is not None


@dataclass(frozen=True)
class _Call:
    environ: Environ
    answered: asyncio.Future[Response]
    since: float


class Portions:
    """Of one web process, for the thread of its event loop.

    `answer` answers a portion of at most `most` calls, or refuses it with None; a call that cannot be answered has its
    exception. At most `waiting` calls wait, and none longer than `patience` seconds.
    """

    def __init__(self, answer: Answer, most: int, waiting: int, patience: float) -> None:
        self._answer, self._most, self._waiting, self._patience = answer, most, waiting, patience
        self._thread = ThreadPoolExecutor(1, "reports")
        self._queue: deque[_Call] = deque()
        self._works, self._clock = False, False
        self._expected = 1
        self._gathers: asyncio.TimerHandle | None = None

    async def ask(self, environ: Environ) -> Response:
        """The answer to one call; 503 at capacity."""
        loop = asyncio.get_running_loop()
        if len(self._queue) >= self._waiting:
            return _too_busy(environ)
        call = _Call(environ, loop.create_future(), loop.time())
        self._queue.append(call)
        if not self._works and len(self._queue) >= self._expected:
            self._begin(loop)
        elif not self._clock:
            self._clock = True
            loop.call_later(self._patience, self._refuse_late, loop)
        return await call.answered

    def _begin(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._gathers is not None:
            self._gathers.cancel()
        self._expected, self._gathers = 1, None
        if not self._queue:
            return
        calls = [self._queue.popleft() for _ in range(min(self._most, len(self._queue)))]
        self._works = True
        work = loop.run_in_executor(self._thread, self._answer, [call.environ for call in calls])
        work.add_done_callback(partial(self._ended, loop, calls))

    def _ended(
        self,
        loop: asyncio.AbstractEventLoop,
        calls: Sequence[_Call],
        work: asyncio.Future[Sequence[Response | Exception] | None],
    ) -> None:
        self._works = False
        self._gather(len(calls), loop)
        fault = work.exception()
        answers = None if fault else work.result()
        for place, call in enumerate(calls):
            if call.answered.done():
                continue
            outcome = fault or (answers[place] if answers is not None else _too_busy(call.environ))
            if isinstance(outcome, BaseException):
                call.answered.set_exception(outcome)
            else:
                call.answered.set_result(outcome)

    def _gather(self, answered: int, loop: asyncio.AbstractEventLoop) -> None:
        """Begin the next portion as soon as those that were just answered may be back, or after `_GATHERING`."""
        self._expected = min(self._most, answered + len(self._queue))
        if self._expected == 1 or len(self._queue) >= self._most:
            self._begin(loop)
        else:
            self._gathers = loop.call_later(_GATHERING, self._begin, loop)

    def _refuse_late(self, loop: asyncio.AbstractEventLoop) -> None:
        """Refuse the calls that have waited too long; look again while others wait."""
        late = loop.time() - self._patience
        while self._queue and self._queue[0].since <= late:
            call = self._queue.popleft()
            if not call.answered.done():
                call.answered.set_result(_too_busy(call.environ))
        self._clock = bool(self._queue)
        if self._queue:
            loop.call_later(self._queue[0].since - late, self._refuse_late, loop)


def _too_busy(environ: Environ) -> Response:
    headers, body = refusal(environ, TooBusy())
    return Response(
        TooBusy.status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], body
    )
