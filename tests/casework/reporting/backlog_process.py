"""Workers of a backlog that kill themselves with -9: `python -m tests.casework.reporting.backlog_process FILE NUMBER
POINT…`. They run at once; with `in-turn` before the points, one after the other.

A POINT is `taken`, `filed` (in the transaction), `done` (after the commit), `always:BLOCK` or `never`. Prints how each
ended. The workers are forked after the engine is warm, which takes most of the time of a start.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from typing import Any


def main(path: str, backlog: int, points: list[str]) -> None:
    import django

    django.setup()
    from jaga.app.screening.block_findings import Columns, read_block
    from jaga.policy.release import load_release

    read_block(json.dumps({"id": "1", "account": "a", "text": "open BO"}).encode(), Columns(), load_release())
    statuses, running = list[int](), list[int]()
    in_turn = points[0] == "in-turn"
    for point in points[in_turn:]:
        if (child := os.fork()) == 0:
            _work(path, backlog, point)
            os._exit(0)
        running.append(child)
        if in_turn:
            statuses.append(os.waitpid(running.pop(), 0)[1])
    statuses += [os.waitpid(child, 0)[1] for child in running]
    print(json.dumps([os.waitstatus_to_exitcode(status) for status in statuses]))


def _work(path: str, backlog: int, point: str) -> None:
    from jaga.app.screening import take_in
    from jaga.reporting.verbs import backlogs

    def die(*_: object, **__: object) -> Any:
        os.kill(os.getpid(), signal.SIGKILL)

    do_block, append = take_in.do_block, backlogs.append
    replaced: dict[str, Callable[..., Any]] = {
        "taken": die,
        "done": lambda *given: (do_block(*given), die()),
        "always": lambda *given: die() if given[2].number == int(point.partition(":")[2]) else do_block(*given),
    }
    take_in.do_block = replaced.get(point.partition(":")[0], do_block)
    if point == "filed":
        backlogs.append = lambda verb, *given, **own: (die if verb == "take_in_block" else append)(verb, *given, **own)
    take_in.work(path, backlog)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
