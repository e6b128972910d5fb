"""The search index: each case's keyed words, maintained by the worker, and the cases to re-index.

The words are made by `records.keyed_words`; the triggers that mark cases are in `guards/search.sql`. Text of
victim-first cases is not indexed.
"""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from jaga.records.models.cases.cases import Case


class Words(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's tsvector. Only `casework.queue.search` writes it."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector"


class SearchText(models.Model):
    """The indexed keyed words of one case; the index is created in `guards/search.sql`."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="search_text")
    words = Words()


class SearchStale(models.Model):
    """A case whose words may have changed. Triggers only insert rows, so no report waits for another."""

    number = models.BigIntegerField()  # The case id; no foreign key, so inserting locks nothing.
