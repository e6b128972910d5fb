"""Calls that send one report each, answered by one thread with one commit for all (`web.buffering.portions`).

Each call passes the same handler, authentication, quotas and parsing as alone. Only its report waits for those of the
other calls. Nothing is answered before the commit.
"""

from collections.abc import Sequence
from http import HTTPStatus

from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.http import HttpResponse

from jaga.casework.cases.values import AcceptedReport
from jaga.casework.reporting.intake import accept_together
from jaga.policy import one_release
from jaga.web.admission import Environ
from jaga.web.api.reports import acknowledge
from jaga.web.buffering.bridge import Response
from jaga.web.later import LATER, Later


def answer_reports(handler: WSGIHandler, environs: Sequence[Environ]) -> list[Response | Exception]:
    """The answers in the order of the calls, each as the handler would give it to the call alone.

    An exception that leaves the handler is that of its call; the others are answered.
    """
    request_started.send(type(handler), environ=environs[0])
    try:
        with one_release():
            calls = [_Call(handler, environ) for environ in environs]
            waiting = [(call, call.later.report) for call in calls if call.later.report is not None]
            outcomes = accept_together([report for _, report in waiting])
            for (call, _), outcome in zip(waiting, outcomes, strict=True):
                call.end(outcome)
            return [call.response() for call in calls]
    finally:
        request_finished.send(type(handler))  # gives the database connection back


class _Call:
    """One of the calls. If its view answered at once, as when it refuses the call, no report waits."""

    def __init__(self, handler: WSGIHandler, environ: Environ) -> None:
        self._handler, self._environ = handler, environ
        self.later = Later()
        if "HTTP_IDEMPOTENCY_KEY" not in environ:  # Otherwise its answer is stored with its report: neither can wait.
            environ[LATER] = self.later
        self._answer = self._asked()
        if isinstance(self._answer, Exception) or self._answer.status_code != HTTPStatus.CREATED:
            self.later.report = None

    def end(self, outcome: AcceptedReport | BaseException) -> None:
        """Complete the answer, or answer again with what the report failed with."""
        if not isinstance(outcome, AcceptedReport):
            self.later.failure = outcome
            self._answer = self._asked()
        elif isinstance(self._answer, HttpResponse):
            acknowledge(self._environ["PATH_INFO"], self._answer, outcome)

    def response(self) -> Response | Exception:
        """The answer for the server."""
        answer = self._answer
        if isinstance(answer, Exception):
            return answer
        cookies = (("Set-Cookie", one.output(header="")) for one in answer.cookies.values())
        return Response(
            answer.status_code,
            [(name.encode("latin-1"), value.encode("latin-1")) for name, value in (*answer.items(), *cookies)],
            answer.content,
        )

    def _asked(self) -> HttpResponse | Exception:
        try:
            request = self._handler.request_class(self._environ)
            answer = self._handler.get_response(request)
            request.close()
        except Exception as fault:  # noqa: BLE001 - the server logs it
            return fault
        assert isinstance(answer, HttpResponse)  # Nothing here is streamed.
        return answer
