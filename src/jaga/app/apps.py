"""Django app configurations of the packages with tables, templates and static files."""

from importlib import import_module
from pkgutil import walk_packages
from typing import Any

from django.apps import AppConfig, apps
from django.db import connections
from django.db.models.signals import post_migrate

from jaga.store.bound_rows import note_triggers
from jaga.store.grants import pin_guards

SUBJECTS_WITH_TABLES = (
    "actions",
    "appeals",
    "authorities",
    "batches",
    "cases",
    "decisions",
    "operators",
    "people",
    "privacy",
    "quality",
    "queue",
    "referrals",
    "reporting",
    "signals",
    "store",
    "watch",
    "webhooks",
)


class RecordsConfig(AppConfig):
    """All of Jaga's tables: the rooms `models` of the subjects."""

    name = "jaga"
    label = "records"

    def import_models(self) -> None:
        """Import the tables of each subject; Django itself knows one module `models` of an app."""
        self.models = apps.all_models[self.label]
        for subject in SUBJECTS_WITH_TABLES:
            room = import_module(f"jaga.{subject}.models")
            for module in walk_packages(getattr(room, "__path__", ()), f"{room.__name__}."):
                import_module(module.name)
            self.models_module = room  # Without one, Django sends no signal after a migration.

    def ready(self) -> None:
        """After each migration, add the triggers that note new rows (`jaga.store.bound_rows`), and pin all triggers
        to the schema of Jaga's tables (`jaga.store.grants`).
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
