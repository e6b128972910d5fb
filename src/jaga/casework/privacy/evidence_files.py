"""Which originals of the evidence store cannot be read."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from django.db import models

from jaga.records import vault
from jaga.records.access.cases.originals import is_deleted, is_lapsed
from jaga.records.key_store.errors import Erased
from jaga.records.key_store.store import Owner
from jaga.records.models import (
    Batch,
    Evidence,
    HeldRequest,
    LearntModel,
    OperatorLetter,
    Order,
    WorkingCopy,
)

_AT_ONCE = 200
_WITHOUT_OWNER = (
    (LearntModel, "sha256"),
    (HeldRequest, "body_sha256"),
    (Order, "letter_sha256"),
    (Order, "body_sha256"),
)


class _Row(NamedTuple):
    sha256: str
    owner: Owner | None
    belongs_to: str


@dataclass(frozen=True)
class DamagedOriginal:
    """An original that cannot be read: where its file is or belongs, and what it is of, such as `K000123`."""

    sha256: str
    path: Path
    belongs_to: str


def damaged_originals() -> Iterator[DamagedOriginal]:
    """Read every original that a row names, and yield those that are missing or changed. Erased ones are passed over.

    Reads the whole evidence store, so it takes long.
    """
    for row in _rows():
        with suppress(Erased):
            if not vault.is_whole(row.sha256, row.owner):
                yield DamagedOriginal(row.sha256, vault.path_of(row.sha256, row.owner), row.belongs_to)


def _rows() -> Iterator[_Row]:
    """The rows that name a content whose file is kept."""

    def of(rows: models.QuerySet[Any], column: str, *related: str) -> Iterator[Any]:
        named = rows.filter(**{f"{column}__gt": ""}).select_related(*related)
        return named.order_by("pk").iterator(chunk_size=_AT_ONCE)

    kept = Evidence.objects.exclude(is_deleted()).exclude(is_lapsed())
    for row in of(kept, "sha256", "report", "case"):
        yield _Row(row.sha256, row.key_owner(), row.case.reference)
    for copy in of(WorkingCopy.objects.filter(evidence__in=kept), "sha256", "evidence__report", "evidence__case"):
        yield _Row(copy.sha256, copy.key_owner(), copy.evidence.case.reference)
    for letter in of(OperatorLetter.objects.all(), "pdf_sha256", "notice__case"):
        yield _Row(letter.pdf_sha256, letter.notice.case.key_owner(), f"letter {letter.number}")
    for batch in of(Batch.objects.filter(file_deleted_at__isnull=True), "sha256"):
        yield _Row(batch.sha256, None, f"batch {batch.pk}")
    for model, column in _WITHOUT_OWNER:
        for one in of(model._default_manager.all(), column):
            yield _Row(getattr(one, column), None, f"{model._meta.verbose_name} {one.pk}")
