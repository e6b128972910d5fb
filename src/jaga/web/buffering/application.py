"""The ASGI application: buffer the body, then call Django in a thread."""

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.http import HttpResponse

from jaga.core.errors import JagaError
from jaga.web.admission import Application, Environ
from jaga.web.buffering.bridge import Response, ask, environ_of
from jaga.web.buffering.portions import Portions, goes_together
from jaga.web.buffering.strangers import must_be_known, refused_unread
from jaga.web.buffering.uploads import Limits, Receive, Uploads, largest_at
from jaga.web.errors import TooLarge, refusal
from jaga.web.strangers import network_in

Send = Callable[[dict[str, Any]], Awaitable[None]]
_HEALTH, _HEALTH_THREADS = "/health/", 2


class Buffering:
    """One per web process. `threads` of them call the WSGI application; health checks have their own.

    Calls that send one report go to `together`, if it is given.
    """

    def __init__(
        self, application: Application, uploads: Uploads, threads: int, together: Portions | None = None
    ) -> None:
        self._application, self._uploads = application, uploads
        self._requests = ThreadPoolExecutor(threads, "request")
        self._health = ThreadPoolExecutor(_HEALTH_THREADS, "health")
        self._together = together

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        environ = environ_of(scope)
        try:
            response = await self._answer(environ, receive)
        except JagaError as refused:
            headers, body = refusal(environ, refused)
            response = _closing(refused.status, headers, body)
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _answer(self, environ: Environ, receive: Receive) -> Response:
        announced = _announced(environ)
        if announced != 0:
            refused = await self._take_body(environ, announced, receive)
            if refused is not None:
                return _closing(refused.status_code, list(refused.items()), refused.content)
        threads = self._health if environ["PATH_INFO"].startswith(_HEALTH) else self._requests
        with environ["wsgi.input"]:
            if self._together is not None and goes_together(environ):
                return await self._together.ask(environ)
            return await asyncio.get_running_loop().run_in_executor(threads, ask, self._application, environ)

    async def _take_body(self, environ: Environ, announced: int | None, receive: Receive) -> HttpResponse | None:
        largest = largest_at(environ["PATH_INFO"])
        if announced is not None and announced > largest:
            raise TooLarge
        if must_be_known(environ, announced):
            loop = asyncio.get_running_loop()
            refused = await loop.run_in_executor(self._requests, refused_unread, environ)
            if refused is not None:
                return refused
        limits = Limits(network_in(environ), announced, largest)
        environ["wsgi.input"] = body = await self._uploads.read(receive, limits)
        if announced is None:
            environ["CONTENT_LENGTH"] = str(body.size)
        return None


def _announced(environ: Environ) -> int | None:
    """The body's length by its header, or None if unknown before its end. The server validated it."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        environ.pop("CONTENT_LENGTH", None)  # Not both: they could contradict each other.
        return None
    return int(environ.get("CONTENT_LENGTH") or 0)


def _closing(status: int, headers: list[tuple[str, str]], body: bytes) -> Response:
    """A refusal that closes the connection without waiting for the rest of the body."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers]
    return Response(status, [*raw, (b"connection", b"close")], body)
