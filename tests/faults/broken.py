"""Jaga broken on purpose, to show that the storm's count can fail.

A file `broken` beside the armed points says how. `lost`: a webhook counts as delivered before it is sent. `double`: an
order is sent to the platform without checking first. `silent`: nobody takes over a dead worker's jobs.
"""

import os
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

WAYS = ("lost", "double", "silent")


def _is(way: str) -> bool:
    try:
        return (Path(os.environ["FAULTS"]) / "broken").read_text() == way
    except FileNotFoundError:
        return False


def _instead(place: Any, attribute: str, way: str, other: Callable[..., Any]) -> None:
    """If broken in that way, `other`, which gets the real function as its first argument."""
    real = getattr(place, attribute)

    @wraps(real)
    def chosen(*arguments: Any, **named: Any) -> Any:
        return other(real, *arguments, **named) if _is(way) else real(*arguments, **named)

    setattr(place, attribute, chosen)


def in_worker(toy: Any) -> None:
    """Installed around the points, so that these still work."""
    from jaga.app import worker
    from jaga.core.platforms import StepResult
    from jaga.core.terms.cases import OutcomeKind
    from jaga.webhooks import jobs as webhooks
    from jaga.work import rescue

    def taken_is_delivered(real: Callable[..., Any], *arguments: Any) -> Any:
        taken = real(*arguments)
        for hook in taken:
            webhooks.delivered(hook.delivery_id)
        return taken

    def sent_blindly(real: Callable[..., Any], self: Any, account: Any, text: str, key: str) -> StepResult:
        self.order(account, "notice", text)
        return StepResult(OutcomeKind.DONE, "sent")

    async def never(real: Callable[..., Any], *arguments: Any) -> int:
        return 0

    _instead(webhooks, "take_deliveries", "lost", taken_is_delivered)
    _instead(toy, "deliver", "double", sent_blindly)
    for place in (rescue, worker):
        _instead(place, "retry_stalled", "silent", never)
        _instead(place, "defer_lost_work", "silent", lambda real: 0)
