"""Checks of legal bases: validity periods of successive provisions must neither overlap nor leave a gap."""

from collections.abc import Iterator
from datetime import date, timedelta

from jaga.core.errors import N_
from jaga.policy import limits
from jaga.policy.models import LegalBasis
from jaga.policy.problems import ReleaseProblem, fill
from jaga.policy.reading import LegalBasisFile, PartialRelease, ReleaseFile


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
