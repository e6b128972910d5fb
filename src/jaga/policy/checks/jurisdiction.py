"""Checks of jurisdiction.yaml: what an installation needs before it can show a single page.

The categories that other files of a release may name.

Checks of legal bases: validity periods of successive provisions must neither overlap nor leave a gap.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from jaga.core.errors import N_
from jaga.core.terms.people import Language
from jaga.policy import limits
from jaga.policy.documents import Document, Place
from jaga.policy.models import Jurisdiction, LegalBasis
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import LegalBasisFile, PartialRelease, ReleaseFile

_NONE: frozenset[str] = frozenset()


def category_keys(draft: PartialRelease) -> frozenset[str]:
    """The keys of the draft's categories; none if their file cannot be read."""
    return frozenset(category.key for category in draft.categories.value.categories) if draft.categories else _NONE


def unknown_category(document: Document, place: Place, key: str) -> ReleaseProblem:
    return document.problem(
        place, fill(N_("there is no category `%(key)s`"), key=key), N_("Use a key of categories.yaml.")
    )


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


def check_about(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """The release is dated in a year of its time, the one in its version."""
    if (part := draft.about) is None:
        return
    dated, version = part.value.dated, part.value.version
    if not limits.FIRST_YEAR <= dated.year <= limits.LAST_YEAR:
        yield part.document.problem(
            ("dated",),
            fill(N_("the year %(year)s of the release looks like a typing error"), year=dated.year),
            fill(
                N_("Write a date in the years %(first)s to %(last)s."), first=limits.FIRST_YEAR, last=limits.LAST_YEAR
            ),
        )
    elif version.split(".")[0] != str(dated.year):
        yield part.document.problem(
            ("version",),
            fill(N_("version %(version)s and the date %(day)s are of different years"), version=version, day=dated),
            N_("Begin the version with the year of `dated`."),
        )


def _too_far(part: ReleaseFile[LegalBasisFile], dated: date) -> Iterator[ReleaseProblem]:
    """Days beyond what any law foresees."""
    last = date(min(dated.year, limits.LAST_YEAR) + limits.LONGEST_AHEAD_YEARS, 12, 31)
    for index, basis in enumerate(part.value.legal_bases):
        for field, day in (("valid_from", basis.valid_from), ("valid_until", basis.valid_until)):
            if day is not None and day > last:
                yield part.document.problem(
                    ("legal_bases", index, field),
                    fill(
                        N_("%(day)s is more than %(years)s years after the release"),
                        day=day,
                        years=limits.LONGEST_AHEAD_YEARS,
                    ),
                    fill(
                        N_(
                            "Correct the date (%(last)s at the latest); leave out `valid_until` while the law is in "
                            "force."
                        ),
                        last=last,
                    ),
                )


def check_legal_bases(draft: PartialRelease) -> Iterator[ReleaseProblem]:
    """All problems of the legal bases."""
    if (part := draft.legal_bases) is None:
        return
    categories = {category.key for category in draft.categories.value.categories} if draft.categories else None
    by_key = {basis.key: basis for basis in part.value.legal_bases}
    keys = [basis.key for basis in part.value.legal_bases]
    for index, basis in enumerate(part.value.legal_bases):
        for place, what, remedy in _faults(basis, by_key, categories):
            yield part.document.problem(("legal_bases", index, *place), what, remedy)
        if basis.key in keys[:index]:
            yield part.document.problem(
                ("legal_bases", index, "key"), fill(N_("`%(key)s` is listed twice"), key=basis.key), N_("Keep one.")
            )
    if draft.about is not None:
        yield from _too_far(part, draft.about.value.dated)
    yield from _uncovered(draft, part)


def _faults(
    basis: LegalBasis, by_key: dict[str, LegalBasis], categories: set[str] | None
) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
    if basis.valid_until is not None and basis.valid_until < basis.valid_from:
        yield (
            ("valid_until",),
            fill(N_("`%(key)s` ends before it begins"), key=basis.key),
            N_("Correct one of the two dates."),
        )
    if basis.verified and basis.read != "gazette":
        yield (
            ("verified",),
            fill(N_("`%(key)s` is marked as verified but was not read in the gazette"), key=basis.key),
            (N_("Read the official text and write `read: gazette`, or `verified: false` with a note.")),
        )
    if not basis.verified and basis.note is None:
        yield (
            (),
            fill(N_("`%(key)s` is not verified and has no note"), key=basis.key),
            N_("Write in `note` what is uncertain."),
        )
    for at, category in enumerate(basis.categories):
        if categories is not None and category not in categories:
            yield (
                ("categories", at),
                fill(N_("there is no category `%(category)s`"), category=category),
                N_("Use a key of categories.yaml."),
            )
    for at, authority in enumerate(basis.authorities):
        if not authority.is_authority:
            yield (
                ("authorities", at),
                fill(N_("`%(authority)s` is not a kind of authority"), authority=authority),
                N_("Use `ministry`, `police` or `agency`."),
            )
    if basis.replaces is not None:
        yield from _succession(basis, by_key.get(basis.replaces))


def _succession(basis: LegalBasis, old: LegalBasis | None) -> Iterator[tuple[tuple[str], str, str]]:
    if old is None:
        yield (
            ("replaces",),
            fill(N_("there is no legal basis `%(replaces)s`"), replaces=basis.replaces),
            N_("Use the key of the legal basis that it replaces."),
        )
        return
    last = basis.valid_from - timedelta(days=1)
    if old.valid_until is None or old.valid_until > last:
        yield (
            ("valid_from",),
            fill(N_("`%(key)s` overlaps with `%(key2)s`, which it replaces"), key=basis.key, key2=old.key),
            fill(N_("End the replaced legal basis on %(last)s."), last=last),
        )
    elif old.valid_until < last:
        yield (
            ("valid_from",),
            fill(N_("no law covers some days between `%(key)s` and `%(key2)s`"), key=old.key, key2=basis.key),
            fill(N_("End the replaced legal basis on %(last)s."), last=last),
        )


def _uncovered(draft: PartialRelease, part: ReleaseFile[LegalBasisFile]) -> Iterator[ReleaseProblem]:
    """Each category in which something may be done needs a legal basis from the day of the release on."""
    if draft.about is None:
        return
    day = draft.about.value.dated
    for key in sorted(limits.ACTIONABLE_CATEGORIES - _labels(draft)):
        if not any(
            key in basis.categories and basis.covers(day) and not basis.only_in_requests
            for basis in part.value.legal_bases
        ):
            yield part.document.problem(
                ("legal_bases",),
                fill(N_("no legal basis covers `%(key)s` on %(day)s, the day of the release"), key=key, day=day),
                N_("Add a legal basis."),
            )


def _labels(draft: PartialRelease) -> frozenset[str]:
    """Categories in which this release allows nothing that touches an account."""
    if draft.enforcement is None:
        return frozenset()
    return frozenset(
        ladder.category
        for ladder in draft.enforcement.value.ladders
        if limits.LABEL_DECISIONS.issuperset(ladder.allowed)
    )
