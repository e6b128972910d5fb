"""Batches (files of many reports) as frozen values."""

from dataclasses import dataclass
from datetime import datetime

from jaga.client.errors import ApiProblem, FieldProblem
from jaga.client.values import JsonObject, moment


@dataclass(frozen=True)
class Batch:
    """One of your files.

    `good`, `double` and `refused` count its rows once it was checked; `filed` those that are reports.

    `state`: `received`, `ready` (start it), `running`, `done`, `cancelled` or `failed`. `failed` is the problem of an
    unusable file, or of one that should start automatically but is `ready` instead.
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
    validated_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_open(self) -> bool:
        """Whether it is being checked or filed, so that a later query will differ."""
        return self.state in ("received", "running")

    @classmethod
    def of(cls, data: JsonObject) -> "Batch":
        failed = data["failed"]
        looked, started, ended = (
            moment(data[name]) if data[name] else None for name in ("validated_at", "started_at", "ended_at")
        )
        return cls(
            data["batch_id"],
            data["name"],
            data["sha256"],
            data["size"],
            data["state"],
            data["format"],
            data["encoding"],
            data["platform"],
            data["category"],
            data["rows"],
            data["good"],
            data["double"],
            data["refused"],
            data["filed"],
            tuple(data["ignored_columns"]),
            tuple(data["notes"]),
            ApiProblem.of(failed["status"], failed) if failed else None,
            moment(data["created_at"]),
            looked,
            started,
            ended,
        )


@dataclass(frozen=True)
class BadRow:
    """A row that will not be filed: rejected with reasons, or a duplicate of row `repeats`."""

    row: int
    repeats: int | None
    errors: tuple[FieldProblem, ...]

    @classmethod
    def of(cls, data: JsonObject) -> "BadRow":
        return cls(data["row"], data["repeats"], tuple(FieldProblem.of(one) for one in data["errors"]))
