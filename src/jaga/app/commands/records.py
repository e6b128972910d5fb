"""Sets up Django for commands that need the database; imported late, so that `jaga --help` stays fast."""

import os

_english = False


def speak_english() -> None:
    """Switch this process to English for good, including Django's own messages; its default is Indonesian."""
    global _english
    _english = True


def open_records(*, products_language: bool = False) -> None:
    """Set up Django for this process.

    Never raises; a missing database shows at the first query.

    `products_language`: for processes that serve or work, and write to people in the product's language.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "jaga.app.settings")
    import django

    django.setup()
    if _english and not products_language:
        from django.utils import translation

        translation.activate("en")
