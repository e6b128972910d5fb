"""Django app configurations of the packages with tables, templates and static files."""

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate

from jaga.records.bound_rows import note_triggers
from jaga.records.grants import pin_guards


class RecordsConfig(AppConfig):
    """All of Jaga's tables."""

    name = "jaga.records"
    label = "records"

    def ready(self) -> None:
        """After each migration, add the triggers that note new rows (`jaga.records.bound_rows`), and pin all triggers
        to the schema of Jaga's tables (`jaga.records.grants`).
        """
        post_migrate.connect(_pin, sender=self)


def _pin(using: str, **_: Any) -> None:
    with connections[using].cursor() as cursor:
        cursor.execute(note_triggers())
        cursor.execute(pin_guards())


class WebConfig(AppConfig):
    """Templates, template tags and static files."""

    name = "jaga.web"
    label = "web"
