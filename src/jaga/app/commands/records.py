"""Commands that need the database import Django here, so that `jaga --help` stays fast."""

import os

_english = False


def speak_english() -> None:
    """What the commands of this process say is English, to its end: also what Django says, whose language is the
    product's otherwise, Indonesian."""
    global _english
    _english = True


def open_records(*, products_language: bool = False) -> None:
    """Set Django up for this process. Raises nothing of its own; a missing database shows at the first query.

    `products_language`: for processes that serve or work, and write to people in the product's language.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    import django

    django.setup()
    if _english and not products_language:
        from django.utils import translation

        translation.activate("en")
