"""Independent sources in a case, as estimated, and reports judged to be made in bad faith."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from jaga.core.actors import Actor
from jaga.core.errors import NotFound
from jaga.core.terms.people import Role
from jaga.core.terms.reports import Channel, SourceReason
from jaga.records.access.base.clearance import READERS, visible_to
from jaga.records.access.cases.case_view import takes_case
from jaga.records.access.cases.report_lines import counted_as
from jaga.records.models import BadFaith, Case

SHOWN = 100


@dataclass(frozen=True)
class BadFaithMarkView:
    """A bad-faith judgement in force, with its author and reason."""

    mark_id: int
    by: str
    reasons: str
    at: datetime
    expires_at: datetime


@dataclass(frozen=True)
class SourceView:
    """One report and its weight, 0 to 1. The sender is never included."""

    report_id: int
    channel: Channel
    received_at: datetime
    value: float
    reason: SourceReason
    mark: BadFaithMarkView | None


@dataclass(frozen=True)
class SourcesView:
    """The sources of a case: the number of reports per weighting reason, and the latest reports."""

    counts: Mapping[SourceReason, int]
    latest: tuple[SourceView, ...]
    more: int


@takes_case
def sources_in(case: Case, *, actor: Actor) -> SourcesView:
    """The sources of a case already fetched with a permission check."""
    actor.require(*READERS)
    rows = case.reports.filter(source_weight__isnull=False)
    counts = dict(rows.order_by().values_list("source_reason").annotate(n=Count("pk")))
    latest = list(
        rows.order_by("-pk").values_list(
            "pk", "channel", "received_at", "source_weight", "source_reason", "withdrawn_at", "set_aside_at"
        )[:SHOWN]
    )
    marks = {
        mark.report_id: BadFaithMarkView(mark.pk, mark.judged_by.display_name, mark.reasons, mark.at, mark.expires_at)
        for mark in BadFaith.objects.filter(
            report__in=[row[0] for row in latest], withdrawn_at__isnull=True
        ).select_related("judged_by")
    }
    total = sum(counts.values())
    return SourcesView(
        {SourceReason(reason): count for reason, count in sorted(counts.items())},
        tuple(
            SourceView(
                pk,
                Channel(channel),
                at,
                0.0 if withdrawn or aside else value or 0.0,
                counted_as(reason, withdrawn=withdrawn is not None, set_aside=aside is not None) or SourceReason.NEW,
                marks.get(pk),
            )
            for pk, channel, at, value, reason, withdrawn, aside in latest
        ),
        total - len(latest),
    )


def access_mark(mark_id: int, *, case_id: int, actor: Actor) -> int:
    """The id of a bad-faith mark in force on a report of this case, for supervisors. Raises NotPermitted, NotFound."""
    actor.require(Role.SUPERVISOR)
    if not BadFaith.objects.filter(
        visible_to(actor, path="report__case__"),
        pk=mark_id,
        report__case=case_id,
        withdrawn_at__isnull=True,
    ).exists():
        raise NotFound
    return mark_id


def access_reported(report_id: int, *, case_id: int, actor: Actor) -> int:
    """The id of a report of this case. Raises NotPermitted, NotFound."""
    actor.require(*READERS)
    if not Case.objects.filter(visible_to(actor), pk=case_id, reports=report_id).exists():
        raise NotFound
    return report_id
