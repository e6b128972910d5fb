"""The policy release in force, public."""

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from jaga.cases.verbs.appeal_window import appeal_days
from jaga.core.clock import now
from jaga.core.terms.cases import DecisionKind
from jaga.core.terms.privacy import CaseEnding, DataKind
from jaga.core.terms.reports import Channel
from jaga.policy.local_time import today
from jaga.policy.models import Category, LegalBasis, LocalText
from jaga.policy.privacy import ANY, RetentionRule
from jaga.policy.release import PolicyRelease, load_release
from jaga.web.strangers import DECISIONS, channel_name
from jaga.web.words import ENDINGS, RETENTION_WORDS_KINDS


@dataclass(frozen=True)
class Scope:
    """One category: possible decisions (and how many people they take), deadlines and legal bases."""

    category: Category
    decisions: tuple[tuple[str, bool], ...]  # (word, needs two people)
    hours: int
    bases: tuple[LegalBasis, ...]
    acts: bool


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    """Scope, decisions, deadlines, legal bases, and the hash recorded with every decision."""
    release = load_release()
    scopes = [_scope(category, release) for category in release.categories]
    return render(
        request,
        "public/policy.html",
        {
            "release": release,
            "acted": [scope for scope in scopes if scope.acts],
            "counted": [scope for scope in scopes if not scope.acts],
            "deadlines": [
                (channel_name(clock.channel), clock.hours, urgent.hours, clock.source)
                for clock, urgent in zip(release.deadlines.standard, release.deadlines.urgent, strict=True)
            ],
            "periods": _periods(release),
            "appeal_days": appeal_days(release),
        },
    )


def _periods(release: PolicyRelease) -> list[tuple[str, str, LocalText | None, RetentionRule]]:
    """The rules of retention in words: data, how the case ended, the category if only one, and the rule."""
    rows = []
    for rule in release.retention.rules:
        if rule.kind is DataKind.ACCESS_LOG:
            ending = gettext("counted from the access")
        else:
            ending = gettext("anything else") if rule.ending == ANY else gettext(ENDINGS[CaseEnding(rule.ending)])
        category = None if rule.category == ANY else release.category(rule.category).label
        rows.append((gettext(RETENTION_WORDS_KINDS[rule.kind]), ending, category, rule))
    return rows


def _scope(category: Category, release: PolicyRelease) -> Scope:
    moment = now()
    allowed = release.allowed_decisions(category.key)
    return Scope(
        category,
        tuple((DECISIONS[kind], release.needs_second_person(category.key, kind)) for kind in allowed),
        release.deadline(Channel.PUBLIC, category.key, urgent=False, received=moment).hours,
        release.legal_bases_for(category.key, today()),
        bool(set(allowed) - {DecisionKind.DISMISS, DecisionKind.REFER}),
    )
