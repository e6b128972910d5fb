"""The colours of a deadline: the only place that decides them. Text always says the same as the colour."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

from jaga.core.clock import TimeLeft, now, time_left
from jaga.core.errors import N_


@dataclass(frozen=True)
class ClockStyle:
    """How one step of time left is shown.

    `clock` ends the classes of a single deadline (`clock--…`, `rail__row--…`), `tag` those of a number of cases
    (`tag--…`) with the word `tagged` beside it, and `part` those of a bar (`part--…`). What is empty is shown plainly.
    """

    label: str
    clock: str
    part: str
    tag: str = ""
    tagged: str = ""


STYLES: Mapping[TimeLeft, ClockStyle] = MappingProxyType(
    {
        TimeLeft.OVERDUE: ClockStyle(N_("overdue"), "late", "contradicted", "danger", N_("overdue")),
        TimeLeft.HOURS_2: ClockStyle(N_("less than 2 hours"), "soon", "late", "warn", N_("soon")),
        TimeLeft.HOURS_12: ClockStyle(N_("2 to 12 hours"), "running", "claimed"),
        TimeLeft.HOURS_24: ClockStyle(N_("12 to 24 hours"), "running", ""),
        TimeLeft.LATER: ClockStyle(N_("more than a day"), "running", "kept"),
    }
)
STOPPED = "stopped"
"""The `clock` of a case that is decided."""


def clock_at(due_at: datetime) -> str:
    """The `clock` of a deadline that runs: late, soon or running."""
    return STYLES[time_left(due_at, now())].clock
