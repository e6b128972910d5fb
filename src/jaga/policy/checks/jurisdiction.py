"""Checks of jurisdiction.yaml: what an installation needs before it can show a single page."""

from collections.abc import Iterator
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jaga.core.errors import N_
from jaga.core.terms.people import Language
from jaga.policy.models import Jurisdiction
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import PartialRelease

_Fault = tuple[tuple[str | int, ...], str, str]


def check_jurisdiction(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """Each zone exists, each language has a catalogue, and the release's own language is the default."""
    if (part := draft.jurisdiction) is None:
        return
    for place, what, remedy in (*_zone_faults(part.value), *_language_faults(part.value), *_number_faults(draft)):
        yield part.document.problem(place, what, remedy)
    if draft.about and draft.about.value.language is not part.value.languages[0]:
        yield draft.about.document.problem(
            ("language",),
            fill(
                N_("the first language of jurisdiction.yaml is `%(language)s`"), language=part.value.languages[0].value
            ),
            N_("Write the same one in both files."),
        )


def _number_faults(draft: PartialRelease) -> Iterator[_Fault]:
    if draft.jurisdiction and draft.services:
        contacts = {service.contact for service in draft.services.value.services}
        for index, number in enumerate(draft.jurisdiction.value.emergency):
            if number not in contacts:
                yield (
                    ("emergency", index),
                    fill(N_("services.yaml has no service with the number %(number)s"), number=number),
                    N_("Add it there; people look for it on that page."),
                )


def _zone_faults(value: Jurisdiction) -> Iterator[_Fault]:
    named: list[tuple[tuple[str | int, ...], str]] = [
        (("time", "zone"), value.time.zone),
        (("time", "first_zone"), value.time.first_zone),
        *((("time", "zones", index, "zone"), one.zone) for index, one in enumerate(value.time.zones)),
    ]
    for place, zone in named:
        if not _exists(zone):
            yield (
                place,
                fill(N_("there is no time zone `%(zone)s`"), zone=zone),
                (N_("Use a name of the IANA database, such as Asia/Jakarta or Europe/Vienna.")),
            )
    zones = [one.zone for one in value.time.zones]
    for index, zone in enumerate(zones):
        if zone in zones[:index]:
            yield ("time", "zones", index, "zone"), fill(N_("`%(key)s` is listed twice"), key=zone), N_("Keep one.")
    offered = {one.zone for one in value.time.zones if one.offered}
    if value.time.zone not in offered:
        yield (
            ("time", "zone"),
            fill(N_("`%(zone)s` is not among `zones`"), zone=value.time.zone),
            (N_("Add it there; people choose from it.")),
        )


def _exists(zone: str) -> bool:
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a path, or the name of a folder of the database
        return False
    return True


def _language_faults(value: Jurisdiction) -> Iterator[_Fault]:
    for index, language in enumerate(value.languages):
        if language in value.languages[:index]:
            yield ("languages", index), fill(N_("`%(key)s` is listed twice"), key=language), N_("Keep one.")
        if not has_catalogue(language):
            yield (
                ("languages", index),
                fill(N_("the product has no catalogue for `%(language)s`"), language=language),
                (
                    fill(
                        N_("Add src/jaga/locale/%(language)s/LC_MESSAGES/django.po, or take the language out."),
                        language=language,
                    )
                ),
            )

    for language in value.languages:
        if not getattr(value.name, language):
            yield (
                ("name",),
                fill(N_("the translation `%(name)s` of `%(whole)s` is missing"), name=language, whole="name"),
                fill(N_("Add `%(name)s:` with the text."), name=language),
            )


def has_catalogue(language: Language) -> bool:
    """Whether pages can be shown in that language. English texts are the catalogue's keys."""
    catalogue = files("jaga") / "locale" / language.value / "LC_MESSAGES" / "django.po"
    return language is Language.ENGLISH or catalogue.is_file()
