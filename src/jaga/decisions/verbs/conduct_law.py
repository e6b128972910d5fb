"""Which laws a vote may name: the day of the conduct decides, and the day is what people found.

A day in a report from the public is a claim, typed by somebody who may be anonymous. It proposes laws, and adds none
that would not have been there without it; a vote adds one by saying on which day the conduct was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from jaga.cases.models.cases import Case
from jaga.cases.reads.case_view import takes_case
from jaga.core.errors import N_, FieldError
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import Channel
from jaga.policy.local_time import day_of, today
from jaga.policy.models import LegalBasis
from jaga.policy.release import PolicyRelease
from jaga.store.kernel.validation import check_conduct

NO_LAW_OF_THE_DAY = N_("Choose a legal basis that was in force on the day of the conduct.")


@dataclass(frozen=True)
class ReportedDay:
    """The day of conduct that a report names, and the day on which the report came in.

    `claimed`: a member of the public named it, and nobody else vouches for it. The day of receipt itself is not a
    claim,
    nor is what a watch, a platform, an officer or a trusted flagger names.
    """

    day: date
    received: date
    claimed: bool

    def covered_by(self, basis: LegalBasis) -> bool:
        """Whether the law was in force on that day; if it is a claim, on the day of receipt too."""
        return basis.covers(self.day) and (not self.claimed or basis.covers(self.received))


@takes_case
def reported_days(case: Case) -> tuple[ReportedDay, ...]:
    """The days of conduct that the case's reports name, the newest first, each once."""
    rows = case.reports.values_list("conduct_on", "received_at", "channel")
    found = {_reported(day, day_of(received), channel) for day, received, channel in rows}
    found = found or {ReportedDay(case.conduct_on, case.conduct_on, claimed=False)}
    return tuple(sorted(found, key=lambda one: (one.day, one.received, one.claimed), reverse=True))


def _reported(day: date, received: date, channel: str) -> ReportedDay:
    return ReportedDay(day, received, claimed=channel == Channel.PUBLIC and day != received)


@takes_case
def proposed_bases(case: Case, release: PolicyRelease) -> tuple[LegalBasis, ...]:
    """The laws in force on any reported day, those of the newest day first: proposals, from which people choose."""
    return _each_once(basis for one in reported_days(case) for basis in release.legal_bases_for(case.category, one.day))


@takes_case
def other_bases(case: Case, release: PolicyRelease) -> tuple[LegalBasis, ...]:
    """The laws on such conduct that were in force on other days up to today, the newest first."""
    proposed = proposed_bases(case, release)
    others = [
        basis
        for basis in release.legal_bases_of(case.category)
        if basis not in proposed and basis.valid_from <= today()
    ]
    return tuple(sorted(others, key=lambda basis: basis.valid_from, reverse=True))


@takes_case
def fitting_bases(case: Case, release: PolicyRelease, found: date | None = None) -> tuple[LegalBasis, ...]:
    """The laws that a vote may name: those of the day that the voter `found`.

    Without one, those of the reported days, as far as they do not rest on a claim alone.
    """
    if found is not None:
        return release.legal_bases_for(case.category, found)
    days = reported_days(case)
    return tuple(basis for basis in proposed_bases(case, release) if any(one.covered_by(basis) for one in days))


def basis_keys(case: Case, release: PolicyRelease, found: date | None, *, dismissing: bool = False) -> frozenset[str]:
    """The keys of those laws; with "" where a vote needs none: to dismiss, or if none is proposed or fits at all."""
    fitting = frozenset(basis.key for basis in fitting_bases(case, release, found))
    needed = fitting or proposed_bases(case, release)
    return fitting if needed and not dismissing else fitting | {""}


def check_basis(
    case: Case, kind: DecisionKind, key: str, found: date | None, release: PolicyRelease
) -> list[FieldError]:
    """Errors in the law that a vote names, and in the day on which it says that the conduct was."""
    if errors := check_conduct("conduct_on", found):
        return errors
    if key in basis_keys(case, release, found, dismissing=kind is DecisionKind.DISMISS):
        return []
    if found is None and key in {basis.key for basis in proposed_bases(case, release)}:
        return [
            FieldError(
                "conduct_on",
                "missing",
                N_(
                    "Say on which day you found the conduct: this legal basis is offered only because somebody from "
                    "the public "
                    "named a day."
                ),
            )
        ]
    return [FieldError("legal_basis", "missing", NO_LAW_OF_THE_DAY)]


def _each_once(bases: Iterable[LegalBasis]) -> tuple[LegalBasis, ...]:
    return tuple({basis.key: basis for basis in bases}.values())
