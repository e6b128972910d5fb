"""Backtests: what a changed rule or phrase would have flagged in judged cases, before it goes live.

Backtests only read, apart from one ledger entry for each run. No case is changed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.db.models import QuerySet

from jaga.cases.models.cases import Case
from jaga.cases.models.decisions import Decision
from jaga.cases.models.reports import Report
from jaga.core.actors import Actor
from jaga.core.cases import reference_of
from jaga.core.clock import now
from jaga.core.errors import NotPermitted
from jaga.core.statistics import share
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.people import Role
from jaga.policy.release import PolicyRelease, load_release
from jaga.screening.engine.screen import screen_texts
from jaga.screening.rules.sentences import rules_of
from jaga.screening.text.signals import Screened
from jaga.signals.verbs.account_context import contexts_of_reports
from jaga.signals.verbs.backtest_runs import Backtest, ChangedCase, FlagQuality
from jaga.store.kernel.ledger import append

EXAMPLES = 10
_FOR = frozenset({DecisionKind.RESTRICT, DecisionKind.CLOSE})
_NOT_FOR = frozenset({DecisionKind.DISMISS, DecisionKind.RESTORE})
_AT_ONCE = 1000


@dataclass(frozen=True)
class ShadowCount:
    """The matches of a shadow rule: texts, cases, and how people judged those cases."""

    key: str
    category: str
    texts: int
    cases: int
    judged_for: int
    judged_against: int


@dataclass(frozen=True)
class _Found:
    score: float = 0.0
    words: tuple[str, ...] = ()


@transaction.atomic
def backtest(
    changed: PolicyRelease, *, days: int, actor: Actor, progress: Callable[[int, int], None] | None = None
) -> Backtest:
    """Screen the texts of the last `days` by the current release and by the changed one.

    For administrators. `progress` receives the number of screened texts and of all.

    A case is flagged if one of its texts reaches `flagged_from` of the release. Decisions that stand count: a
    restriction or closure for a flag, a dismissal or restoration against it. Raises NotPermitted.
    """
    _administrators_only(actor)
    current = load_release()
    old, new, texts = dict[int, _Found](), dict[int, _Found](), 0
    whole = _wanted(days).count() if progress else 0
    for reports in _reports(days):
        if progress:
            progress(texts, whole)
        texts += len(reports)
        _add(old, reports, current)
        _add(new, reports, changed)
    cases = Case.objects.in_bulk(list(old))
    judged = _judged(cases)
    was = {case for case, found in old.items() if found.score >= current.screening.flagged_from}
    now_flagged = {case for case, found in new.items() if found.score >= changed.screening.flagged_from}
    newly, no_longer = sorted(now_flagged - was), sorted(was - now_flagged)
    append(
        "backtest_rules",
        {"policy": changed.hash, "against": current.hash, "days": days, "cases": len(cases)},
        actor=actor,
        case_id=None,
    )
    return Backtest(
        len(cases),
        texts,
        sum(judged.values()),
        sum(not verdict for verdict in judged.values()),
        _quality(was, judged),
        _quality(now_flagged, judged),
        len(newly),
        len(no_longer),
        tuple(_example(cases[case], old[case], new[case], judged, new[case]) for case in newly[:EXAMPLES]),
        tuple(_example(cases[case], old[case], new[case], judged, old[case]) for case in no_longer[:EXAMPLES]),
    )


@transaction.atomic
def shadow_counts(*, days: int, actor: Actor) -> tuple[ShadowCount, ...]:
    """What the shadow rules of the current release would have found in the last `days`. Raises NotPermitted."""
    _administrators_only(actor)
    release = load_release()
    rules = [rule for rule in rules_of(release).rules if rule.mode == "shadow"]
    texts, cases = defaultdict[str, int](int), defaultdict[str, set[int]](set)
    for reports in _reports(days) if rules else ():
        abouts = contexts_of_reports(reports, release)
        for report in reports:
            for rule, _ in rules_of(release).fired(report.published, abouts[report.pk]):
                if rule.mode == "shadow":
                    texts[rule.key] += 1
                    cases[rule.key].add(report.in_case.pk)
    judged = _judged({case for found in cases.values() for case in found})
    append("count_shadow_rules", {"policy": release.hash, "days": days, "rules": len(rules)}, actor=actor, case_id=None)
    return tuple(
        ShadowCount(
            rule.key,
            rule.category,
            texts[rule.key],
            len(cases[rule.key]),
            sum(judged.get(case) is True for case in cases[rule.key]),
            sum(judged.get(case) is False for case in cases[rule.key]),
        )
        for rule in rules
    )


def _administrators_only(actor: Actor) -> None:
    """Also admits the server's command line, whose actor is not a person."""
    if Role.ADMINISTRATOR not in actor.roles:
        raise NotPermitted


def _reports(days: int) -> Iterator[list[Report]]:
    """Filed texts of the period in batches, without canary cases."""
    wanted = _wanted(days).select_related("case", "subject__platform").order_by("pk")
    last = 0
    while rows := list(wanted.filter(pk__gt=last)[:_AT_ONCE]):
        yield rows
        last = rows[-1].pk


def _wanted(days: int) -> QuerySet[Report]:
    return Report.objects.filter(
        received_at__gt=now() - timedelta(days=days), case__isnull=False, case__canary=False
    ).exclude(published="")


def _add(found: dict[int, _Found], reports: Sequence[Report], release: PolicyRelease) -> None:
    """Keep the highest-scoring text of each case."""
    abouts = contexts_of_reports(reports, release)
    for report, screened in zip(
        reports,
        screen_texts([report.published for report in reports], release, [abouts[report.pk] for report in reports]),
        strict=True,
    ):
        case = report.in_case.pk
        if case not in found or screened.score > found[case].score:
            found[case] = _Found(screened.score, _words(screened))


def _words(screened: Screened) -> tuple[str, ...]:
    return tuple(dict.fromkeys(signal.params["found"] for signal in screened.signals))[:3]


def _judged(cases: Iterable[int] | Mapping[int, Case]) -> dict[int, bool]:
    """For each decided case, whether an account was acted against. Overturned decisions do not count."""
    kinds: dict[int, set[str]] = defaultdict(set)
    for case, kind in Decision.objects.filter(
        case__in=list(cases), overturned_by__isnull=True, provisional=False
    ).values_list("case_id", "kind"):
        kinds[case].add(kind)
    return {case: bool(_FOR & of_it) for case, of_it in kinds.items() if (_FOR | _NOT_FOR) & of_it}


def _quality(flagged: set[int], judged: Mapping[int, bool]) -> FlagQuality:
    right = sum(judged.get(case) is True for case in flagged)
    wrong = sum(judged.get(case) is False for case in flagged)
    return FlagQuality(len(flagged), share(right, right + wrong), share(right, sum(judged.values())))


def _example(case: Case, before: _Found, after: _Found, judged: Mapping[int, bool], shown: _Found) -> ChangedCase:
    """An example, without matched words if the case is restricted to some of the team."""
    closed = case.victim_first or bool(case.clearance)
    return ChangedCase(
        reference_of(case.pk),
        before.score,
        after.score,
        judged.get(case.pk),
        () if closed else shown.words,
        bool(case.clearance),
    )
