"""Django's view of the rooms that hold tables, templates and static files."""

from django.apps import AppConfig


class RecordsConfig(AppConfig):
    """Every table of ours."""

    name = "jaga.records"
    label = "records"


class WebConfig(AppConfig):
    """Templates, template tags and static files."""

    name = "jaga.web"
    label = "web"
