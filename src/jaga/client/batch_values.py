"""Files of many reports, as plain frozen values."""

from dataclasses import dataclass
from datetime import datetime

from jaga.client.errors import ApiProblem, FieldProblem
from jaga.client.values import Told, moment


@dataclass(frozen=True)
class Batch:
    """A file of yours. `good`, `double` and `refused` count its rows once it was looked at; `filed`: those that are
    reports.

    `state`: `received`, `ready` (start it), `running`, `done`, `cancelled` or `failed`. `failed` is the problem with a
    file that cannot be worked on, or with one that was to start by itself and is `ready` instead.
    """

    batch_id: int
    name: str
    sha256: str
    size: int
    state: str
    format: str | None
    encoding: str | None
    platform: str | None
    category: str | None
    rows: int
    good: int
    double: int
    refused: int
    filed: int
    ignored_columns: tuple[str, ...]
    notes: tuple[str, ...]
    failed: ApiProblem | None
    created_at: datetime
    looked_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is being looked at or filed, so that it will be another when you ask again."""
        return self.state in ("received", "running")

    @classmethod
    def of(cls, told: Told) -> "Batch":
        failed = told["failed"]
        looked, started, ended = (moment(told[name]) if told[name] else None
                                  for name in ("looked_at", "started_at", "ended_at"))
        return cls(told["batch_id"], told["name"], told["sha256"], told["size"], told["state"], told["format"],
                   told["encoding"], told["platform"], told["category"], told["rows"], told["good"], told["double"],
                   told["refused"], told["filed"], tuple(told["ignored_columns"]), tuple(told["notes"]),
                   ApiProblem.of(failed["status"], failed) if failed else None, moment(told["created_at"]), looked,
                   started, ended)


@dataclass(frozen=True)
class BadRow:
    """A row that becomes no report: refused for these reasons, or saying what the row `repeats` says."""

    row: int
    repeats: int | None
    errors: tuple[FieldProblem, ...]

    @classmethod
    def of(cls, told: Told) -> "BadRow":
        return cls(told["row"], told["repeats"], tuple(FieldProblem.of(one) for one in told["errors"]))
