"""The context that screening rules may use besides a text: where it appeared, and facts about its account.

Context is loaded for many texts in a few statements, and only as far as rules of the release use it. Nothing about
reporters is read. Rules on account lists (`listed`) match only when files are screened.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from django.db.models import Count

from jaga.cases.models.cases import Platform, Subject
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.reports import SubjectKind
from jaga.policy.release import PolicyRelease
from jaga.policy.screening_rules import Surface, walk
from jaga.screening.rules.rules import TextContext
from jaga.signals.verbs.near_duplicates import cluster_sizes

_AGAINST = (DecisionKind.RESTRICT, DecisionKind.CLOSE)


_DAY = timedelta(days=1)


class AttributedText(NamedTuple):
    """A text with its place and time, and the account that wrote it or is meant. None: no known account."""

    text: str
    platform: str
    surface: Surface
    at: datetime
    subject: Subject | None


def contexts_of_reports(reports: Sequence[Report], release: PolicyRelease) -> dict[int, TextContext]:
    """The context of each filed report's published text, by the report's id. Reads subject and platform."""
    abouts = contexts_of_texts(
        [
            AttributedText(
                report.published, report.subject.platform.name, "message", report.received_at, report.subject
            )
            for report in reports
        ],
        release,
    )
    return {report.pk: about for report, about in zip(reports, abouts, strict=True)}


def contexts_of_texts(attributed: Sequence[AttributedText], release: PolicyRelease) -> list[TextContext]:
    """The context of each text, in the same order.

    It holds the account's age at that time (if the platform reports when it was created), how many accounts published
    nearly
    this text, this one included, and how many decisions against the account stand.
    """
    asked = _conditions_in_use(release)
    numbers = [one.subject.pk if one.subject else None for one in attributed]
    decided = _decided({number for number in numbers if number is not None}) if "decided" in asked else {}
    copies = (
        cluster_sizes([(one.text, number) for one, number in zip(attributed, numbers, strict=True)])
        if "copies" in asked
        else [None] * len(attributed)
    )
    return [
        TextContext(
            one.platform,
            one.surface,
            _age(one) if "younger_than_days" in asked else None,
            copied,
            decided.get(number or 0, 0) if "decided" in asked else None,
        )
        for one, number, copied in zip(attributed, numbers, copies, strict=True)
    ]


def contexts_of_observed(
    platform: Platform, surface: Surface, observed: Sequence[tuple[str, str, datetime]], release: PolicyRelease
) -> list[TextContext]:
    """The context of texts that are not filed, given as (account id, text, moment).

    Most of their accounts are unknown.
    """
    subjects = dict[str, Subject]()
    if _conditions_in_use(release) & {"younger_than_days", "copies", "decided"}:
        rows = Subject.objects.filter(
            platform=platform, kind=SubjectKind.ACCOUNT, account_id__in={account for account, _, _ in observed}
        )
        subjects = {row.account_id: row for row in rows}
    return contexts_of_texts(
        [AttributedText(text, platform.name, surface, at, subjects.get(account)) for account, text, at in observed],
        release,
    )


@lru_cache(maxsize=8)
def _conditions_in_use(release: PolicyRelease) -> frozenset[str]:
    """The kinds of conditions that the release's rules use."""
    return frozenset(kind for rule in release.screening_rules for _, one in walk(rule.when) for kind in one.kinds())


def _decided(subjects: set[int]) -> dict[int, int]:
    return dict(
        Decision.objects.filter(subject__in=subjects, kind__in=_AGAINST, overturned_by__isnull=True, provisional=False)
        .values_list("subject")
        .annotate(Count("pk"))
    )


def _age(attributed: AttributedText) -> float | None:
    """The account's age in days. None if the text is older than the account, since one of the clocks is wrong."""
    if attributed.subject is None or attributed.subject.since is None or attributed.at < attributed.subject.since:
        return None
    return (attributed.at - attributed.subject.since) / _DAY
