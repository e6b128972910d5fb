"""Reference data for reports and requests: categories, legal bases in force, and platforms."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import BeforeValidator, Field

from jaga.core.terms import DecisionKind, Language, ReporterCapacity
from jaga.policy import load_release
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.local_time import today
from jaga.records.access.authorities.requests import list_platforms
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import iso_day
from jaga.web.api.problems import Problem
from jaga.web.api.words import both

router = Router(tags=["reference"])


class CategoryOut(Schema):
    """A category of reports. `decisions` lists all possible decisions, regardless of who reports.

    `victim_first` marks categories in which the holder may be a victim: those accounts are never closed.
    """

    key: str
    label: dict[Language, str]
    description: dict[Language, str]
    severity: str
    victim_first: bool
    may_be_urgent: bool
    decisions: list[DecisionKind]
    reporters: list[ReporterCapacity] = Field(description="The only people who may report it; empty if anybody may.")
    only_on: list[str] | None = Field(description="The platforms on which it can be reported; null means all.")


class CategoriesOut(Schema):
    """All categories. `policy` is the hash of the policy release that defines them."""

    policy: str
    items: list[CategoryOut]


class BasisOut(Schema):
    """A provision in force on the given day. `verified` is true if it was checked against the official text."""

    key: str
    citation: str
    title: dict[Language, str]
    valid_from: date
    valid_until: date | None
    verified: bool


class BasesOut(Schema):
    """The provisions that your authority may name for a category."""

    policy: str
    category: str
    on: date
    items: list[BasisOut]


class PlatformOut(Schema):
    """A chat platform of this installation. `practice` is true for an invented one."""

    name: str
    display_name: str
    server_name: str
    operator: str
    practice: bool


class PlatformsOut(Schema):
    """All platforms."""

    items: list[PlatformOut]


@router.get("/categories", response={200: CategoriesOut, 401: Problem}, summary="List the categories")
def categories(request: HttpRequest) -> CategoriesOut:
    """Each category comes with the decisions that are possible in it.

    A category that allows no action can be reported, and is only counted.
    """
    release = load_release()
    return CategoriesOut(policy=release.hash, items=[
        CategoryOut(
            key=category.key, label=both(category.label), description=both(category.description),
            severity=category.severity.name.lower(), victim_first=category.victim_first,
            may_be_urgent=release.may_be_urgent(category.key), decisions=list(release.allowed_decisions(category.key)),
            reporters=sorted(WHO_MAY_REPORT.get(category.key, ())),
            only_on=None if category.only_on is None else list(category.only_on),
        )
        for category in release.categories
    ])


@router.get("/legal-bases", response={200: BasesOut, 401: Problem, 422: Problem},
            summary="List the legal bases in force on a day")
def legal_bases(
    request: HttpRequest,
    category: Annotated[str, Field(description="A key of GET /categories.")],
    on: Annotated[date | None, BeforeValidator(iso_day), Field(description="Day of the conduct (today).")] = None,
) -> BasesOut:
    """The legal bases depend on the day of the conduct, not of the letter, and on the kind of your organisation."""
    release, day = load_release(), on or today()
    return BasesOut(policy=release.hash, category=category, on=day, items=[
        BasisOut(key=basis.key, citation=basis.citation, title=both(basis.title), valid_from=basis.valid_from,
                 valid_until=basis.valid_until, verified=basis.verified)
        for basis in release.legal_bases_for(category, day, officer_of(request).kind)
    ])


@router.get("/platforms", response={200: PlatformsOut, 401: Problem}, summary="List the platforms")
def platforms(request: HttpRequest) -> PlatformsOut:
    """The platforms whose accounts can be reported here."""
    return PlatformsOut(items=[
        PlatformOut(name=platform.name, display_name=platform.display_name, server_name=platform.server_name,
                    operator=platform.operator, practice=platform.practice)
        for platform in list_platforms()
    ])
