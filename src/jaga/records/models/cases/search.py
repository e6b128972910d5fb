"""What cases are found by: the words of each, kept up by the worker, and which cases must be read again.

Functions and triggers are those of `guards/search.sql`. What was said in a victim-first case is not among the words.
"""

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

from jaga.records.models.cases.cases import Case


class Words(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's tsvector. Only the database writes it (`records_read_for_search`)."""

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "tsvector"


class SearchText(models.Model):
    """The words by which one case is found; its index is made in `guards/search.sql`."""

    case = models.OneToOneField(Case, on_delete=models.CASCADE, related_name="search_text")
    words = Words()


class SearchStale(models.Model):
    """A case whose words may have changed. Rows are only added, by triggers, so that no report waits for another."""

    number = models.BigIntegerField()  # the case's; no foreign key, so that adding one locks nothing
