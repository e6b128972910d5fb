"""Calls that send a report each gather while others are answered; a full queue and a long wait are refused."""

import asyncio
import json
from collections.abc import Awaitable, Sequence
from io import BytesIO
from threading import Event
from typing import Any

import pytest

from jaga.web.admission import Admission, Places
from jaga.web.buffering.application import Buffering
from jaga.web.buffering.bridge import Response
from jaga.web.buffering.portions import Portions, goes_together

Environ = dict[str, Any]


class Desk:
    """Answers each call with its number; the first portion waits until it may go on."""

    def __init__(self, *, waits: bool = True) -> None:
        self.portions: list[list[int]] = []
        self.go_on = Event()
        if not waits:
            self.go_on.set()

    def answer(self, environs: Sequence[Environ]) -> list[Response] | None:
        numbers = [environ["number"] for environ in environs]
        self.portions.append(numbers)
        assert self.go_on.wait(60)
        if 13 in numbers:
            raise ValueError("thirteen")
        return None if 99 in numbers else [Response(201, [], b"%d" % number) for number in numbers]


def call(number: int, body: bytes = b"{}", **more: Any) -> Environ:
    return {
        "PATH_INFO": "/api/v1/reports",
        "REQUEST_METHOD": "POST",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": BytesIO(body),
        "number": number,
        **more,
    }


async def _first_is_in(desk: Desk) -> None:
    while not desk.portions:
        await asyncio.sleep(0.001)


async def _all(desk: Desk, portions: Portions, numbers: Sequence[int]) -> list[Response | BaseException]:
    """The first number comes alone, the others while it is answered."""
    asked: list[Awaitable[Response]] = [asyncio.ensure_future(portions.ask(call(numbers[0])))]
    await _first_is_in(desk)
    asked += [asyncio.ensure_future(portions.ask(call(number))) for number in numbers[1:]]
    await asyncio.sleep(0)  # they are in the queue
    desk.go_on.set()
    return await asyncio.gather(*asked, return_exceptions=True)


def test_those_who_come_meanwhile_share_the_next_portions() -> None:
    """In their order, no more than may, and each gets its own answer."""
    desk = Desk()
    answers = asyncio.run(_all(desk, Portions(desk.answer, 3, 28, 60), range(8)))
    assert [answer.body for answer in answers if isinstance(answer, Response)] == [b"%d" % one for one in range(8)]
    assert desk.portions == [[0], [1, 2, 3], [4, 5, 6], [7]]


def test_a_call_that_comes_alone_waits_for_nobody() -> None:
    """It is a portion of its own at once."""
    desk = Desk(waits=False)
    portions = Portions(desk.answer, 3, 28, 60)

    async def one_by_one() -> list[Response]:
        return [await portions.ask(call(number)) for number in range(3)]

    assert [answer.status for answer in asyncio.run(one_by_one())] == [201] * 3
    assert desk.portions == [[0], [1], [2]]


def test_who_was_just_answered_and_sends_again_is_waited_for() -> None:
    """Two callers in turns share portions; who does not come back is waited for a moment only."""
    desk = Desk(waits=False)
    portions = Portions(desk.answer, 3, 28, 60)

    async def caller(number: int) -> list[int]:
        return [int((await portions.ask(call(number + turn))).body) for turn in range(3)]

    async def both() -> list[list[int]]:
        return await asyncio.gather(caller(0), caller(10))

    assert asyncio.run(both()) == [[0, 1, 2], [10, 11, 12]]
    assert desk.portions == [[0], [10, 1], [11, 2], [12]]


def test_more_than_may_wait_are_refused_at_once() -> None:
    """With the time to wait, as problem details in the caller's language; the others are answered."""
    desk = Desk()
    answers = asyncio.run(_all(desk, Portions(desk.answer, 3, 4, 60), range(7)))
    taken, refused = answers[:5], answers[5:]
    assert [answer.status for answer in taken if isinstance(answer, Response)] == [201] * 5
    for answer in refused:
        assert isinstance(answer, Response)
        assert (answer.status, json.loads(answer.body)["code"]) == (503, "too_busy")
        assert (b"Retry-After", b"5") in answer.headers


def test_nobody_waits_longer_than_may() -> None:
    """They are refused while the first portion still works, and never answered twice."""
    desk = Desk()
    portions = Portions(desk.answer, 3, 28, 0.05)

    async def ask() -> tuple[list[Response], Response, Response]:
        first = asyncio.ensure_future(portions.ask(call(0)))
        await _first_is_in(desk)
        late = await asyncio.gather(portions.ask(call(1)), portions.ask(call(2)))
        again = await portions.ask(call(3))
        desk.go_on.set()
        return late, again, await first

    late, again, first = asyncio.run(ask())
    assert [answer.status for answer in (*late, again, first)] == [503, 503, 503, 201]
    assert desk.portions == [[0]]


def test_a_process_at_capacity_refuses_the_portion() -> None:
    """Each of its calls, and the next portion is answered."""
    desk = Desk()
    answers = asyncio.run(_all(desk, Portions(desk.answer, 2, 28, 60), [0, 99, 1, 2]))
    assert [answer.status for answer in answers if isinstance(answer, Response)] == [201, 503, 503, 201]


def test_a_fault_is_that_of_its_portion_alone() -> None:
    """The others go on."""
    desk = Desk()
    answers = asyncio.run(_all(desk, Portions(desk.answer, 2, 28, 60), [0, 13, 1, 2]))
    assert [type(answer) for answer in answers] == [Response, ValueError, ValueError, Response]


def test_an_exception_among_the_answers_is_that_of_its_call() -> None:
    """The others of the portion have their answers."""

    def answer(environs: Sequence[Environ]) -> list[Response | Exception]:
        return [ValueError("odd") if environ["number"] % 2 else Response(201, [], b"") for environ in environs]

    async def ask() -> list[Response | BaseException]:
        portions = Portions(answer, 4, 28, 60)
        return await asyncio.gather(*(portions.ask(call(number)) for number in range(5)), return_exceptions=True)

    assert [type(one) for one in asyncio.run(ask())] == [Response, ValueError, Response, ValueError, Response]


def test_a_caller_who_left_harms_nobody() -> None:
    """Whoever is in the same portion gets an answer."""
    desk = Desk()
    portions = Portions(desk.answer, 3, 28, 60)

    async def ask() -> list[Response]:
        first = asyncio.ensure_future(portions.ask(call(0)))
        await _first_is_in(desk)
        leaves, stays = (asyncio.ensure_future(portions.ask(call(number))) for number in (1, 2))
        await asyncio.sleep(0)
        leaves.cancel()
        desk.go_on.set()
        return [await first, await stays]

    assert [answer.body for answer in asyncio.run(ask())] == [b"0", b"2"]


def test_urgent_large_and_repeatable_ones_go_alone() -> None:
    """The body of those that go together can still be read."""
    alike = call(0, b'{"text": "open BO"}')
    assert goes_together(alike)
    assert alike["wsgi.input"].read() == b'{"text": "open BO"}'
    assert goes_together(call(0, b'{"device_hashes": []}'))
    for other in (
        call(0, b'{"route": "victim"}'),
        call(0, b'{"text": "%s"}' % (b"x" * 17_000)),
        call(0, HTTP_IDEMPOTENCY_KEY="a"),
        call(0, HTTP_IDEMPOTENCY_KEY=""),
        call(0, PATH_INFO="/api/v1/reports/batch"),
        call(0, PATH_INFO="/api/v1/reports/"),
        call(0, REQUEST_METHOD="GET"),
        call(0, PATH_INFO="/report/"),
        call(0, b'{"device_hashes" : [ "%s"]}' % (b"0" * 64)),
    ):
        assert not goes_together(other)


def test_a_portion_has_one_place_and_steps_back() -> None:
    """Without one in time it is refused; a fault gives the place back."""
    inside, leave = Event(), Event()
    door = Admission(lambda *_: [], Places(ordinary=1, first=1, waiting=1, patience=0.05))

    def fault() -> list[Response]:
        raise ValueError

    def stay() -> int:
        inside.set()
        assert leave.wait(60)
        return 1

    with pytest.raises(ValueError):  # noqa: PT011 - its own
        door.let_in_together(fault)
    loop = asyncio.new_event_loop()
    staying = loop.run_in_executor(None, door.let_in_together, stay)
    assert inside.wait(60)
    assert door.let_in_together(lambda: 2) is None
    leave.set()
    assert loop.run_until_complete(staying) == 1
    assert door.let_in_together(lambda: 3) == 3
    loop.close()


def test_the_web_server_sends_them_there() -> None:
    """A complete body arrives, and its answer goes back; other calls pass the application as ever."""
    bodies = []

    def answer(environs: Sequence[Environ]) -> list[Response]:
        bodies.extend(environ["wsgi.input"].read() for environ in environs)
        return [Response(201, [(b"x", b"y")], b"together") for _ in environs]

    def application(environ: Environ, start: Any) -> list[bytes]:
        start("200 OK", [])
        return [b"alone"]

    buffering = Buffering(application, _Uploads(), 1, Portions(answer, 3, 3, 60))  # type: ignore[arg-type]

    async def ask(path: str) -> list[dict[str, Any]]:
        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope = {
            "method": "POST",
            "http_version": "1.1",
            "raw_path": path.encode(),
            "query_string": b"",
            "scheme": "http",
            "headers": [(b"content-length", b"2")],
            "client": ("127.0.0.1", 1),
        }
        await buffering(scope, None, send)  # type: ignore[arg-type]
        return sent

    together, alone = (asyncio.run(ask(path)) for path in ("/api/v1/reports", "/report/"))
    assert together == [
        {"type": "http.response.start", "status": 201, "headers": [(b"x", b"y")]},
        {"type": "http.response.body", "body": b"together"},
    ]
    assert (alone[1]["body"], bodies) == (b"alone", [b"{}"])


class _Uploads:
    """Every body is here at once."""

    async def read(self, *_: object) -> BytesIO:
        return BytesIO(b"{}")
