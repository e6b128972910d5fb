"""Commands that need the database import Django here, so that `jaga --help` stays fast."""

import os


def open_records() -> None:
    """Set Django up for this process. Raises nothing of its own; a missing database shows at the first query."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    import django

    django.setup()
