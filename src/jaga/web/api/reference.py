"""Reference data for reports and requests: categories, legal bases in force, and platforms."""

from datetime import date
from typing import Annotated

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import BeforeValidator, Field

from jaga.authorities.reads.orders import list_platforms
from jaga.core.errors import N_
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Language
from jaga.core.terms.reports import ReporterCapacity
from jaga.policy.limits import WHO_MAY_REPORT
from jaga.policy.local_time import today
from jaga.policy.release import load_release
from jaga.web.api.auth import officer_of
from jaga.web.api.bodies import iso_day
from jaga.web.api.problems import Problem, both

router = Router(tags=["reference"])


class CategoryOut(Schema):
    """A category of reports. `decisions` lists all possible decisions, regardless of who reports.

    `victim_first` marks categories in which the holder may be a victim: those accounts are never closed.
    """

    key: str = Field(description="The key to send as `category`, e.g. gambling.")
    label: dict[Language, str] = Field(description="The category's name in each language.")
    description: dict[Language, str] = Field(description="What belongs to the category, in each language.")
    severity: str = Field(description="How grave the harm is: low, moderate, high or critical.")
    victim_first: bool = Field(
        description="True if the account holder may be the victim; such accounts are never closed."
    )
    may_be_urgent: bool = Field(description="True if a decision within 4 hours can be asked for.")
    decisions: list[DecisionKind] = Field(description="Everything that can be decided in this category.")
    reporters: list[ReporterCapacity] = Field(description="The only people who may report it; empty if anybody may.")
    only_on: list[str] | None = Field(description="The platforms on which it can be reported; null means all.")


class CategoriesOut(Schema):
    """All categories. `policy` is the hash of the policy release that defines them."""

    policy: str = Field(description="The SHA-256 of the policy release that defines the categories.")
    items: list[CategoryOut] = Field(description="All categories, in the order of the form.")


class BasisOut(Schema):
    """A provision in force on the given day. `verified` is true if it was checked against the official text."""

    key: str = Field(description="The key to send as `legal_basis`, e.g. kuhp_407.")
    citation: str = Field(description="The provision as lawyers cite it.")
    title: dict[Language, str] = Field(description="What the provision is about, in each language.")
    valid_from: date = Field(description="The first day on which it applies.")
    valid_until: date | None = Field(description="The last day on which it applies; null while it is in force.")
    verified: bool = Field(description="True if the text was checked against the official gazette.")


class BasesOut(Schema):
    """The provisions that your authority may name for a category."""

    policy: str = Field(description="The SHA-256 of the policy release that defines the legal bases.")
    category: str = Field(description="The category that you asked about.")
    on: date = Field(description="The day of the conduct that you asked about.")
    items: list[BasisOut] = Field(description="The legal bases that your authority can name on that day.")


class PlatformOut(Schema):
    """A chat platform of this installation. `practice` is true for an invented one."""

    name: str = Field(description="The name to send as `platform`, e.g. obrolan.")
    display_name: str = Field(description="The name that people see.")
    server_name: str = Field(description="The server's host name, the part after the colon or @ of an account.")
    operator: str = Field(description="The organisation that operates the platform.")
    practice: bool = Field(description="True if the platform is an invented one for practice.")


class PlatformsOut(Schema):
    """All platforms."""

    items: list[PlatformOut] = Field(description="All platforms of this installation.")


@router.get("/categories", response={200: CategoriesOut, 401: Problem}, summary="List the categories")
def categories(request: HttpRequest) -> CategoriesOut:
    """Each category comes with the decisions that are possible in it.

    A category that allows no action can be reported, and is only counted.
    """
    release = load_release()
    return CategoriesOut(
        policy=release.hash,
        items=[
            CategoryOut(
                key=category.key,
                label=both(category.label),
                description=both(category.description),
                severity=category.severity.name.lower(),
                victim_first=category.victim_first,
                may_be_urgent=release.may_be_urgent(category.key),
                decisions=list(release.allowed_decisions(category.key)),
                reporters=sorted(WHO_MAY_REPORT.get(category.key, ())),
                only_on=None if category.only_on is None else list(category.only_on),
            )
            for category in release.categories
        ],
    )


@router.get(
    "/legal-bases",
    response={200: BasesOut, 401: Problem, 422: Problem},
    summary="List the legal bases in force on a day",
)
def legal_bases(
    request: HttpRequest,
    category: Annotated[str, Field(description=N_("A key of GET /categories."))],
    on: Annotated[date | None, BeforeValidator(iso_day), Field(description=N_("Day of the conduct (today)."))] = None,
) -> BasesOut:
    """The legal bases depend on the day of the conduct, not of the letter, and on the kind of your organisation."""
    release, day = load_release(), on or today()
    return BasesOut(
        policy=release.hash,
        category=category,
        on=day,
        items=[
            BasisOut(
                key=basis.key,
                citation=basis.citation,
                title=both(basis.title),
                valid_from=basis.valid_from,
                valid_until=basis.valid_until,
                verified=basis.verified,
            )
            for basis in release.legal_bases_for(category, day, officer_of(request).kind)
        ],
    )


@router.get("/platforms", response={200: PlatformsOut, 401: Problem}, summary="List the platforms")
def platforms(request: HttpRequest) -> PlatformsOut:
    """The platforms whose accounts can be reported here."""
    return PlatformsOut(
        items=[
            PlatformOut(
                name=platform.name,
                display_name=platform.display_name,
                server_name=platform.server_name,
                operator=platform.operator,
                practice=platform.practice,
            )
            for platform in list_platforms()
        ]
    )
